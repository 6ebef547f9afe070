import { FormatError } from "./bytes.ts";
import { blobOf, type ChunkCache } from "./chunk_cache.ts";
import { checkSummary } from "./chunk_row.ts";
import { blob, type ChunkInfo, INFO, infoOf, OVERLAPPING, whole } from "./chunk_store.ts";
import type { DamageBook } from "./damage.ts";
import type { Connection } from "../db/connection.ts";
import { type MinuteColumns, NO_SUMMARY_BYTES, readMinutes } from "./minutes.ts";

/** The summaries of a range, each compared with its row; and the chunks whose own is damaged. */
export async function checkedMinutesOf(
  deps: {
    connection: Connection;
    cache: ChunkCache;
    damage: DamageBook;
    uncheckedChunk: number;
  },
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<{ minutes: MinuteColumns[]; damaged: ChunkInfo[] }> {
  const { rows } = await deps.connection.query({
    sql: `SELECT ${INFO}, ${whole("n")}, ${whole("bytes")}, ${blob("minutes")} ${OVERLAPPING} ` +
      `AND length(minutes) > ${NO_SUMMARY_BYTES}`,
    args: [sensor, fromMs, toMs],
  });
  const minutes: MinuteColumns[] = [];
  const damaged: ChunkInfo[] = [];
  for (const row of rows) {
    const info = infoOf(row);
    const [n, bytes] = [Number(row[4]), Number(row[5])];
    const columns = { sensor, ...info, n, bytes, minutes: blobOf(row[6]) };
    try {
      checkSummary(columns, info.id <= deps.uncheckedChunk);
      minutes.push(minutesWithin(columns));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      damaged.push(info);
      await noteSummary(deps, { ...columns, reason: error.message });
    }
  }
  return { minutes, damaged };
}

/** The one summary of a row. @throws FormatError when its counts are not those of the row */
function minutesWithin(
  { sensor, n, firstMs, lastMs, minutes }: {
    sensor: number;
    n: number;
    firstMs: number;
    lastMs: number;
    minutes: Uint8Array;
  },
): MinuteColumns {
  const all: MinuteColumns[] = [];
  readMinutes(minutes, sensor, (columns) => all.push(columns), { mayBeUnsigned: true });
  const [columns] = all;
  if (all.length !== 1 || columns.n.reduce((sum, x) => sum + x, 0) !== n) {
    throw new FormatError("its summary does not count the readings of its row");
  }
  const { k, at } = columns;
  if (at[0] !== Math.floor(firstMs / 60_000) || at[k - 1] !== Math.floor(lastMs / 60_000)) {
    throw new FormatError("its summary is of other times than its row");
  }
  return columns;
}

async function noteSummary(
  { damage }: { damage: DamageBook },
  { id, sensor, firstMs, lastMs, n, reason }: ChunkInfo & {
    sensor: number;
    n: number;
    reason: string;
  },
): Promise<void> {
  // A damaged row is reported once.
  if (damage.has("chunk", id)) return;
  const range = { sensor, fromMs: firstMs, toMs: lastMs + 1, readings: n };
  await damage.record({ kind: "summary", ref: id, ...range, reason });
}
