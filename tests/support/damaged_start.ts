/**
 * A plant's database to damage, and what becomes of a start on it: in this thread, by the same steps as
 * `openStorage` and its worker take them. The oracle is the ledger of what was appended.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { openOwned } from "../../lib/app/open_owned.ts";
import { findRemains } from "../../lib/app/remains.ts";
import { type PreparedFiles, prepareFiles } from "../../lib/app/storage_files.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { messageOf, PerchError } from "../../lib/base/errors.ts";
import { silentLog } from "../../lib/base/log.ts";
import { type Connection, openConnection } from "../../lib/db/connection.ts";
import { migrate, readMigrations } from "../../lib/db/migrate.ts";
import { createReadingsEngine } from "../../lib/readings/engine.ts";
import { sabotaged } from "./sabotage.ts";
import { groupOf } from "./storage.ts";

const MIGRATIONS = readMigrations(join(import.meta.dirname!, "../../migrations"));
const FIRST_MS = Date.UTC(2026, 0, 1);
const SENSORS = 3;
const PER_GROUP = 25;

/** Value by time, for each sensor. */
export type Ledger = ReadonlyMap<number, ReadonlyMap<number, number>>;

/**
 * Fills `dir` as a running Perch does and copies its files the way `kill -9` leaves them to `killed`: sealed
 * chunks and journal in the file, transactions in the log. `ended` is the same after a clean end.
 */
export async function makeDatabases(
  dir: string,
): Promise<{ ledger: Ledger; killed: string; ended: string }> {
  const live = join(dir, "live");
  const [killed, ended] = [join(dir, "killed"), join(dir, "ended")];
  for (const folder of [live, killed, ended]) await Deno.mkdir(folder);
  const ledger = new Map<number, Map<number, number>>();
  const { connection, files } = await open(live);
  const engine = await createReadingsEngine({
    connection,
    clock: systemClock(),
    log: silentLog(),
    options: { sealReadings: 300 },
  });
  for (let sensor = 1; sensor <= SENSORS; sensor++) {
    ledger.set(sensor, new Map());
    await connection.write([{
      sql: "insert into sensors(num, id, name, machine, sensor, kind, review, created_ms) " +
        "values (?,?,?,?,?,?,?,?)",
      args: [sensor, `id${sensor}`, `m/s${sensor}`, "m", `s${sensor}`, "number", "new", 0],
    }]);
  }
  let n = 0;
  const append = async (groups: number) => {
    for (let g = 0; g < groups; g++) {
      const readings = Array.from({ length: PER_GROUP }, () => {
        const sensor = n % SENSORS + 1;
        const [tMs, value] = [FIRST_MS + n * 1000, 20 + Math.sin(n) * 5];
        ledger.get(sensor)!.set(tMs, value);
        n++;
        return { sensor, tMs, value };
      });
      await engine.append(groupOf(readings), []);
    }
  };
  await append(60);
  await connection.query({ sql: "PRAGMA wal_checkpoint(TRUNCATE)" });
  await append(20);
  for (const name of ["perch.db", "perch.db-wal", "perch.db-shm"]) {
    await Deno.copyFile(join(live, name), join(killed, name));
  }
  await connection.close();
  files.release();
  await Deno.copyFile(join(live, "perch.db"), join(ended, "perch.db"));
  for (const folder of [killed, ended]) {
    for (const key of ["jwt.key", "channels.key"]) {
      await Deno.writeTextFile(join(folder, key), "k".repeat(43) + "\n");
    }
  }
  return { ledger, killed, ended };
}

interface Opened {
  connection: Connection;
  files: PreparedFiles;
}

async function open(dir: string): Promise<Opened> {
  const path = join(dir, "perch.db");
  if (sabotaged("damage")) return await openBlindly(path);
  const files = prepareFiles({ path, dataDir: dir, anew: false, log: silentLog() });
  try {
    const { connection } = await openOwned({
      connection: { url: `file:${files.path}` },
      migrations: MIGRATIONS,
      path: files.path,
      claimant: { host: "test", pid: Deno.pid, place: "", sinceMs: 0 },
      mustExist: findRemains(dir, files.path).length > 0 ? "there was a plant here" : null,
    }, () => {});
    files.opened();
    return { connection, files };
  } catch (error) {
    files.refused();
    throw error;
  }
}

