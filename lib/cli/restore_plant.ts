import { dirname, join, resolve } from "node:path";
import { restorePlace } from "../app/restoring.ts";
import { hostZone } from "../app/site.ts";
import { confirmRestore, finishRestore, undoRestore } from "../backup/after.ts";
import { createBackupWorker } from "../backup/client.ts";
import { backupsFolder, listBackups } from "../backup/folder.ts";
import { readIdentity } from "../backup/identity.ts";
import type { RestoreRequest } from "../backup/request.ts";
import { type Prepared, prepareRestore } from "../backup/restore.ts";
import { archiveWords, exportedWords, findingsWords } from "../backup/restore_words.ts";
import type { RestoredRecord } from "../backup/restored.ts";
import { findRemains } from "../app/remains.ts";
import { PerchError } from "../base/errors.ts";
import { bytes } from "../words/numbers.ts";
import { shellWord } from "../words/shell.ts";
import { type CommandContext, type ExitCode, UsageError } from "./command.ts";
import { addressOf, exportTarget, exportTo } from "./export_lost.ts";
import { takeLock } from "./lock.ts";
import { progressLines } from "./progress.ts";

/** What `perch restore` does, whichever way it was asked. */
export async function restorePlant(context: CommandContext): Promise<ExitCode> {
  const { flags } = context;
  const file = flags.word("FILE");
  const asked = ["undo", "confirm", "before-upgrade"].filter((name) => flags.has(name));
  if (asked.length > 1 || (asked.length === 1 && file !== undefined)) {
    throw new UsageError("give a FILE, or --before-upgrade, or --undo, or --confirm");
  }
  const [what] = asked;
  if (what === "before-upgrade") return await restoreFile(context, await beforeUpgrade(context));
  if (what !== undefined) {
    const foreign = OF_ARCHIVES.find((name) => flags.has(name));
    if (foreign !== undefined) {
      throw new UsageError(`--${foreign} does not go with --${what}, which is done at once`);
    }
    return await after(context, what as "undo" | "confirm");
  }
  if (file === undefined) throw new UsageError("FILE is missing (perch restore FILE)");
  return await restoreFile(context, file);
}

/** Options of a restore from an archive: taking one back, or keeping it, would do it in spite of --dry-run. */
const OF_ARCHIVES = ["dry-run", "to", "identity", "site"];

/** The newest backup of before an upgrade. @throws PerchError `not_found` */
async function beforeUpgrade({ config }: CommandContext): Promise<string> {
  const folder = backupsFolder(config().dataDir);
  const found = (await listBackups(folder))
    .find(({ manifest }) => manifest.reason === "before-upgrade");
  if (found !== undefined) return join(folder, found.file);
  throw new PerchError(
    "not_found",
    `In ${folder} is no good backup that was made before an upgrade.`,
  );
}

async function restoreFile(context: CommandContext, file: string): Promise<ExitCode> {
  const { flags, terminal, config } = context;
  const parsed = config();
  const to = flags.text("to");
  const dataDir = to === undefined ? parsed.dataDir : resolve(to);
  const place = to === undefined ? restorePlace(parsed) : restorePlace({
    dataDir,
    database: { ...parsed.database, url: `file:${join(dataDir, "perch.db")}` },
  });
  const archive = findArchive(file, backupsFolder(parsed.dataDir));
  if (to !== undefined) refuseUsed(dataDir);
  else refuseElsewhere(archive, place);
  const request: RestoreRequest = {
    ...place,
    file: archive,
    identity: await readIdentity(flags.text("identity"), () => terminal.input()),
    site: flags.text("site") ?? null,
    nowMs: Date.now(),
    by: "perch restore",
    live: null,
  };
  const lock = await takeLock(dataDir, "restore");
  try {
    await sayFinished(context, dataDir);
    const worker = createBackupWorker();
    try {
      const progress = progressLines(terminal);
      const prepared = await prepareRestore(request, { unpack: worker.unpack }, progress);
      return await decide(context, request, prepared);
    } finally {
      worker.end();
    }
  } finally {
    lock.release();
  }
}

