import { createYoungGarbage } from "../base/young_garbage.ts";
import type { Connection } from "../db/connection.ts";
import type { SqlValue } from "../db/client.ts";
import { FormatError } from "./bytes.ts";
import { decodeChunk, isSignedChunk, MOST_READINGS } from "./chunk.ts";
import {
  checkData,
  type ChunkColumns,
  type ChunkExtremes,
  decodeRow,
  isSignedFor,
} from "./chunk_row.ts";
import { blob, real, whole } from "./chunk_store.ts";
import { type DamageBook, type Found, isDamage } from "./damage.ts";
import { LATEST_MS } from "./reading.ts";
import type { SeriesTable } from "./series.ts";
import type { Slice } from "./slice.ts";

/** A row, as it is checked. */
export interface ChunkRow extends ChunkColumns, ChunkExtremes {
  id: number;
  minutes: Uint8Array;
  data: Uint8Array;
}

type DataRow = Omit<ChunkRow, "minutes">;

/** What a checksum covers. Each column costs about as much as decoding 100 readings. */
const SIGNED = [
  ...["sensor", "first_ms", "last_ms", "rank", "n", "bytes"].map(whole),
  blob("data"),
].join(", ");
const EXTREMES = ["min", "max", "sum"].map(real).join(", ");
const ALL = `${SIGNED}, ${EXTREMES}, ${blob("minutes")}`;
const NOTHING = new Uint8Array(0);
/** Columns of so many bytes are decoded, and dropped, between two looks for garbage. */
const GARBAGE_BYTES = 4 * 1024 * 1024;
const READING_BYTES = 8 + 8 + 1;

/** Reads a row; its columns are whatever stands there. @throws FormatError when it cannot be found. */
export async function readRow(connection: Connection, id: number): Promise<ChunkRow> {
  const columns = await columnsOf(connection, id, ALL);
  const [min, max, sum] = columns.slice(7, 10).map(Number);
  return { ...signedOf(id, columns), min, max, sum, minutes: blobOf(columns[10]) };
}

/** The same with what an answer needs: without the summary, and the extremes only where nothing else guards. */
async function readData(connection: Connection, id: number): Promise<DataRow> {
  const row = signedOf(id, await columnsOf(connection, id, SIGNED));
  if (isSignedChunk(row.data)) return { ...row, min: NaN, max: NaN, sum: NaN };
  const [min, max, sum] = (await columnsOf(connection, id, EXTREMES)).map(Number);
  return { ...row, min, max, sum };
}

async function columnsOf(
  connection: Connection,
  id: number,
  columns: string,
): Promise<readonly SqlValue[]> {
  const { rows } = await connection.query({
    sql: `SELECT ${columns} FROM chunks WHERE id = ?`,
    args: [id],
    one: true,
  });
  if (rows.length === 0) throw new FormatError("its row is not there");
  return rows[0];
}

function signedOf(
  id: number,
  columns: readonly SqlValue[],
): ChunkColumns & { id: number; data: Uint8Array } {
  const [sensor, firstMs, lastMs, rank, n, bytes] = columns.slice(0, 6).map(Number);
  return { id, sensor, firstMs, lastMs, rank, n, bytes, data: blobOf(columns[6]) };
}

/** Where a damaged record says that a blob is a text or nothing. */
export function blobOf(value: SqlValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : NOTHING;
}

/** Decoded chunks that were used last, bounded by their readings. */
export class ChunkCache {
  readonly #slices = new Map<number, Slice>();
  readonly #used = createYoungGarbage(GARBAGE_BYTES);
  #readings = 0;

  constructor(
    private readonly deps: {
      connection: Connection;
      damage: DamageBook;
      table: SeriesTable;
      /** Chunks up to this id may be of the version without checksums. */
      uncheckedChunk: number;
    },
    private readonly mostReadings = 250_000,
  ) {}

