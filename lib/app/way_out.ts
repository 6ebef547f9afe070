import { join } from "node:path";
import { PerchError, type Refusal, type RefusalKind } from "../base/errors.ts";
import { ON_SERVER } from "../backup/backups.ts";
import { backupsFolder, listBackups } from "../backup/folder.ts";
import { toRemove } from "../backup/keep.ts";
import type { Receipt } from "../backup/types.ts";
import { bytes } from "../words/numbers.ts";
import { shellWord } from "../words/shell.ts";
import { ago } from "../words/times.ts";
import { asOwner, type Place, typed } from "./typed.ts";

/*
 * DESIGN: whatever refuses says what is wrong (`PerchError.refusal`) and knows nothing of backups. Here, and only
 * here, the refusal gets its way out: the backup that helps, its age, and the command as it is typed on this host.
 * Without a backup the sentence stays as it was.
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
  place: Place,
  nowMs = Date.now(),
): Promise<unknown> {
  if (!(error instanceof PerchError) || error.refusal === undefined) return error;
  const { code, refusal } = error;
  const add = await wayOut(refusal, place, nowMs);
  if (add === null) return error;
  const message = refusal.kind === "damaged" && !isOnServer(place)
    ? `${refusal.what}. ${add} Nothing was changed.`
    : `${error.message.replace(/\.?$/, ".")} ${add}`;
  return new PerchError(code, message, { refusal, cause: error });
}

/** The way out alone, as sentences; null: there is none to name. */
export async function wayOut(
  refusal: Refusal,
  place: Place,
  nowMs = Date.now(),
): Promise<string | null> {
  if (isOnServer(place)) return NOT_OF_SERVER.includes(refusal.kind) ? null : ON_SERVER;
  const backups = await goodBackups(place.dataDir);
  if (backups.length === 0) return null;
  return WAYS[refusal.kind]({ place, backups, nowMs, path: refusal.path });
}

/** They say nothing of the server's database. */
const NOT_OF_SERVER: readonly RefusalKind[] = ["key", "full", "elsewhere", "taken"];
const isOnServer = ({ database: { url } }: Place) => !url.startsWith("file:");

interface Known {
  place: Place;
  /** Newest first; at least one. */
  backups: readonly Receipt[];
  nowMs: number;
  /** Of the file that is meant. */
  path?: string;
}

const WAYS: Record<RefusalKind, (known: Known) => string | null> = {
  damaged: (known) =>
    `${lastGood(known)}: ${restoring(known)} puts it in place and keeps what is there now aside.`,
  missing: (known) =>
    `${lastGood(known)}: ${restoring(known)} puts it in place and keeps what is left aside.`,
  lost: (known) =>
    `${lastGood(known)}: stop Perch, and ${
      restoring(known)
    } puts it in place and keeps what is left aside.`,
  blocked: (known) =>
    `If that cannot be mended: ${lowerFirst(lastGood(known))}, and ${
      restoring(known)
    } puts it in place.`,
  elsewhere: (known) =>
    `If that cannot be mended: ${lowerFirst(lastGood(known))}, and ${
      restoring(known, "--to", "DIR")
    } puts it into a directory of its own.`,
  taken: () => null,
  newer(known) {
    const before = known.backups.find(({ manifest }) => manifest.reason === "before-upgrade");
    if (before === undefined) return null;
    return `The copy from before the upgrade is ${at(before, known)}: \`${
      typed(known.place, "restore", "--before-upgrade", ...identityOf(before))
    }\`${
      asOwner(known.place)
    } goes back to it, and exports the readings that came since then first.`;
  },
  key: (known) => keyWay(known),
  full: ({ place, backups, nowMs }) => cleanupWay(place, backups, nowMs),
};

function keyWay(known: Known): string {
  const { place, backups, path = "it" } = known;
  const last = backups.find(({ encrypted }) => encrypted);
  const aside = `mv ${shellWord(path)} ${shellWord(`${path}.damaged`)}`;
  if (last === undefined) {
    return `${lastGood(known)}, but it holds no keys: only encrypted backups do. \`${aside}\`${
      asOwner(place)
    } lets Perch make a new one.`;
  }
  const name = path.slice(path.lastIndexOf("/") + 1);
  return `The last good backup with keys is ${at(last, known)}: ${
    restoring({ ...known, backups: [last] }, "--to", "DIR")
  } unpacks it, and \`${aside}; cp DIR/${name} ${shellWord(path)}\` puts the key in its place.`;
}

/** Shorter ones are asked for only where that gives more room. */
const KEEP_DAYS = [30, 7, 2, 1];
const ENOUGH_BYTES = 64_000_000;

function cleanupWay(place: Place, backups: readonly Receipt[], nowMs: number): string | null {
  const ways = KEEP_DAYS.map((keepDays) => {
    const gone = toRemove(backups, { keepDays, nowMs });
    return { keepDays, count: gone.length, sum: gone.reduce((all, one) => all + one.bytes, 0) };
  });
  const most = ways.at(-1)!;
  const { keepDays, count, sum } = ways.find(({ sum }) => sum >= ENOUGH_BYTES) ??
    ways.find(({ sum }) => sum === most.sum)!;
  const known = { place, backups, nowMs };
  const newest = `${lastGood(known)} and stays`;
  if (count === 0) {
    return `${lastGood(known)}; no older one may be deleted yet. ${
      restoring(known, "--to", "DIR")
    } puts it on a larger disk.`;
  }
  return `${count} older backup${count === 1 ? "" : "s"} (${bytes(sum)}) may be deleted: \`${
    typed(place, "backup", "cleanup", "--keep-days", String(keepDays))
  }\`${asOwner(place)}. ${newest}.`;
}

function lastGood(known: Known): string {
  return `The last good backup is ${at(known.backups[0], known)}`;
}

/** Path and age. A clock that is behind the backup says when instead. */
function at(receipt: Receipt, { place: { dataDir }, nowMs }: Known): string {
  return `${archivePath(dataDir, receipt)} (${ageText(receipt, nowMs)})`;
}

/** How old a backup is; when it was made where the clock stands before that. */
export function ageText({ manifest: { created_ms } }: Receipt, nowMs: number): string {
  const ageMs = nowMs - created_ms;
  return `made ${ageMs < -1000 ? `at ${new Date(created_ms).toISOString()}` : ago(ageMs)}`;
}

/** The command that restores the newest of them, and by whom. */
function restoring({ place, backups: [last] }: Known, ...more: readonly string[]): string {
  return `\`${restoreCommand(place, last, ...more)}\`${asOwner(place)}`;
}

/** As typed into a shell. KEYFILE stands for the file with the private key, which Perch does not have. */
export function restoreCommand(place: Place, receipt: Receipt, ...more: readonly string[]): string {
  return typed(
    place,
    "restore",
    archivePath(place.dataDir, receipt),
    ...identityOf(receipt),
    ...more,
  );
}

const identityOf = ({ encrypted }: Receipt) => encrypted ? ["--identity", "KEYFILE"] : [];

const lowerFirst = (text: string) => text[0].toLowerCase() + text.slice(1);