/** Shows what would change, asks, and does it. */
async function decide(
  context: CommandContext,
  request: RestoreRequest,
  prepared: Prepared,
): Promise<ExitCode> {
  const { terminal, flags, json } = context;
  const { manifest, findings } = prepared;
  const isPlan = flags.has("dry-run");
  const target = exportTarget(context, request, findings);
  const sentences = [
    archiveWords(manifest, request.nowMs, hostZone()),
    ...findingsWords(findings, hostZone()),
    ...(target === null && (findings.lost?.readings ?? 0) > 0
      ? ["With --export yes they are written into a file first, which can be sent in again."]
      : []),
  ];
  const print = (more: unknown, words: readonly string[]) => {
    if (json) terminal.out(JSON.stringify(more));
    else for (const sentence of words) terminal.out(sentence);
  };
  if (!isPlan && !mayGoOn(context, sentences)) {
    await prepared.discard();
    print({ restored: false, manifest, findings }, ["Nothing was changed."]);
    return 1;
  }
  const exported = target === null ? null : await exportTo(context, prepared, target);
  const words = [
    ...(isPlan || flags.has("yes") ? sentences : []),
    ...(exported === null ? [] : exportedWords(exported, hostZone(), addressOf(context))),
  ];
  if (isPlan) {
    await prepared.discard();
    const about = { restored: false, manifest, findings, exported };
    print(about, [...words, "Nothing was changed."]);
    return 0;
  }
  const record = await prepared.replace();
  const done = doneWords(request.dataDir, record, flags.has("to"));
  print({ restored: true, manifest, record, exported }, [...words, ...done]);
  return 0;
}

function mayGoOn({ terminal, flags }: CommandContext, sentences: readonly string[]): boolean {
  if (flags.has("yes")) return true;
  for (const sentence of sentences) terminal.err(sentence);
  if (terminal.isKeyboard) return prompt("Type yes to restore it:") === "yes";
  terminal.err("Nobody can be asked here: run it again with --yes.");
  return false;
}

function doneWords(dataDir: string, { from, replaced }: RestoredRecord, isNew: boolean): string[] {
  const before = join(dataDir, replaced!);
  if (isNew) {
    return [`${from} is restored in ${dataDir}. Start it with PERCH_DATA=${shellWord(dataDir)}.`];
  }
  if (!exists(before)) {
    return [`${from} is restored in ${dataDir}, where nothing was. Start Perch.`];
  }
  return [
    `${from} is restored. What was there before is in ${before}.`,
    "Next: start Perch, sign in, and look whether all is well. Then run perch restore --confirm, which removes " +
    "the replaced data; perch restore --undo puts it back.",
  ];
}

async function after(context: CommandContext, what: "undo" | "confirm"): Promise<ExitCode> {
  const { terminal, json, config } = context;
  const { dataDir } = config();
  const lock = await takeLock(dataDir, "restore");
  try {
    await sayFinished(context, dataDir);
    if (what === "undo") {
      const { record, undone } = await undoRestore(dataDir, Date.now());
      terminal.out(
        json
          ? JSON.stringify({ undone, from: record.from })
          : `All is as it was before ${record.from} was restored. What was written since then is in ` +
            `${join(dataDir, undone)}; remove it when you do not need it.`,
      );
    } else {
      const { record, removed, bytes: freed, undone } = await confirmRestore(dataDir);
      const left = undone.length === 0
        ? ""
        : ` What was taken back before is still in ${
          undone.join(", ")
        }: remove it when you do not need it.`;
      terminal.out(
        json
          ? JSON.stringify({ removed, bytes: freed, undone, from: record.from })
          : `The restore of ${record.from} is confirmed; removed: ${removed.join(", ")} (${
            bytes(freed)
          }).${left}`,
      );
    }
    return 0;
  } finally {
    lock.release();
  }
}

async function sayFinished({ terminal }: CommandContext, dataDir: string): Promise<void> {
  const finished = await finishRestore(dataDir);
  if (finished !== null) terminal.err(finished);
}

function refuseUsed(dataDir: string): void {
  const [used] = findRemains(dataDir, join(dataDir, "perch.db"));
  if (used === undefined && !exists(join(dataDir, "perch.db"))) return;
  throw new PerchError(
    "validation",
    `--to is ${dataDir}, which is a data directory already: give a new or an empty one.`,
  );
}

/** Without PERCH_DATA, the plant that the archive is of would not be the one that is restored. */
function refuseElsewhere(
  archive: string,
  { dataDir, database }: { dataDir: string; database: string },
): void {
  const folder = dirname(archive);
  const other = dirname(folder);
  const isOfOther = folder === backupsFolder(other) && other !== dataDir &&
    exists(join(other, "perch.lock")) && !isSame(other, dataDir);
  if (!isOfOther || exists(database) || findRemains(dataDir, database).length > 0) return;
  throw new PerchError(
    "validation",
    `${archive} is a backup of the plant in ${other}, and the data directory is ${dataDir}, where no plant is. ` +
      `To restore it where it was made, set PERCH_DATA to ${other}; to make another plant of it, give --to DIR. ` +
      "Nothing was changed.",
  );
}

/** As given, or among the backups. */
function findArchive(file: string, backups: string): string {
  const path = resolve(file);
  if (exists(path) || dirname(file) !== ".") return path;
  const among = join(backups, file);
  return exists(among) ? among : path;
}

/** Two names of one folder. */
function isSame(one: string, other: string): boolean {
  try {
    return Deno.realPathSync(one) === Deno.realPathSync(other);
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path) !== null;
  } catch {
    return false;
  }
}
