/** A small database of sealed and unsealed readings, its ledger, and ways to damage it. */
import { DatabaseSync } from "node:sqlite";
import { sign } from "../../lib/readings/checksum.ts";
import { rowChecksum } from "../../lib/readings/chunk_row.ts";
import { signMinutes } from "../../lib/readings/minutes.ts";
import { randomSource } from "./random.ts";
import { groupOf, openEngine, type TestReading } from "./storage.ts";

export const START_MS = Date.UTC(2026, 0, 1);
/** Sealed often, and merged never unless it is asked for. */
export const SMALL = { sealReadings: 400, tailReadingsMost: 3_000 };
export const SENSORS = [1, 2, 3];

/** Writes the database at `path` and gives every reading that was stored. */
export async function writeDamageable(path: string): Promise<TestReading[]> {
  const random = randomSource(16);
  const engine = await openEngine({ url: `file:${path}`, synchronous: "off", limits: SMALL });
  const ledger: TestReading[] = [];
  const store = async (readings: TestReading[]) => {
    await engine.store.append(groupOf(readings), []);
    ledger.push(...readings);
  };
  for (let i = 0; i < 130; i++) {
    const at = (k: number) => START_MS + (i * 10 + k) * 2_000;
    await store(SENSORS.flatMap((sensor) =>
      Array.from({ length: 10 }, (_, k) => ({
        sensor,
        // The second one is so seldom that it has no summary.
        tMs: sensor === 2 ? START_MS + (i * 10 + k) * 70_000 : at(k),
        value: sensor === 3 ? random() : Math.round(random() * 5_000) / 100,
        seq: i * 10 + k,
      }))
    ));
    // A late part that overlaps.
    if (i % 60 === 50) {
      await store(Array.from({ length: 410 }, (_, k) => ({
        sensor: 1,
        tMs: START_MS + k * 2_000 + 1 + Math.floor(i / 60),
        value: k / 10,
      })));
    }
  }
  await engine.close();
  return ledger;
}

/** The kinds of damage; each changes one thing, in a way of its own for each `i`. */
export const KINDS = ["data", "minutes", "column", "series", "journal"] as const;
export type Kind = typeof KINDS[number];

const CHUNK_COLUMNS = [
  "sensor",
  "first_ms",
  "last_ms",
  "rank",
  "n",
  "bytes",
  "min",
  "max",
  "sum",
] as const;
const SERIES_COLUMNS = ["sealed_group", "newest_ms", "newest_value", "max_seq", "chunks"] as const;

/**
 * Damages a database that nobody has open. Gives what was done, in words. `signed` is the sabotage: the damage
 * is signed as if it had been written so.
 */
export function damageOne(path: string, kind: Kind, i: number, signed: boolean): string {
  const random = randomSource(i * 7919 + KINDS.indexOf(kind));
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)];
  const db = new DatabaseSync(path);
  try {
    if (kind === "column") {
      const column = CHUNK_COLUMNS[i % CHUNK_COLUMNS.length];
      const { id } = pick(db.prepare("SELECT id FROM chunks").all());
      return set(db, "chunks", "id", id, column, random);
    }
    if (kind === "series") {
      const column = SERIES_COLUMNS[i % SERIES_COLUMNS.length];
      return set(db, "series", "sensor", pick(SENSORS), column, random);
    }
    const table = kind === "journal" ? journalOf(db) : "chunks";
    const column = kind === "journal" ? "b" : kind;
    const least = kind === "minutes" && i % 5 !== 4 ? 20 : 1;
    const rows = db.prepare(`SELECT id, ${column} AS b FROM ${table} WHERE length(${column}) >= ?`)
      .all(least) as { id: number; b: Uint8Array }[];
    const row = pick(rows);
    const how = i % 5;
    if (how === 4) {
      const other = pick(rows.filter(({ id }) => id !== row.id));
      put(db, table, column, row.id, other.b, signed);
      put(db, table, column, other.id, row.b, signed);
      return `${column} of ${table} ${row.id} and ${other.id} swapped`;
    }
    put(db, table, column, row.id, mutated(row.b, how, random), signed);
    return `${column} of ${table} ${row.id}: ${WAYS[how]}`;
  } finally {
    db.close();
  }
}

