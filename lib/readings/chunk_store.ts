import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { SqlStatement } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import { decodeChunk, encodeChunk, scaleSlice } from "./chunk.ts";
import { encodeMinutes } from "./minutes.ts";
import { type Slice, subslice } from "./slice.ts";

/** A chunk as it stands in its row, without the blobs. */
export interface ChunkInfo {
  id: number;
  firstMs: number;
  /** Inclusive. */
  lastMs: number;
  /** Among equal times, readings of the lower rank came first. */
  rank: number;
}

/** A part that is ready to be written. */
export interface ChunkDraft {
  sensor: number;
  firstMs: number;
  lastMs: number;
  n: number;
  bytes: number;
  insert: SqlStatement;
}

/** Readings of one chunk: a part is cut so that none has more. */
const CHUNK_READINGS = 12_000;
/** A run of equal times is kept together up to here. */
const CHUNK_READINGS_MOST = 60_000;

/** Cuts a slice into chunks and encodes them. */
export function draftChunks(
  sensor: number,
  slice: Slice,
  rank: number,
  late: boolean,
): ChunkDraft[] {
  const drafts: ChunkDraft[] = [];
  const parts = Math.max(1, Math.ceil(slice.n / CHUNK_READINGS));
  const size = Math.ceil(slice.n / parts);
  for (let from = 0; from < slice.n;) {
    const to = cutAfter(slice, from, Math.min(from + size, slice.n));
    drafts.push(draftOf(sensor, subslice(slice, from, to), rank, late));
    from = to;
  }
  return drafts;
}

/** Moves a cut behind readings of the same time, so that their order stays inside one chunk. */
function cutAfter({ tMs, n }: Slice, from: number, to: number): number {
  while (to < n && tMs[to] === tMs[to - 1] && to - from < CHUNK_READINGS_MOST) to++;
  return to;
}

function draftOf(sensor: number, slice: Slice, rank: number, late: boolean): ChunkDraft {
  const scaled = scaleSlice(slice);
  const data = encodeChunk(slice, scaled);
  const minutes = encodeMinutes(slice, scaled);
  const { n, tMs } = slice;
  const { min, max, sum } = extremes(slice);
  const bytes = data.length + minutes.length;
  const firstMs = tMs[0];
  const lastMs = tMs[n - 1];
  return {
    sensor,
    firstMs,
    lastMs,
    n,
    bytes,
    insert: {
      sql: "INSERT INTO chunks " +
        "(sensor, first_ms, last_ms, rank, late, n, bytes, min, max, sum, minutes, data) " +
        "VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
      args: [
        sensor,
        firstMs,
        lastMs,
        rank,
        late ? 1 : 0,
        n,
        bytes,
        min,
        max,
        sum,
        minutes,
        data,
      ],
    },
  };
}

function extremes({ n, value }: Slice): { min: number; max: number; sum: number } {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = value[i];
    if (x < min) min = x;
    if (x > max) max = x;
    sum += x;
  }
  // Sums of huge values can leave the range of a double; the column is for people, not for answers.
  return {
    min,
    max,
    sum: Number.isFinite(sum) ? sum : sum > 0 ? Number.MAX_VALUE : -Number.MAX_VALUE,
  };
}

const OVERLAPPING = "FROM chunks WHERE sensor = ? AND last_ms >= ? AND first_ms < ?";

/** Chunks of a sensor that touch `[fromMs, toMs)`, by start. */
export async function chunksOf(
  connection: Connection,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<ChunkInfo[]> {
  const { rows } = await connection.query({
    sql: `SELECT id, first_ms, last_ms, rank ${OVERLAPPING} ORDER BY first_ms, rank, id`,
    args: [sensor, fromMs, toMs],
  });
  return rows.map(([id, firstMs, lastMs, rank]) => ({
    id: Number(id),
    firstMs: Number(firstMs),
    lastMs: Number(lastMs),
    rank: Number(rank),
  }));
}

/** Concatenated minute summaries of the chunks of a sensor that touch `[fromMs, toMs)`. */
export async function minutesOf(
  connection: Connection,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<Uint8Array[]> {
  // One long blob costs less than hundreds of rows; a libSQL server gives rows.
  const what = connection.kind === "file"
    ? "cast(group_concat(cast(minutes AS text), '') AS blob)"
    : "minutes";
  const { rows } = await connection.query({
    sql: `SELECT ${what} ${OVERLAPPING} AND length(minutes) > 1`,
    args: [sensor, fromMs, toMs],
  });
  return rows.filter(([blob]) => blob !== null).map(([blob]) => blob as Uint8Array);
}

/** Chunks that touch `[fromMs, toMs)` and have no minute summary, because their data is as small. */
export async function thinChunksOf(
  connection: Connection,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<number[]> {
  const { rows } = await connection.query({
    sql: `SELECT id ${OVERLAPPING} AND length(minutes) = 1`,
    args: [sensor, fromMs, toMs],
  });
  return rows.map(([id]) => Number(id));
}

/** Decoded chunks that were used last, bounded by their readings. */
export class ChunkCache {
  readonly #slices = new Map<number, Slice>();
  #readings = 0;

  /** Damaged chunks that were reported. */
  readonly #damaged = new Set<number>();

  constructor(
    private readonly connection: Connection,
    private readonly log: Log,
    private readonly mostReadings = 250_000,
  ) {}

  /** The readings of a chunk, or null (and an error in the log, once) when it cannot be decoded. */
  async getOrNull(id: number): Promise<Slice | null> {
    if (this.#damaged.has(id)) return null;
    try {
      return await this.get(id);
    } catch (error) {
      if (!(error instanceof DamagedChunk)) throw error;
      if (this.#damaged.size < 10_000) this.#damaged.add(id);
      this.log.error(error.message);
      return null;
    }
  }

  /** The readings of a chunk. Rejects with `storage_failed` when it cannot be decoded. */
  async get(id: number): Promise<Slice> {
    const cached = this.#slices.get(id);
    if (cached) {
      this.#slices.delete(id);
      this.#slices.set(id, cached);
      return cached;
    }
    const slice = await this.#read(id);
    this.#slices.set(id, slice);
    this.#readings += slice.n;
    for (const [oldest, { n }] of this.#slices) {
      if (this.#readings <= this.mostReadings || oldest === id) break;
      this.#slices.delete(oldest);
      this.#readings -= n;
    }
    return slice;
  }

  async #read(id: number): Promise<Slice> {
    const { rows } = await this.connection.query({
      sql: "SELECT data FROM chunks WHERE id = ?",
      args: [id],
    });
    try {
      return decodeChunk(rows[0][0] as Uint8Array);
    } catch (error) {
      throw new DamagedChunk("storage_failed", `chunk ${id} is damaged: ${messageOf(error)}`);
    }
  }
}

class DamagedChunk extends PerchError {}

const WARM_READINGS = 400;
const WARM_ROUNDS = 3;

/** Encodes and decodes a little, so that the first seal under load does not pay for starting zstd. */
export function warmUp(): void {
  const slice: Slice = {
    n: WARM_READINGS,
    tMs: Float64Array.from({ length: WARM_READINGS }, (_, i) => i * 1000 + i % 3),
    value: Float64Array.from({ length: WARM_READINGS }, (_, i) => ((i * 7919) % 300) / 100),
    flags: new Uint8Array(WARM_READINGS),
    seq: null,
  };
  for (let i = 0; i < WARM_ROUNDS; i++) decodeChunk(encodeChunk(slice, scaleSlice(slice)));
}
