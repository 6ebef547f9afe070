/**
 * DESIGN. Retention takes the oldest of the history down a tier, in small transactions: readings become minutes,
 * minutes hours, hours are deleted. The age of data counts from the time that the caller trusts (`nowMs`: it never
 * jumps, see lib/base/trusted_time.ts) and from the newest stored reading, whichever is less: what a plant that
 * rests has last measured stays.
 * Everything is compared with its checksum before it goes: what is damaged may be of another time than its row
 * says, and is all that is left to mend it from.
 */
import type { SqlStatement } from "../db/client.ts";
import { whole } from "./chunk_store.ts";
import { noteUnsent } from "./onward_store.ts";
import type { Series } from "./series.ts";
import type { Forgotten, Retained, RetainOptions } from "./store.ts";
import {
  chunksBefore,
  expiredChunks,
  expiredSummaries,
  keptOf,
  limitOf,
  tooMuch,
} from "./tiers/choosing.ts";
import { countedSummaries, deleteSummary, type StoredSummary } from "./tiers/summary_store.ts";
import { countOf } from "./tiers/sums.ts";
import {
  endHours,
  type Fallen,
  type FallenMinutes,
  type Falling,
  fallToHours,
  fallToMinutes,
  minuteRows,
  salvaged,
  type WaterfallDeps,
} from "./tiers/waterfall.ts";
import { NOTHING_RETAINED } from "./upkeep.ts";
import { MINUTE_MS } from "../words/times.ts";
import type { Sums } from "./minutes.ts";

/** Chunks, or rows of `summaries`, of one transaction. */
const STEP_CHUNKS = 16;
const STEP_SUMMARIES = 64;

export interface Retention {
  /** One step; `more` is true when another one would do more. */
  step(options: RetainOptions): Promise<Retained>;
  /** One step of deleting everything of a sensor. Its row in `series` stays: the journal may still name it. */
  forget(sensor: number): Promise<Forgotten>;
}

export function createRetention(deps: WaterfallDeps): Retention {
  const { connection, table, damage } = deps;

  async function chunksDown(chosen: readonly Falling[], cutMs: number): Promise<Retained> {
    const all: Fallen[] = [];
    let deleted = 0;
    for (const chunk of chosen) {
      const isDamaged = damage.has("chunk", chunk.id);
      const fallen = isDamaged
        ? await salvaged(deps, chunk)
        : await fallToMinutes(deps, chunk, cutMs);
      if (fallen === null) continue;
      all.push(fallen);
      if (isDamaged && fallen.minutes === null) deleted += chunk.n;
    }
    if (all.length > 0) await replaceChunks(deps, all);
    const readings = all.reduce((sum, { minutes }) => sum + (minutes ? countOf(minutes) : 0), 0);
    return { ...NOTHING_RETAINED, chunks: all.length, readings, deleted, more: chosen.length > 0 };
  }

  async function minutesDown(chosen: readonly StoredSummary[], cutMs: number): Promise<Retained> {
    const fallen = await fallToHours(deps, chosen, cutMs);
    await writeSummaries(fallen);
    return { ...NOTHING_RETAINED, minutes: fallen.rows.length, more: chosen.length > 0 };
  }

  async function hoursEnd(chosen: readonly StoredSummary[], cutMs: number): Promise<Retained> {
    const ended = await endHours(deps, chosen, cutMs);
    await writeSummaries(ended);
    const { rows, readings } = ended;
    return { ...NOTHING_RETAINED, hours: rows.length, deleted: readings, more: chosen.length > 0 };
  }

  async function writeSummaries({ rows, statements }: FallenMinutes): Promise<void> {
    if (rows.length === 0) return;
    const settled = damage.gone([], rows.map(({ id }) => id));
    await connection.write([...statements, ...settled.statements]);
    settled.applied();
    await countAgain(deps, new Set(rows.map(({ sensor }) => sensor)));
  }

  async function byAge(options: RetainOptions): Promise<Retained> {
    const kept = keptOf(options);
    const limit = (keepMs: number) => limitOf(table, options.nowMs, keepMs);
    if (kept.keepMs !== undefined) {
      const past = limit(kept.keepMs);
      const chunks = await expiredChunks(deps, past, STEP_CHUNKS, options.keepUnsent);
      if (chunks.length > 0) return await chunksDown(chunks, past.cutMs);
    }
    if (kept.minutes !== undefined) {
      const past = limit(kept.minutes);
      const kind = { tier: "minute", sources: ["own"] } as const;
      const rows = await expiredSummaries(deps, kind, past, STEP_SUMMARIES);
      if (rows.length > 0) return await minutesDown(rows, past.cutMs);
    }
    if (kept.hours !== undefined) {
      const past = limit(kept.hours);
      const kind = { tier: "hour", sources: ["own", "imported"] } as const;
      const rows = await expiredSummaries(deps, kind, past, STEP_SUMMARIES);
      if (rows.length > 0) return await hoursEnd(rows, past.cutMs);
    }
    return NOTHING_RETAINED;
  }

  async function bySize(maxBytes: number, keepUnsent?: boolean): Promise<Retained> {
    const chosen = await tooMuch(deps, maxBytes, STEP_CHUNKS, keepUnsent);
    if (chosen === null) return NOTHING_RETAINED;
    if (chosen.tier === "raw") return await chunksDown(chosen.chunks, Infinity);
    return chosen.tier === "minute"
      ? await minutesDown(chosen.rows, Infinity)
      : await hoursEnd(chosen.rows, Infinity);
  }

  return {
    async step(options) {
      const aged = await byAge(options);
      return aged.more || options.maxBytes === undefined
        ? aged
        : await bySize(options.maxBytes, options.keepUnsent);
    },
    async forget(sensor) {
      const unsealed = table.all().find((s) => s.sensor === sensor)?.tail.n ?? 0;
      if (unsealed > 0) return { readings: 0, more: false, unsealed };
      const chunks = await chunksBefore(deps, sensor, {
        beforeMs: Infinity,
        beginBeforeMs: -Infinity,
        damagedBeforeMs: Infinity,
        most: STEP_CHUNKS,
      });
      const gone = chunks.map((chunk) => ({ chunk, minutes: null, rest: [] }));
      if (gone.length > 0) await replaceChunks(deps, gone);
      const summaries = gone.length < STEP_CHUNKS ? await forgetSummaries(deps, sensor) : 0;
      const readings = chunks.reduce((sum, { n }) => sum + n, 0);
      const more = gone.length === STEP_CHUNKS || summaries === STEP_SUMMARIES;
      return { readings, more, unsealed };
    },
  };
}

