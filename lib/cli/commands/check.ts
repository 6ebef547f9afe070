import { brokerCheck } from "../check/broker.ts";
import { type Check, type Finding, runChecks } from "../check/check.ts";
import { clockCheck } from "../check/clock.ts";
import { dataDirCheck } from "../check/data_dir.ts";
import { databaseCheck } from "../check/database.ts";
import { environmentJson, environmentText } from "../check/environment.ts";
import { portsCheck } from "../check/ports.ts";
import type { Command } from "../command.ts";
import { runningUrl } from "../lock.ts";

const MARK: Record<Finding["state"], string> = { ok: "ok  ", warn: "warn", problem: "FAIL" };

export const check: Command = {
  name: "check",
  summary: "look at configuration, disk, clock, ports, database and broker",
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
    const [{ openOffline }, { probeQueue }] = await Promise.all([
      import("../offline.ts"),
      import("../../sources/queue_probe.ts"),
    ]);
    const checks: Check[] = [
      {
        name: "configuration",
        run: () =>
          Promise.resolve([
            { state: "ok", detail: "every variable is understood" },
            ...parsed.warnings.map((detail) => ({ state: "warn" as const, detail })),
          ]),
      },
      dataDirCheck(parsed.dataDir),
      clockCheck(),
      portsCheck(parsed, await runningUrl(parsed.dataDir)),
      databaseCheck(parsed, openOffline),
      brokerCheck({ config: parsed, probeQueue: !flags.has("no-queue-probe"), probe: probeQueue }),
    ];
    const findings = await runChecks(checks, (finding) => {
      if (!json) terminal.out(line(finding));
    });
    const ok = findings.every((finding) => finding.state !== "problem");
    if (json) terminal.out(JSON.stringify({ ok, checks: findings }));
    return ok ? 0 : 1;
  },
};

function line({ name, state, detail, advice }: Finding): string {
  const first = `${MARK[state]}  ${name.padEnd(14)}  ${detail}.`;
  return advice === undefined ? first : `${first}\n${" ".repeat(22)}${advice}`;
}