  /** The readings of a chunk; null when it is damaged, which is noted. */
  async get(id: number): Promise<Slice | null> {
    const cached = this.#slices.get(id);
    if (cached) {
      this.#slices.delete(id);
      this.#slices.set(id, cached);
      return cached;
    }
    if (this.deps.damage.has("chunk", id)) return null;
    const slice = await this.read(id);
    if (slice === null) return null;
    this.#slices.set(id, slice);
    this.#readings += slice.n;
    for (const [oldest, { n }] of this.#slices) {
      if (this.#readings <= this.mostReadings || oldest === id) break;
      this.#slices.delete(oldest);
      this.#readings -= n;
    }
    return slice;
  }

  /** Chunks are deleted: their ids may be given again. */
  drop(ids: readonly number[]): void {
    for (const id of ids) {
      this.#readings -= this.#slices.get(id)?.n ?? 0;
      this.#slices.delete(id);
    }
  }

  /** The readings of a chunk as they are on disk now; null when it is damaged, which is noted. */
  async read(id: number): Promise<Slice | null> {
    const { connection, damage, uncheckedChunk } = this.deps;
    let row: DataRow | null = null;
    try {
      row = await readData(connection, id);
      this.#used(row.n * READING_BYTES);
      return decodeRow(row, id <= uncheckedChunk);
    } catch (error) {
      if (!isDamage(error)) throw error;
      await damage.record(await this.#found(id, row, error.message));
      return null;
    }
  }

  /** False when a chunk is damaged, which is noted. Compares checksums; only without one it is decoded. */
  async isIntact(id: number): Promise<boolean> {
    const { connection, damage, uncheckedChunk } = this.deps;
    let row: DataRow | null = null;
    try {
      row = await readData(connection, id);
      if (isSignedChunk(row.data)) checkData(row, false);
      else decodeRow(row, id <= uncheckedChunk);
      return true;
    } catch (error) {
      if (!isDamage(error)) throw error;
      await damage.record(await this.#found(id, row, error.message));
      return false;
    }
  }

  /** What is lost with a damaged chunk, as far as that is known. */
  async #found(id: number, row: DataRow | null, reason: string): Promise<Found> {
    const kind = "chunk";
    const unknown = { sensor: null, fromMs: 0, toMs: LATEST_MS + 1, readings: 0 };
    if (row === null) return { kind, ref: id, ...unknown, reason };
    const known = await this.#identify(row);
    if (known !== null) {
      return { kind, ref: id, ...known, reason: `its readings are whole, but ${reason}` };
    }
    const { sensor, firstMs, lastMs, n } = row;
    const isPlausible = firstMs > 0 && firstMs <= lastMs && lastMs <= LATEST_MS;
    return {
      kind,
      ref: id,
      sensor: this.deps.table.get(sensor) === undefined ? null : sensor,
      fromMs: isPlausible ? firstMs : 0,
      toMs: isPlausible ? lastMs + 1 : LATEST_MS + 1,
      readings: n >= 1 && n <= MOST_READINGS ? n : 0,
      reason,
    };
  }

  /** Whose readings these are when only the columns of the row are damaged: the data shows it. */
  async #identify(row: DataRow): Promise<Omit<Found, "kind" | "ref" | "reason"> | null> {
    const { data, rank } = row;
    let slice: Slice;
    let minutes: Uint8Array;
    try {
      ({ minutes } = await readRow(this.deps.connection, row.id));
      slice = decodeChunk(data);
    } catch {
      return null;
    }
    const { n, tMs } = slice;
    const [firstMs, lastMs, bytes] = [tMs[0], tMs[n - 1], minutes.length + data.length];
    for (const { sensor } of [{ sensor: row.sensor }, ...this.deps.table.all()]) {
      if (isSignedFor(data, { sensor, firstMs, lastMs, rank, n, bytes })) {
        return { sensor, fromMs: firstMs, toMs: lastMs + 1, readings: n };
      }
    }
    return null;
  }
}
