/** What is known of the history server, in the database of Perch. */
import type { Database, SqlStatement } from "../db/client.ts";
import type { SensorRange } from "../readings/onward.ts";
import { beginHistory } from "../readings/onward_store.ts";

export interface Change extends SensorRange {
  id: number;
}

/** What a server has of a sensor. */
export interface KnownSeries {
  sensor: number;
  /** By which the server knows it; null: nothing was sent. */
  id: string | null;
  /** Before this time it has not everything. */
  sinceMs: number;
  oldestMs: number;
  newestMs: number;
}

export interface KnownPart {
  id: number;
  sensor: number;
  month: string;
  generation: number;
  state: "building" | "used" | "gone";
}

/** Readings that were found at the server, of a chunk that need not wait any more. */
export interface Arrived {
  /** Its place in the queue. */
  place: number;
  sensor: number;
  /** Id of the sensor; null: nothing of the chunk was sent. */
  id: string | null;
  firstMs: number;
  lastMs: number;
  n: number;
}

export interface HistoryStore {
  /** The server that history went to until now; null: there was none. */
  server(): Promise<{ url: string; sent: number } | null>;
  /** From now on it is this one, which has nothing. */
  begin(url: string, nowMs: number): Promise<void>;
  series(): Promise<KnownSeries[]>;
  parts(): Promise<KnownPart[]>;
  /** The last place in the queue; 0: none waits. */
  newestWaiting(): Promise<number>;
  /** What waits, and the time of the oldest of it. */
  waiting(): Promise<{ chunks: number; readings: number; oldestMs: number | null }>;
  arrived(all: readonly Arrived[]): Promise<void>;
  /** The stretches that changed, the oldest first. */
  changes(most: number): Promise<Change[]>;
  settled(changes: readonly Change[]): Promise<void>;
  /** A month of a sensor is about to be written under the next name. */
  build(sensor: number, month: string, generation: number): Promise<void>;
  /** It is complete: the one before it goes. */
  built(sensor: number, month: string, generation: number, before: number): Promise<void>;
  /** It was removed at the server. */
  removed(part: number): Promise<void>;
  /** The sensor is no more, here and there. */
  forgotten(sensor: number): Promise<void>;
}

export function createHistoryStore(db: Database): HistoryStore {
  const rows = async (sql: string, args: SqlStatement["args"] = []) =>
    (await db.query({ sql, args })).rows;
  const write = async (...statements: SqlStatement[]) => void await db.write(statements);

  return {
    async server() {
      const [row] = await rows("SELECT url, sent FROM history_server");
      return row === undefined ? null : { url: String(row[0]), sent: Number(row[1]) };
    },
    begin: (url, nowMs) => write(...beginHistory(url, nowMs)),
    async series() {
      const found = await rows(
        "SELECT sensor, id, since_ms, oldest_ms, newest_ms FROM history_series",
      );
      return found.map(([sensor, id, sinceMs, oldestMs, newestMs]) => ({
        sensor: Number(sensor),
        id: id === null ? null : String(id),
        sinceMs: Number(sinceMs),
        oldestMs: oldestMs === null ? Infinity : Number(oldestMs),
        newestMs: newestMs === null ? -Infinity : Number(newestMs),
      }));
    },
    async parts() {
      const found = await rows("SELECT id, sensor, month, generation, state FROM history_parts");
      return found.map(([id, sensor, month, generation, state]) => ({
        id: Number(id),
        sensor: Number(sensor),
        month: String(month),
        generation: Number(generation),
        state: state as KnownPart["state"],
      }));
    },
    async newestWaiting() {
      const [[newest]] = await rows("SELECT coalesce(max(id), 0) FROM history_queue");
      return Number(newest);
    },
    async waiting() {
      const [[chunks, readings, oldestMs]] = await rows(
        "SELECT count(*), total(n), min(first_ms) FROM history_queue q JOIN chunks c ON c.id = chunk",
      );
      return {
        chunks: Number(chunks),
        readings: Number(readings),
        oldestMs: oldestMs === null ? null : Number(oldestMs),
      };
    },
    arrived: (all) => write(...all.flatMap(arrivedStatements)),
    async changes(most) {
      const found = await rows(
        "SELECT id, sensor, from_ms, to_ms FROM history_changes ORDER BY id LIMIT ?",
        [most],
      );
      return found.map((row) => row.map(Number)).map(([id, sensor, fromMs, toMs]) => ({
        ...{ id, sensor, fromMs, toMs },
      }));
    },
    settled: (changes) =>
      write(...changes.map(({ id }) => ({
        sql: "DELETE FROM history_changes WHERE id = ?",
        args: [id],
      }))),
    build: (sensor, month, generation) => write(insertPart(sensor, month, generation, "building")),
    built: (sensor, month, generation, before) =>
      write(
        {
          sql: "DELETE FROM history_parts WHERE sensor = ? AND month = ? AND generation IN (?, ?)",
          args: [sensor, month, generation, before],
        },
        insertPart(sensor, month, generation, "used"),
        insertPart(sensor, month, before, "gone"),
      ),
    removed: (part) => write({ sql: "DELETE FROM history_parts WHERE id = ?", args: [part] }),
    forgotten: (sensor) =>
      write(...["series", "parts", "changes"].map((name) => ({
        sql: `DELETE FROM history_${name} WHERE sensor = ?`,
        args: [sensor],
      }))),
  };
}

function insertPart(
  sensor: number,
  month: string,
  generation: number,
  state: KnownPart["state"],
): SqlStatement {
  return {
    sql: "INSERT INTO history_parts (sensor, month, generation, state) VALUES (?, ?, ?, ?)",
    args: [sensor, month, generation, state],
  };
}

function arrivedStatements({ place, sensor, id, firstMs, lastMs, n }: Arrived): SqlStatement[] {
  const gone = { sql: "DELETE FROM history_queue WHERE id = ?", args: [place] };
  if (id === null) return [gone];
  return [
    gone,
    {
      sql: "INSERT INTO history_series (sensor, since_ms, id, oldest_ms, newest_ms, sent) " +
        "VALUES (?, 0, ?, ?, ?, ?) ON CONFLICT (sensor) DO UPDATE SET id = excluded.id, " +
        "oldest_ms = min(coalesce(oldest_ms, excluded.oldest_ms), excluded.oldest_ms), " +
        "newest_ms = max(coalesce(newest_ms, excluded.newest_ms), excluded.newest_ms), " +
        "sent = sent + excluded.sent",
      args: [sensor, id, firstMs, lastMs, n],
    },
    { sql: "UPDATE history_server SET sent = sent + ?", args: [n] },
  ];
}