/** What a damaged record can say of a column, as SQL. */
const OTHER_VALUES = [
  "NULL",
  "'text'",
  "CAST(x'ff41' AS TEXT)",
  "9223372036854775807",
  "-9223372036854775808",
  "1e300",
  "x'00ff'",
];

/** Every column of a chunk with every value that it should not hold. */
export const RETYPED = [...CHUNK_COLUMNS, "late", "minutes", "data"].flatMap((column) =>
  OTHER_VALUES.map((value) => ({ column, value }))
);

/** Gives a column of a chunk a value that its schema does not allow. Gives what was done, in words. */
export function retypeOne(path: string, column: string, value: string): string {
  asIfUnchecked(path, "chunks", (db) => {
    db.exec(`UPDATE chunks SET ${column} = ${value} WHERE id = 3`);
  });
  return `${column} of chunks 3: ${value}`;
}

/** Changes a table as a flipped bit does: past what its schema allows. Nobody has the file open. */
export function asIfUnchecked(
  path: string,
  table: string,
  change: (db: DatabaseSync) => void,
): void {
  const file = new TextDecoder("latin1").decode(Deno.readFileSync(path));
  const from = file.indexOf(`CREATE TABLE ${table} (`);
  const schema = file.slice(from, file.indexOf(")CREATE", from));
  const at = [...schema.matchAll(/NOT NULL/g)].map(({ index }) => from + index);
  const write = (text: string) => {
    using opened = Deno.openSync(path, { write: true });
    for (const offset of at) {
      opened.seekSync(offset, Deno.SeekMode.Start);
      opened.writeSync(new TextEncoder().encode(text));
    }
  };
  write(" ".repeat(8));
  const db = new DatabaseSync(path);
  try {
    change(db);
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
    write("NOT NULL");
  }
}

function journalOf(db: DatabaseSync): string {
  const rows = (table: string) => db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n;
  return rows("journal_a") ? "journal_a" : "journal_b";
}

const WAYS = ["a bit flipped", "a range zeroed", "a range of noise", "cut short"];

function mutated(good: Uint8Array, how: number, random: () => number): Uint8Array {
  const bytes = good.slice();
  const at = Math.floor(random() * bytes.length);
  const end = Math.min(bytes.length, at + 64);
  if (how === 0) bytes[at] ^= 1 << Math.floor(random() * 8);
  if (how === 1) bytes.fill(0, Math.max(0, Math.min(at, bytes.length - 8)), end);
  if (how === 2) {
    for (let i = at; i < end; i++) {
      bytes[i] = (bytes[i] + 1 + random() * 254) & 255;
    }
  }
  return how === 3 ? bytes.slice(0, at) : bytes;
}

function put(
  db: DatabaseSync,
  table: string,
  column: string,
  id: number,
  bytes: Uint8Array,
  signed: boolean,
): void {
  if (signed && bytes.length >= 13) resign(db, table, column, id, bytes);
  db.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = ?`).run(bytes, id);
}

/** Gives damaged bytes the checksum that they would need. */
function resign(
  db: DatabaseSync,
  table: string,
  column: string,
  id: number,
  bytes: Uint8Array,
): void {
  if (table !== "chunks") return sign(bytes.subarray(4), 0);
  const row = db.prepare(
    "SELECT sensor, first_ms AS firstMs, last_ms AS lastMs, rank, n, bytes FROM chunks WHERE id = ?",
  ).get(id) as unknown as Parameters<typeof rowChecksum>[0];
  if (column === "data") sign(bytes, rowChecksum(row));
  else signMinutes(bytes, row.sensor, rowChecksum(row));
}

function set(
  db: DatabaseSync,
  table: string,
  key: string,
  id: unknown,
  column: string,
  random: () => number,
): string {
  const before = Number(
    db.prepare(`SELECT ${column} AS x FROM ${table} WHERE ${key} = ?`).get(id as number)!.x,
  );
  const after = column === "sensor"
    ? before % SENSORS.length + 1
    : Number.isInteger(before)
    ? before ^ 1 << Math.floor(random() * 12)
    : before * 1.5 + 1;
  // A flipped bit of a time keeps its upper half.
  const value = Math.abs(before) > 2 ** 31 ? before + (random() < 0.5 ? -1 : 1) * 4_096 : after;
  db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`).run(value, id as number);
  return `${column} of ${table} ${id}: ${before} became ${value}`;
}