/** Writes what became of chunks in their place. */
async function replaceChunks(deps: WaterfallDeps, all: readonly Fallen[]): Promise<void> {
  const { connection, table, cache, damage } = deps;
  const touched = new Map<Series, { chunks: number; readings: number; bytes: number }>();
  for (const { chunk, rest } of all) {
    const series = table.getOrCreate(chunk.sensor);
    const left = touched.get(series) ?? {
      chunks: series.sealedChunks,
      readings: series.sealedReadings,
      bytes: series.sealedBytes,
    };
    touched.set(series, {
      chunks: left.chunks - 1 + rest.length,
      readings: left.readings - chunk.n + rest.reduce((sum, { n }) => sum + n, 0),
      bytes: left.bytes - chunk.bytes + rest.reduce((sum, { bytes }) => sum + bytes, 0),
    });
  }
  const ids = all.map(({ chunk }) => chunk.id);
  const statements: SqlStatement[] = [
    ...all.flatMap(({ chunk, minutes, rest }) => [
      ...(minutes === null ? [] : [noteUnsent(chunk.id, chunk.sensor, endOf(minutes))]),
      { sql: "DELETE FROM chunks WHERE id = ?", args: [chunk.id] },
      ...rest.map(({ insert }) => insert),
    ]),
    ...minuteRows(all),
  ];
  const updatesFrom = statements.length;
  for (const [series, left] of touched) {
    statements.push({
      sql: "UPDATE series SET chunks = ?, readings = ?, bytes = ?, oldest_ms = coalesce(" +
        "(SELECT min(first_ms) FROM chunks WHERE sensor = ?), newest_ms) WHERE sensor = ? " +
        `RETURNING ${whole("oldest_ms")}`,
      args: [left.chunks, left.readings, left.bytes, series.sensor, series.sensor],
    });
  }
  const settled = damage.gone(ids);
  const results = await connection.write([...statements, ...settled.statements]);
  settled.applied();
  cache.drop(ids);
  let at = updatesFrom;
  for (const [series, left] of touched) {
    series.sealedChunks = left.chunks;
    series.sealedReadings = left.readings;
    series.sealedBytes = left.bytes;
    series.sealedOldestMs = Number(results[at++].rows[0][0]);
  }
  await countAgain(deps, new Set([...touched.keys()].map(({ sensor }) => sensor)));
}

/** When the last minute of some ends. */
function endOf({ at }: Sums): number {
  return at.length === 0 ? 0 : (at[at.length - 1] + 1) * MINUTE_MS;
}

/** Counts what was summed up of these sensors; to be called after what changed it. */
async function countAgain(
  { connection, table }: Pick<WaterfallDeps, "connection" | "table">,
  sensors: ReadonlySet<number>,
): Promise<void> {
  for (const sensor of sensors) {
    const counted = await countedSummaries(connection, sensor);
    table.getOrCreate(sensor).summed = counted.get(sensor) ?? {};
  }
}

/** Deletes some of what was summed up of a sensor; gives how many rows. */
async function forgetSummaries(deps: WaterfallDeps, sensor: number): Promise<number> {
  const { connection, damage } = deps;
  const { rows } = await connection.query({
    sql: "SELECT id FROM summaries WHERE sensor = ? LIMIT ?",
    args: [sensor, STEP_SUMMARIES],
  });
  if (rows.length === 0) return 0;
  const ids = rows.map(([id]) => Number(id));
  const settled = damage.gone([], ids);
  await connection.write([...ids.map(deleteSummary), ...settled.statements]);
  settled.applied();
  await countAgain(deps, new Set([sensor]));
  return rows.length;
}
