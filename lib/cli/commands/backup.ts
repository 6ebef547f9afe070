import { join } from "node:path";
import { ON_SERVER } from "../../backup/backups.ts";
import { cleanupFolder } from "../../backup/deleting.ts";
import { backupsFolder, listBackups } from "../../backup/folder.ts";
import { type BackupJson, backupOf } from "../../backup/shapes.ts";
import { PerchError } from "../../base/errors.ts";
import { bytes } from "../../words/numbers.ts";
import { columns, minute } from "../columns.ts";
import { type Command, type CommandContext, UsageError } from "../command.ts";
import type { Control } from "../control.ts";
import { ensureDataDir, tryLock } from "../lock.ts";
import { progressLines } from "../progress.ts";
import { throughAll } from "../with_control.ts";

const POLL_MS = 200;
const DAYS_MOST = 3650;

/** A backup by the running Perch, or of the database itself where none runs. */
export const backup: Command = {
  name: "backup",
  summary: "back the plant up, and check the backup by restoring it into a scratch folder",
  options: {},
  async run(context) {
    const { terminal, json, config } = context;
    if (isOnServer(context)) return 2;
    const made = await throughAll(context, "backup", (control) => follow(context, control));
    if (json) terminal.out(JSON.stringify(made));
    else {
      const path = join(backupsFolder(config().dataDir), made.id);
      terminal.out(`${path} (${bytes(made.bytes)}${made.encrypted ? ", encrypted" : ""})`);
    }
    return 0;
  },
};

export const backupList: Command = {
  name: "backup list",
  summary: "list the backups that were checked, newest first",
  options: {},
  async run(context) {
    const { terminal, json, config } = context;
    // Receipts alone: they can be read whatever became of the database.
    const items = (await listBackups(backupsFolder(config().dataDir))).map(backupOf);
    if (json) terminal.out(JSON.stringify({ items }));
    else if (items.length === 0) terminal.out("There are no backups. perch backup makes one.");
    else {terminal.out(
        columns([["MADE (UTC)", "SIZE", "WHY", "ENCRYPTED", "FILE"], ...rows(items)]),
      );}
    return 0;
  },
};

export const backupCleanup: Command = {
  name: "backup cleanup",
  summary: "delete backups that are older than so many days; the newest always stays",
  options: {
    "keep-days": { type: "string", value: "N", help: "delete what is older; 1 to 3650" },
  },
  async run(context) {
    const { terminal, flags, json } = context;
    flags.need("keep-days");
    const keepDays = flags.number("keep-days", 1, DAYS_MOST)!;
    if (!Number.isInteger(keepDays)) {
      throw new UsageError(
        `--keep-days is "${flags.text("keep-days")}": give a whole number from 1 to ${DAYS_MOST}`,
      );
    }
    const gone = await cleanUp(context, keepDays);
    if (json) terminal.out(JSON.stringify({ deleted: gone }));
    else if (gone.length === 0) terminal.out("Nothing is that old, or it is the newest.");
    else {terminal.out(
        gone.map(({ id, bytes: size }) => `deleted ${id} (${bytes(size)})`).join("\n"),
      );}
    return 0;
  },
};

/**
 * By the running Perch; where none runs in the folder alone: on a full disk no database may open. The next start
 * writes into the audit log what was deleted.
 */
async function cleanUp(context: CommandContext, keepDays: number): Promise<BackupJson[]> {
  const { dataDir } = context.config();
  ensureDataDir(dataDir);
  const lock = await tryLock(dataDir, "backup cleanup");
  if (lock === null) {
    return await throughAll(
      context,
      "backup cleanup",
      (control) => control.cleanupBackups({ keepDays }),
    );
  }
  try {
    const age = { keepDays, nowMs: Date.now() };
    return (await cleanupFolder(backupsFolder(dataDir), age)).map(backupOf);
  } finally {
    lock.release();
  }
}

/** On a libSQL server nothing is wrong, and nothing can be made: exit code 2. */
function isOnServer({ terminal, json, config }: CommandContext): boolean {
  if (config().database.url.startsWith("file:")) return false;
  if (json) {
    terminal.out(JSON.stringify({ error: { code: "conflict", message: ON_SERVER, errors: [] } }));
  }
  terminal.err(ON_SERVER);
  return true;
}

/** Begins one and waits for its end, with its progress. @throws PerchError with why it failed */
async function follow({ terminal }: CommandContext, control: Control): Promise<BackupJson> {
  const say = progressLines(terminal);
  const { id } = await control.beginBackup();
  for (;;) {
    const job = await control.backupJob();
    if (job === null || job.id !== id) {
      throw new PerchError("unavailable", "Perch was restarted meanwhile. Ask again.");
    }
    if (job.state === "failed") throw new PerchError("storage_failed", job.error ?? "It failed.");
    const made = job.state === "done"
      ? (await control.listBackups()).find((one) => one.id === job.backup)
      : undefined;
    if (made !== undefined) return made;
    if (job.state === "running") say(job);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function rows(items: readonly BackupJson[]): string[][] {
  return items.map((one) => [
    minute(one.created_ms),
    bytes(one.bytes),
    one.reason,
    one.encrypted ? "yes" : "no",
    one.id,
  ]);
}
