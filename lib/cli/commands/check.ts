import { systemClock } from "../../base/clock.ts";
import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import type { HostReport } from "../../health/history/report.ts";
import type { HostSample } from "../../health/host_sample.ts";
import { askRunning } from "../ask_running.ts";
import { brokerCheck } from "../check/broker.ts";
import { camerasCheck } from "../check/cameras.ts";
import { cardCheck } from "../check/card.ts";
import { type Check, type Finding, runChecks } from "../check/check.ts";
import { clockCheck } from "../check/clock.ts";
import { dataDirCheck } from "../check/data_dir.ts";
import { databaseCheck } from "../check/database.ts";
import { hostCheck } from "../check/host.ts";
import { limitsCheck } from "../check/limits.ts";
import { nodesCheck, type NodesFound } from "../check/nodes.ts";
import { partsCheck } from "../check/parts.ts";
import { processorCheck } from "../check/processor.ts";
import { serviceCheck } from "../check/service.ts";
import { environmentJson, environmentText } from "../check/environment.ts";
import { portsCheck } from "../check/ports.ts";
import { tlsCheck } from "../check/tls.ts";
import { unitsCheck } from "../check/units.ts";
import type { Command } from "../command.ts";
import type { Condition } from "../condition.ts";
import { runningUrl } from "../lock.ts";
import { withControl } from "../with_control.ts";

const MARK: Record<Finding["state"], string> = {
  ok: "ok  ",
  unknown: "?   ",
  warn: "warn",
  problem: "FAIL",
};

export const check: Command = {
  name: "check",
  summary: "look at configuration, host, parts, disk, service, database and what Perch talks to",
  options: {
    env: { type: "boolean", help: "list the environment variables instead" },
    "no-queue-probe": {
      type: "boolean",
      help: "do not try the broker's queue (1 200 small messages to perch/check/…)",
    },
  },
  async run({ terminal, flags, json, config }) {
    if (flags.has("env")) {
      terminal.out(json ? environmentJson() : environmentText());
      return 0;
    }
    // A wrong variable ends here, with its sentence and exit code 2.
    const parsed = config();
    const checks = await checksOf(parsed, !flags.has("no-queue-probe"));
    const findings = await runChecks(checks, (finding) => {
      if (!json) terminal.out(line(finding));
    });
    const ok = findings.every((finding) => finding.state !== "problem");
    if (json) terminal.out(JSON.stringify({ ok, checks: findings }));
    return ok ? 0 : 1;
  },
};

/** What is looked at, in this order: first this host, then what Perch keeps, then what it talks to. */
async function checksOf(config: Config, probesQueue: boolean): Promise<Check[]> {
  const { dataDir, warnings } = config;
  const { openOffline } = await import("../offline.ts");
  const { probeQueue } = await import("../../sources/queue_probe.ts");
  const kept = await import("../check/kept.ts");
  const { ownSystem } = await import("../../app/own_system.ts");
  const { manager, list } = ownSystem();
  const running = await runningOf(config);
  const report = await reporter(config, running);
  const outside = await import("../check/outside.ts");
  const { historyCheck } = await import("../check/history.ts");
  const { forwardingCheck } = await import("../check/forwarding.ts");
  return [
    {
      name: "configuration",
      run: () =>
        Promise.resolve([
          { state: "ok", detail: "every variable is understood" },
          ...warnings.map((detail) => ({ state: "warn" as const, detail })),
        ]),
    },
    partsCheck(running),
    hostCheck(() => sampleOf(dataDir)),
    limitsCheck(report),
    processorCheck(report),
    cardCheck(report),
    dataDirCheck(dataDir),
    clockCheck(),
    serviceCheck(),
    unitsCheck({ list, states: (units) => manager.unitStates(units) }),
    portsCheck(config, running),
    tlsCheck(config),
    databaseCheck(config, openOffline, () => whyRelaxed(config)),
    ...config.node === null ? [] : [nodesCheck(config, () => nodesOf(config))],
    kept.backupsCheck(config),
    kept.logFilesCheck(config),
    brokerCheck({
      config,
      probeQueue: probesQueue,
      runningEmbedded: running?.condition ? running.condition.broker !== null : null,
      probe: probeQueue,
    }),
    outside.mailCheck(config, openOffline),
    outside.modelCheck(config),
    historyCheck(config),
    forwardingCheck(config),
    await camerasOf(config, running !== null),
  ];
}

/** Cameras of the running Perch, else as they are stored. */
async function camerasOf(config: Config, isRunning: boolean): Promise<Check> {
  const { openOffline } = await import("../offline.ts");
  const { createFfmpegFinder } = await import("../../cameras/ffmpeg/find.ts");
  const { url } = config.database;
  const isNew = url.startsWith("file:") &&
    await Deno.stat(url.slice("file:".length)).then(({ size }) => size === 0, () => true);
  return camerasCheck({
    isRunning,
    find: createFfmpegFinder(),
    states: () =>
      isNew
        ? Promise.resolve([])
        : withControl(config, "check", openOffline, (control) => control.cameraStates()),
  });
}

/** Why the libSQL server may not be relied on; null: it may. */
async function whyRelaxed({ database: { url, authToken } }: Config): Promise<string | null> {
  const { openConnection } = await import("../../db/connection.ts");
  try {
    const connection = await openConnection({ url, authToken: authToken?.reveal() });
    await connection.close();
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** What the database says of the nodes that share it. */
async function nodesOf(config: Config): Promise<NodesFound> {
  const { openConnection } = await import("../../db/connection.ts");
  const { keeperOf, NODES_SEEN, nodesSeen } = await import("../../db/nodes.ts");
  const { keysMark } = await import("../../app/nodes/keys.ts");
  const { database: { url, authToken }, node } = config;
  const connection = await openConnection({ url, authToken: authToken?.reveal() });
  try {
    return {
      keeper: await keeperOf(connection, node!.leaseMs),
      seen: nodesSeen((await connection.query(NODES_SEEN)).rows),
      ownKeys: await keysMark(config),
    };
  } finally {
    await connection.close();
  }
}

interface Running {
  url: string;
  /** Null: it does not say. */
  condition: Condition | null;
  host: HostReport | null;
}

/** The Perch that runs, as it sees itself; null: none does. */
async function runningOf({ dataDir }: Config): Promise<Running | null> {
  const url = await runningUrl(dataDir);
  return url === null ? null : {
    url,
    condition: await askRunning(dataDir, (control) => control.condition()),
    host: await askRunning(dataDir, (control) => control.hostReport()),
  };
}

/** Gives the host as the running Perch sees it, else measured once, when the first check asks. */
async function reporter(
  config: Config,
  running: Running | null,
): Promise<() => Promise<HostReport>> {
  const { measureHost } = await import("../measure_host.ts");
  const known = running?.host ?? null;
  let measured: Promise<HostReport> | null = known === null ? null : Promise.resolve(known);
  return () => measured ??= measureHost(config);
}

/** One sample of this host. */
async function sampleOf(dataDir: string): Promise<HostSample> {
  const { createCollector, HOST_ROOTS } = await import("../../health/host/collector.ts");
  const { createKernelFiles } = await import("../../base/kernel_files.ts");
  const files = createKernelFiles({ roots: HOST_ROOTS });
  return await createCollector({ files, clock: systemClock(), dataDir }).sample();
}

function line({ name, state, detail, advice }: Finding): string {
  const first = `${MARK[state]}  ${name.padEnd(14)}  ${detail}.`;
  return advice === undefined ? first : `${first}\n${" ".repeat(22)}${advice}`;
}
