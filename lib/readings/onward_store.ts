/**
 * DESIGN. History that also goes to a server beside Perch. Once there is one (a row of `history_server`), a trigger
 * notes every chunk in `history_queue`, whoever writes it; a chunk that is deleted takes its row along. So what waits
 * is exactly what is sealed and not known to be there: new readings, late ones, imports, and what was rewritten,
 * which the sender compares with what the server has. Stretches whose readings became others are noted in
 * `history_changes`, in the transaction that changes them.
 */
import type { SqlStatement } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import { INFO, infoOf, OVERLAPPING, whole } from "./chunk_store.ts";
import type { Series, SeriesTable } from "./series.ts";
import { firstFrom, mergeSlices, type Slice, subslice } from "./slice.ts";
import type { OnwardStore, Reach, ReadingColumns, SensorRange, WaitingChunk } from "./onward.ts";
import { UNIT_MS } from "./tiers/summary.ts";
import { windowsOf } from "./windows.ts";

interface OnwardDeps {
  connection: Connection;
  cache: ChunkCache;
  table: SeriesTable;
}

export function createOnwardStore({ connection, cache, table }: OnwardDeps): OnwardStore {
  return {
    async waiting({ afterId, readings }) {
      const { rows } = await connection.query({
        sql: "SELECT q.id, chunk, sensor, n FROM history_queue q JOIN chunks c ON c.id = chunk " +
          "WHERE q.id > ? ORDER BY q.id LIMIT 256",
        args: [afterId],
      });
      const found: WaitingChunk[] = [];
      let sum = 0;
      for (const [id, chunk, sensor, n] of rows.map((row) => row.map(Number))) {
        if (found.length > 0 && sum + n > readings) break;
        sum += n;
        const slice = await cache.read(chunk);
        found.push({ id, sensor, isDamaged: slice === null, ...columnsOf(slice) });
      }
      return found;
    },
    async sealed({ sensor, fromMs, toMs }) {
      const parts: Slice[] = [];
      for await (
        const part of windowsOf(connection, cache, sensor, null, fromMs, toMs, () => {})
      ) parts.push(part);
      return columnsOf(mergeSlices(parts));
    },
    async unsent({ sensor, fromMs, toMs, except }) {
      const queued = "id IN (SELECT chunk FROM history_queue WHERE id NOT IN " +
        `(${except.map(() => "?").join(", ")}))`;
      const { rows } = await connection.query({
        sql: `SELECT ${INFO} ${OVERLAPPING} AND ${queued} ORDER BY first_ms, rank, id`,
        args: [sensor, fromMs, toMs, ...except],
      });
      const parts: Slice[] = [];
      for (const { id } of rows.map(infoOf)) {
        const slice = await cache.get(id);
        if (slice === null) continue;
        parts.push(subslice(slice, firstFrom(slice, fromMs), firstFrom(slice, toMs)));
      }
      const tail = table.get(sensor)?.tail;
      if (tail !== undefined) parts.push(tail.copy(tail.firstFrom(fromMs), tail.firstFrom(toMs)));
      return columnsOf(mergeSlices(parts));
    },
    reach: (range) => Promise.resolve(reachOf(table.get(range.sensor), range)),
  };
}

function columnsOf(slice: Slice | null): ReadingColumns {
  // Copies: what a cache keeps must not go along with a message.
  return {
    tMs: slice?.tMs.slice() ?? new Float64Array(0),
    value: slice?.value.slice() ?? new Float64Array(0),
  };
}

function reachOf(series: Series | undefined, { fromMs, toMs }: SensorRange): Reach {
  const reach: Reach = {
    tier: "raw",
    summedUntilMs: null,
    oldestMs: Infinity,
    hasImportedHours: false,
  };
  if (series === undefined) return reach;
  const { summed, tail } = series;
  if (series.sealedChunks > 0) reach.oldestMs = series.sealedOldestMs;
  if (tail.n > 0) reach.oldestMs = Math.min(reach.oldestMs, tail.time(0));
  for (const kind of ["minute own", "hour own", "hour imported"] as const) {
    const total = summed[kind];
    if (total === undefined) continue;
    reach.oldestMs = Math.min(reach.oldestMs, total.oldestMs);
    if (total.oldestMs >= toMs || total.untilMs <= fromMs) continue;
    if (kind === "hour imported") reach.hasImportedHours = true;
    else {
      reach.tier = kind === "minute own" ? "minute" : "hour";
      reach.summedUntilMs = Math.min(toMs, Math.max(reach.summedUntilMs ?? 0, total.untilMs));
    }
  }
  return reach;
}

/** Notes that readings of a stretch became others, where there is a server that has them. */
export function noteChange({ sensor, fromMs, toMs }: SensorRange): SqlStatement {
  return {
    sql: "INSERT INTO history_changes (sensor, from_ms, to_ms) SELECT ?, ?, ? " +
      "WHERE EXISTS (SELECT 1 FROM history_server)",
    args: [sensor, fromMs, toMs],
  };
}

/** Not among the chunks that the server is still to get. */
export const SENT = "id NOT IN (SELECT chunk FROM history_queue)";

/** Of a chunk that goes down a tier although it was not sent: from then on the server has not everything. */
export function noteUnsent(chunk: number, sensor: number, untilMs: number): SqlStatement {
  return {
    sql: "INSERT INTO history_series (sensor, since_ms, sent) SELECT ?, ?, 0 " +
      "WHERE EXISTS (SELECT 1 FROM history_queue WHERE chunk = ?) " +
      "ON CONFLICT (sensor) DO UPDATE SET since_ms = max(since_ms, excluded.since_ms)",
    args: [sensor, untilMs, chunk],
  };
}

/** What a history server begins with: every chunk waits, and before what was summed up it will have nothing. */
export function beginHistory(url: string, nowMs: number): SqlStatement[] {
  const unit = `CASE tier WHEN 'minute' THEN ${UNIT_MS.minute} ELSE ${UNIT_MS.hour} END`;
  return [
    ...["queue", "changes", "series", "parts", "server"]
      .map((name) => ({ sql: `DELETE FROM history_${name}` })),
    {
      sql: "INSERT INTO history_server (one, url, since_ms, sent) VALUES (1, ?, ?, 0)",
      args: [url, nowMs],
    },
    trigger(
      "history_queue_new",
      "INSERT",
      "INSERT OR IGNORE INTO history_queue (chunk) VALUES (NEW.id)",
    ),
    trigger("history_queue_gone", "DELETE", "DELETE FROM history_queue WHERE chunk = OLD.id"),
    { sql: "INSERT INTO history_queue (chunk) SELECT id FROM chunks" },
    {
      sql: "INSERT INTO history_series (sensor, since_ms, sent) " +
        `SELECT ${whole("sensor")}, max(last_ms + ${unit}), 0 FROM summaries ` +
        "WHERE source = 'own' GROUP BY sensor",
    },
  ];
}

function trigger(name: string, on: "INSERT" | "DELETE", does: string): SqlStatement {
  return { sql: `CREATE TRIGGER IF NOT EXISTS ${name} AFTER ${on} ON chunks BEGIN ${does}; END` };
}
