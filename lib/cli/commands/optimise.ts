import type { Config } from "../../base/config.ts";
import { messageOf } from "../../base/errors.ts";
import type { BackupSchedule } from "../../settings/registry/backup.ts";
import type { SettingKey } from "../../settings/registry.ts";
import { bytes } from "../../words/numbers.ts";
import { columns } from "../columns.ts";
import type { Command, CommandContext } from "../command.ts";
import type { Control } from "../control.ts";
import {
  backupProposal,
  COMMIT_MS,
  commitProposal,
  commitsAt,
  figuresOf,
  type Flow,
  historyProposal,
  type Proposal,
  SAMPLE_S,
  sampleProposal,
  type Skipped,
} from "../optimise/proposals.ts";
import { through, throughAll } from "../with_control.ts";

/** Readings of the host that one minute of its history has. */
const HOST_READINGS = 25;

/** Measures, proposes, and with `--apply` changes settings; never more. */
export const optimise: Command = {
  name: "optimise",
  summary: "measure which settings cost CPU or card on this host, and what each change would bring",
  notes: [
    "No setting holds memory that it would give back: how much Perch takes follows from the number of sensors and " +
    "from what is learnt of them.",
  ],
  options: {
    apply: { type: "boolean", help: "change the settings for which it is worth it" },
  },
  async run(context) {
    const { terminal, flags, json } = context;
    const facts = await throughAll(context, "optimise", factsOf);
    const found = await look(context, facts);
    const worth = found.proposals.filter((one) => one.worth && one.kind === "setting");
    const applied: string[] = [];
    if (flags.has("apply") && worth.length > 0) {
      await through(context, "optimise", async (control) => {
        for (const { name, then } of worth) {
          await control.setSetting({ key: name, value: then });
          applied.push(name);
        }
      });
    }
    if (json) terminal.out(JSON.stringify({ ...found, applied }));
    else for (const line of described(found, applied)) terminal.out(line);
    return 0;
  },
};

interface Found {
  flow: Flow;
  /** What Perch takes; null: none runs, or it is not measured. */
  memory_bytes: number | null;
  proposals: Proposal[];
  skipped: Skipped[];
}

interface Facts {
  flow: Flow;
  memoryBytes: number | null;
  settings: ReadonlyMap<string, unknown>;
}

async function factsOf(control: Control): Promise<Facts> {
  const settings = (await control.listSettings()).map(({ key, value }) => [key, value] as const);
  const { perch } = await control.hostReport();
  return {
    flow: await control.flow(),
    memoryBytes: perch.resident_bytes,
    settings: new Map(settings),
  };
}

/** The database is not held meanwhile: Perch may start. */
async function look(
  context: CommandContext,
  { flow, memoryBytes, settings }: Facts,
): Promise<Found> {
  const config = context.config();
  const found: Found = { flow, memory_bytes: memoryBytes, proposals: [], skipped: [] };
  const value = <T>(key: SettingKey) => settings.get(key) as T;
  const say = (text: string) => context.terminal.err(text);
  say("commits to this disk …");
  await commits(found, config, value("host.history"));
  say("looks at this host …");
  await samples(found, config, value("host.sample_s"));
  await backups(found, config, value("backup.schedule"));
  found.skipped.push({
    name: "host.detectors",
    why: value("host.detectors")
      ? "it is on: what it learns cannot be tried in a scratch database"
      : "it is off",
  });
  return found;
}

/** What the interval of commits, and the history of the host, give to the card. */
async function commits(found: Found, config: Config, history: boolean): Promise<void> {
  const { flow, proposals, skipped } = found;
  const skip = (name: string, why: string) => void skipped.push({ name, why });
  const nowMs = config.intake.commitIntervalMs;
  const [now, then] = [commitsAt(nowMs, flow), commitsAt(COMMIT_MS, flow)];
  const isSame = nowMs >= COMMIT_MS || now.perS === then.perS;
  if (nowMs >= COMMIT_MS) skip("COMMIT_INTERVAL_MS", `it is ${nowMs} already`);
  else if (isSame) {
    skip("COMMIT_INTERVAL_MS", `readings would share no more commits (${flow.from})`);
  }
  if (!history) skip("host.history", "it is off");
  if (isSame && !history) return;
  if (!config.database.url.startsWith("file:")) {
    return skip("commits", "the database is on a server: what its disk takes is not known here");
  }
  const { withCommitTrial } = await import("../optimise/trials.ts");
  try {
    await withCommitTrial(config.dataDir, async ({ bytesPerCommit }) => {
      if (!isSame) {
        const before = await bytesPerCommit(now.readings);
        const after = await bytesPerCommit(then.readings);
        if (before === null || after === null) return skip("commits", NOT_COUNTED);
        proposals.push(commitProposal(nowMs, flow, { before, after }));
      }
      const minute = history ? await bytesPerCommit(HOST_READINGS) : null;
      if (minute !== null) proposals.push(historyProposal(flow, minute));
      else if (history) skip("host.history", NOT_COUNTED);
    });
  } catch (error) {
    skip("commits", messageOf(error));
  }
}

const NOT_COUNTED = "this host does not count what is written to this disk";

async function samples({ proposals, skipped }: Found, config: Config, nowS: number): Promise<void> {
  if (nowS >= SAMPLE_S) {
    skipped.push({ name: "host.sample_s", why: `it is ${nowS} already` });
    return;
  }
  const { sampleCost } = await import("../optimise/trials.ts");
  proposals.push(sampleProposal(nowS, await sampleCost(config.dataDir)));
}

async function backups(found: Found, config: Config, every: BackupSchedule): Promise<void> {
  const { proposals, skipped } = found;
  const name = "backup.schedule";
  if (every !== "six-hourly") return void skipped.push({ name, why: `it is ${every}` });
  const { backupsFolder, listBackups } = await import("../../backup/folder.ts");
  const [newest] = await listBackups(backupsFolder(config.dataDir));
  if (newest === undefined) return void skipped.push({ name, why: "there is no backup to go by" });
  const unpacked = newest.manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  proposals.push(backupProposal(every, newest.bytes + unpacked));
}

function described(
  { flow, memory_bytes, proposals, skipped }: Found,
  applied: readonly string[],
): string[] {
  const worth = proposals.filter((one) => one.worth);
  const lines = [
    `${Number(flow.readingsPerS.toPrecision(3))} readings of the plant a second (${flow.from}).`,
    `Memory${
      memory_bytes === null ? "" : ` (Perch takes ${bytes(memory_bytes)})`
    }: no setting holds any that it would give back; it follows from the number of sensors.`,
    "",
    ...proposals.flatMap((one) => [
      `${one.worth ? "worth it" : "not worth it"}: ${one.name} ${one.now} → ${one.then}: ${
        figuresOf(one)
      }`,
      `    Measured: ${one.how}.`,
      `    It costs: ${one.price}.`,
    ]),
  ];
  if (skipped.length > 0) {
    lines.push(
      "",
      columns([["NOT LOOKED AT", "WHY"], ...skipped.map(({ name, why }) => [name, why])]),
    );
  }
  lines.push("");
  if (worth.length === 0) lines.push("No change is worth it on this host.");
  for (const { name, kind, then } of worth) {
    if (kind === "environment") {
      lines.push(`For .env, or the environment of the service: ${name}=${then}`);
    } else if (applied.includes(name)) lines.push(`${name} is ${then} now.`);
    else lines.push(`perch settings set ${name} ${then}, or perch optimise --apply`);
  }
  return lines;
}