/** For sabotage: as if nothing was looked at before. */
async function openBlindly(path: string): Promise<Opened> {
  let connection: Connection;
  try {
    connection = await openConnection({ url: `file:${path}` });
    await migrate(connection, MIGRATIONS, 0);
  } catch (error) {
    throw new PerchError("not_started", messageOf(error));
  }
  const nothing = () => {};
  const opened = () => Promise.resolve();
  const files = { path, folder: "", cuts: [], opened, refused: nothing, release: nothing };
  return { connection, files };
}

export type Outcome =
  | { kind: "refused"; message: string; error: PerchError; changed: string[] }
  | {
    kind: "open";
    /** Readings that were never appended so. */
    wrong: number;
    /** Appended readings that are not given. */
    missing: number;
    /** It is said that something is missing: by a log that was cut, by the answer, or by an error. */
    said: boolean;
    cut: boolean;
    /** A file of the database is another one than before. */
    replaced: string[];
  };

/** Starts on `dir`, reads everything, ends. @throws what no start should throw */
export async function tryStart(dir: string, ledger: Ledger): Promise<Outcome> {
  const before = hashes(dir);
  const inodes = inodesOf(dir);
  let opened: Opened;
  try {
    opened = await open(dir);
  } catch (error) {
    if (!(error instanceof PerchError) || error.code !== "not_started") throw error;
    const { message } = error;
    return { kind: "refused", message, error, changed: changes(before, hashes(dir)) };
  }
  const { connection, files } = opened;
  const outcome = { kind: "open" as const, wrong: 0, missing: 0, said: files.cuts.length > 0 };
  try {
    const engine = await createReadingsEngine({
      connection,
      clock: systemClock(),
      log: silentLog(),
    });
    for (const [sensor, readings] of ledger) {
      const query = { sensor, fromMs: 0, toMs: 4e12, limit: 1_000_000 };
      try {
        const answer = await engine.raw(query);
        const { tMs, value } = answer;
        const damaged = (answer as { damaged?: readonly unknown[] }).damaged ?? [];
        outcome.said ||= damaged.length > 0;
        outcome.missing += readings.size - tMs.length;
        tMs.forEach((t, i) => outcome.wrong += readings.get(t) === value[i] ? 0 : 1);
      } catch (error) {
        if (!(error instanceof PerchError) || error.code !== "storage_failed") throw error;
        outcome.said = true;
      }
    }
  } catch (error) {
    // The journal says that it is damaged; the start ends with the sentence.
    if (!(error instanceof PerchError) || error.code !== "storage_failed") throw error;
    outcome.said = true;
  } finally {
    await connection.close();
    files.release();
  }
  const now = inodesOf(dir);
  const replaced = Object.keys(inodes).filter((name) => inodes[name] !== now[name]);
  return { ...outcome, cut: files.cuts.length > 0, replaced };
}

/** SHA-256 of every file but the index of the log, which SQLite makes anew whenever it opens. */
export function hashes(dir: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const { name, isFile } of Deno.readDirSync(dir)) {
    if (name.endsWith("-shm")) continue;
    all[name] = isFile
      ? createHash("sha256").update(Deno.readFileSync(join(dir, name))).digest("hex")
      : "no file";
  }
  return all;
}

function inodesOf(dir: string): Record<string, number | null> {
  const path = join(dir, "perch.db");
  try {
    return { "perch.db": Deno.statSync(path).ino };
  } catch {
    return {};
  }
}

export function changes(before: Record<string, string>, after: Record<string, string>): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name]);
}

export async function copyDir(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for (const { name } of Deno.readDirSync(from)) {
    await Deno.copyFile(join(from, name), join(to, name));
  }
}

/** Deterministic numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
