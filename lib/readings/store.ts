import type { SqlStatement } from "../db/client.ts";
import type { DeliveryMark, ReadingGroup } from "./reading.ts";

/**
 * Readings on disk: what the rest of the application may ask. The work is done in the database worker
 * (`engine.ts`); `client.ts` is this interface over messages.
 */
export interface ReadingsStore {
  /**
   * Makes a group durable in one transaction together with `extra` (new sensors, new state texts,
   * idempotency keys). Resolves after COMMIT with `synchronous=FULL`; rejects with a PerchError
   * (`storage_full`, `storage_failed`) and then nothing of it is stored.
   */
  append(group: ReadingGroup, extra: readonly SqlStatement[]): Promise<AppendResult>;
  /** Latest reading of every sensor, for start-up. */
  lastValues(): Promise<LastValue[]>;
  /** Delivery marks of the recent past, oldest first, for start-up. */
  recentDeliveries(): Promise<DeliveryMark[]>;
  /** Readings of `[fromMs, toMs)` as they are, in time order. At most `limit`; `next` continues there. */
  raw(query: RawQuery): Promise<RawResult>;
  /** At most `points` epoch-aligned buckets over `[fromMs, toMs)` with exact min, mean, max and count. */
  buckets(query: BucketQuery): Promise<BucketResult>;
  /** Deletes whole chunks that end before each sensor's limit, in small steps. Returns what was freed. */
  retain(
    options: { beforeMs: number; maxBytes?: number },
  ): Promise<{ chunks: number; bytes: number }>;
  stats(): Promise<StoreStats>;
}

export interface AppendResult {
  /** Increasing number of the group (journal row). */
  groupId: number;
  /** One byte per reading, 1 = already stored (same sensor, time or seq, and value); null when none is. */
  duplicate: Uint8Array | null;
}

export interface LastValue {
  sensor: number;
  tMs: number;
  value: number;
}

export interface RawQuery {
  sensor: number;
  fromMs: number;
  toMs: number;
  limit: number;
  /** `next` of the answer before. */
  cursor?: string;
}
export interface RawResult {
  tMs: Float64Array;
  value: Float64Array;
  flags: Uint8Array;
  next: string | null;
}

export interface BucketQuery {
  sensor: number;
  fromMs: number;
  toMs: number;
  points: number;
}
/** Only buckets with readings appear. `tMs` is the start of the bucket. */
export interface BucketResult {
  bucketMs: number;
  tMs: Float64Array;
  min: Float64Array;
  mean: Float64Array;
  max: Float64Array;
  n: Uint32Array;
}

export interface StoreStats {
  /** Readings stored (sealed and unsealed). */
  readings: number;
  chunks: number;
  chunkBytes: number;
  journalRows: number;
  journalBytes: number;
  /** Readings in the unsealed tail and the memory that mirrors them. */
  tailReadings: number;
  tailBytes: number;
  databaseBytes: number;
  oldestMs: number | null;
}
