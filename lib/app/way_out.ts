import { join } from "node:path";
import type { Config } from "../base/config.ts";
import { PerchError, type RefusalKind } from "../base/errors.ts";
import { backupsFolder, listBackups } from "../backup/folder.ts";
import type { Receipt } from "../backup/types.ts";
import { bytes } from "../words/numbers.ts";
import { ago } from "../words/times.ts";

/*
 * DESIGN: whatever refuses a start says what is wrong (`PerchError.refusal`) and knows nothing of backups. Here,
 * and only here, the refusal gets its way out: the backup that helps, its age, and the command. Without a backup
 * the sentence stays as it was.
 */

/** Backups that were checked, newest first. No database is needed. */
export async function goodBackups(dataDir: string): Promise<Receipt[]> {
  try {
    return await listBackups(backupsFolder(dataDir));
  } catch {
    // The refusal is what counts; where the folder cannot be read there is no way out to name.
    return [];
  }
}

/** Where an archive lies. */
export const archivePath = (dataDir: string, { file }: Pick<Receipt, "file">) =>
  join(backupsFolder(dataDir), file);

/** The error of a start with the way out in its sentence; anything else as it is. */
export async function withWayOut(
  error: unknown,
  { dataDir, database }: Pick<Config, "dataDir" | "database">,
  nowMs = Date.now(),
): Promise<unknown> {
  if (!(error instanceof PerchError) || error.refusal === undefined) return error;
  // Of a libSQL server Perch keeps no backups.
  if (!database.url.startsWith("file:")) return error;
  const message = wayOut(error, { dataDir, backups: await goodBackups(dataDir), nowMs });
  const { code, refusal } = error;
  return message === null ? error : new PerchError(code, message, { refusal, cause: error });
}

interface Known {
  dataDir: string;
  backups: readonly Receipt[];
  nowMs: number;
}

/** The sentence with its way out; null: there is none to add. */
function wayOut(error: PerchError, known: Known): string | null {
  const [last] = known.backups;
  if (last === undefined) return null;
  const { kind, what } = error.refusal!;
  const add = WAYS[kind](last, known);
  if (add === null) return null;
  return kind === "damaged" ? `${what}. ${add} Nothing was changed.` : `${error.message} ${add}`;
}

const WAYS: Record<RefusalKind, (last: Receipt, known: Known) => string | null> = {
  damaged: (last, known) =>
    `${lastGood(last, known)}: ${
      command(last, known)
    } puts it in place and keeps what is there now aside.`,
  missing: (last, known) =>
    `${lastGood(last, known)}: ${
      command(last, known)
    } puts it in place and keeps what is left aside.`,
  blocked: (last, known) =>
    `If that cannot be mended: ${lowerFirst(lastGood(last, known))}, and ${
      command(last, known)
    } puts it in place.`,
  newer(_, known) {
    const before = known.backups.find(({ manifest }) => manifest.reason === "before-upgrade");
    if (before === undefined) return null;
    return `The copy from before the upgrade is ${
      place(before, known)
    }: \`perch restore --before-upgrade\` goes back to it, and says how many readings came since then.`;
  },
  key: (last, known) =>
    last.encrypted
      ? `${lastGood(last, known)}: \`perch restore ${
        quoted(archivePath(known.dataDir, last))
      } --to DIR\` unpacks it, and the file is in DIR.`
      : `${lastGood(last, known)}, but it holds no keys: only encrypted backups do.`,
  full(_, { backups }) {
    const older = backups.slice(1);
    if (older.length === 0) return null;
    const sum = older.reduce((all, one) => all + one.bytes, 0);
    return `${older.length} older backup${older.length === 1 ? "" : "s"} (${
      bytes(sum)
    }) may be deleted: \`perch backup cleanup --keep-days 1\`. The newest good one always stays.`;
  },
};

function lastGood(receipt: Receipt, known: Known): string {
  return `The last good backup is ${place(receipt, known)}`;
}

/** Path and age. A clock that is behind the backup says when instead. */
function place(receipt: Receipt, { dataDir, nowMs }: Known): string {
  return `${archivePath(dataDir, receipt)} (${ageText(receipt, nowMs)})`;
}

/** How old a backup is; when it was made where the clock stands before that. */
export function ageText({ manifest: { created_ms } }: Receipt, nowMs: number): string {
  const ageMs = nowMs - created_ms;
  return `made ${ageMs < -1000 ? `at ${new Date(created_ms).toISOString()}` : ago(ageMs)}`;
}

function command(receipt: Receipt, { dataDir }: Known): string {
  return `\`${restoreCommand(dataDir, receipt)}\``;
}

/** As typed into a shell. */
export function restoreCommand(dataDir: string, receipt: Receipt): string {
  return `perch restore ${quoted(archivePath(dataDir, receipt))}`;
}

const quoted = (path: string) =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;

const lowerFirst = (text: string) => text[0].toLowerCase() + text.slice(1);
