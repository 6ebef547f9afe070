import type { SqlStatement } from "../db/client.ts";
import type { ImportStore } from "./importing.ts";
import type { OnwardStore } from "./onward.ts";
import type { PacketMark, ReadingGroup } from "./reading.ts";

/**
 * Readings on disk: what the rest of the application may ask. The work is done in the database worker
 * (`engine.ts`); `client.ts` is this interface over messages.
 */
export interface ReadingsStore extends ImportStore, OnwardStore {
  /**
   * Makes a group durable in one transaction together with `extra` (new sensors, new state texts,
   * idempotency keys). Resolves after COMMIT with `synchronous=FULL`; rejects with a PerchError
   * (`storage_full`, `storage_failed`) and then nothing of it is stored. The columns stay the caller's.
   */
  append(group: ReadingGroup, extra: readonly SqlStatement[]): Promise<AppendResult>;
  /**
   * Latest reading of every sensor, for start-up; not after `notAfterMs` where the sensor has such a one.
   * Default: whatever its time.
   */
  lastValues(notAfterMs?: number): Promise<LastValue[]>;
  /** Packet marks of the recent past, oldest first, for start-up. */
  recentPackets(): Promise<PacketMark[]>;
  /** Readings of `[fromMs, toMs)` as they are, in time order. At most `limit`; `next` continues there. */
  raw(query: RawQuery): Promise<RawResult>;
  /**
   * At most `points` epoch-aligned buckets over `[fromMs, toMs)` with exact min, mean, max and count. Where readings
   * were summed up, buckets are whole minutes or hours, and a summed-up minute or hour belongs to where it begins.
   */
  buckets(query: BucketQuery): Promise<BucketResult>;
  /**
   * One small step of retention: some readings that are older than `keepMs` become minutes, minutes that are older
   * than `keepMinutesMs` become hours, hours that are older than `keepHoursMs` are deleted; the oldest ones too while
   * the history is larger than `maxBytes`. Call again while `more` is true.
   */
  retain(options: RetainOptions): Promise<Retained>;
  /** One small step of deleting all readings of a sensor that is gone for good. Call again while `more` is true. */
  forget(sensor: number): Promise<Forgotten>;
  /**
   * Puts readings in the place of all that a sensor has in a range, in one transaction with `extra`: for what is
   * computed from others. One step reads a few chunks at most; where it ended before `toMs`, the caller goes on
   * there, and `extra` was not written.
   */
  replace(replacement: Replacement, extra: readonly SqlStatement[]): Promise<Replaced>;
  /**
   * Moves readings of a range that arrived while the host's clock was marked as suspect, and takes the mark away,
   * in one transaction with `extra`. Steps as `replace` does; what was moved once is not moved again.
   */
  restamp(restamping: Restamping, extra: readonly SqlStatement[]): Promise<Restamped>;
  /** One small step of merging late data into its place. False when there is nothing left to do. */
  compact(): Promise<boolean>;
  /**
   * One small step of making large chunks of small ones that are settled. False, once in a round, when all sensors
   * were looked at.
   */
  gather(): Promise<boolean>;
  /**
   * One small step of summing up hours that are over, so that queries over years read little. False when there is
   * nothing to do for the moment.
   */
  indexHours(): Promise<boolean>;
  /**
   * Groups after a cursor, in order, straight from the journal: what a reader that keeps a cursor missed.
   * An empty page means that there are no further ones. Groups whose table was freed are not there any more.
   */
  journalAfter(query: JournalQuery): Promise<JournalPage>;
  /** The last group that the reader of this name is done with; null when it never was. */
  cursor(name: string): Promise<number | null>;
  /**
   * Says that a reader is done with the groups up to `groupId`, in one transaction with `extra`. From its
   * first cursor on, groups after it stay in the journal, until the journal reaches eight times its usual size.
   */
  moveCursor(name: string, groupId: number, extra: readonly SqlStatement[]): Promise<void>;
  /**
   * Copies the next groups of a reader out of the journal, about `maxBytes`, and moves its cursor past them, in one
   * transaction: the journal is freed, and `journalAfter` with `kept` finds them. Gives the readings in them; null:
   * nothing was left.
   */
  setAside(name: KeptBy, maxBytes: number): Promise<number | null>;
  /** The reader of this name reads along no more, in one transaction with `extra`. */
  dropCursor(name: string, extra: readonly SqlStatement[]): Promise<void>;
  /**
   * One small step of looking for damage: reads a few chunks and compares them with their checksums. `pass`
   * `quick` reads what is about a tenth of the bytes: rows and summaries; `full` reads everything, and remembers
   * over a restart how far it is. What is found is in `damage()`.
   */
  check(pass: CheckPass): Promise<CheckStep>;
  /** What was found damaged, by checks and by reading, and is not intact again. At most 10 000 things. */
  damage(): Promise<Damage[]>;
  /**
   * A person knows of everything that was found until `foundUntilMs`; in one transaction with `extra`. It stays
   * marked as a gap, and listed. Gives how many that were; with none, `extra` is not written.
   */
  acknowledgeDamage(foundUntilMs: number, extra: readonly SqlStatement[]): Promise<number>;
  stats(): Promise<StoreStats>;
}

/** Something stored that is not what was written. Its readings are in no answer. */
export interface Damage {
  /**
   * `chunk`: sealed readings; `summary`: only the minutes of a chunk (answers come from its readings); `group`: a
   * commit group in the journal; `series`: what is known of a sensor as a whole; `tier`: minutes or hours that took
   * the place of readings.
   */
  kind: "chunk" | "summary" | "group" | "series" | "tier";
  /** Id of the chunk, group or row of `summaries`, number of the sensor. */
  ref: number;
  /** Null: not known, it can be any. */
  sensor: number | null;
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  /** 0: not known. */
  readings: number;
  reason: string;
  foundMs: number;
  /** When a person acknowledged it; null: nobody has. */
  acknowledgedMs: number | null;
}

/** A part of an answer's range in which readings are missing, because they are damaged. */
export interface DamagedRange {
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  /** Readings in it, also outside the range that was asked for; 0: not known. */
  readings: number;
  reason: string;
}

export type CheckPass = "quick" | "full";
export interface CheckStep {
  /** Chunks that were looked at. */
  chunks: number;
  /** The pass is through: the next step begins a new one. */
  finished: boolean;
  /** A full pass has begun and is not through. */
  underWay: boolean;
  /** When the last full pass began and ended; null: never. */
  startedMs: number | null;
  finishedMs: number | null;
}

export interface JournalQuery {
  /** 0 begins with the oldest group that is still in the journal. */
  afterGroup: number;
  /** Bytes of journal to read at once; one group is read whatever its size. */
  maxBytes: number;
  /** Only what this reader has set aside. */
  kept?: KeptBy;
}
/** Readers that may set groups aside, by the names of their cursors; each has a table for it. */
export type KeptBy = "forward" | "forward_mqtt";
/** Some groups: `groupId` and `n` per group, the readings of all of them one after the other. */
export interface JournalPage {
  groupId: Float64Array;
  n: Uint32Array;
  sensor: Uint32Array;
  tMs: Float64Array;
  value: Float64Array;
  flags: Uint8Array;
  /** Left out when no reading has one; valid with `FLAG_HAS_SEQ`. */
  seq?: Float64Array;
}

/** How exactly a stretch of history is kept. */
export type Tier = "raw" | "minute" | "hour";

export interface RetainOptions {
  /** The time that ages count from. The caller vouches for it: a clock that jumps would delete everything. */
  nowMs: number;
  /** Age at which readings become minutes; never counted from later than the newest stored reading. */
  keepMs?: number;
  /** Age at which minutes become hours. */
  keepMinutesMs?: number;
  /** Age at which hours are deleted. */
  keepHoursMs?: number;
  /** Bytes of the history at which the oldest of it goes. The journal and free pages do not count. */
  maxBytes?: number;
  /** No chunk goes that a history server is still to get. Default: what was not sent goes too, and that is noted. */
  keepUnsent?: boolean;
}
export interface Retained {
  /** Chunks whose readings became minutes, and those readings. */
  chunks: number;
  readings: number;
  /** Rows of minutes that became hours, and rows of hours that were deleted. */
  minutes: number;
  hours: number;
  /** Readings that are in no tier any more. */
  deleted: number;
  more: boolean;
}

export interface Forgotten {
  readings: number;
  more: boolean;
  /** Readings that are still in the journal: nothing is deleted before they are sealed. */
  unsealed: number;
}

/** What a sensor has in `[fromMs, toMs)` from now on: columns of equal length, in time order, times of devices. */
export interface Replacement {
  sensor: number;
  fromMs: number;
  toMs: number;
  tMs: Float64Array;
  value: Float64Array;
}
export interface Restamping {
  sensor: number;
  fromMs: number;
  toMs: number;
  byMs: number;
}
/** Up to here it is done; exclusive. */
export interface Replaced {
  toMs: number;
  /** Before this time the readings were summed up and stay as they are; null: nothing of the range was. */
  keptUntilMs?: number | null;
}
export interface Restamped extends Replaced {
  /** Readings that moved. */
  moved: number;
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
  /** Gives the sequence numbers of devices too. */
  withSeq?: boolean;
}
export interface RawResult {
  tMs: Float64Array;
  value: Float64Array;
  flags: Uint8Array;
  /** Only where it was asked for, and there is any; valid with `FLAG_HAS_SEQ`. */
  seq?: Float64Array;
  next: string | null;
  /** Readings before this time were summed up: `buckets` still has them. Null: none of this range. */
  summedUntilMs: number | null;
  /** Absent: this Perch has all of it, or nobody was asked. */
  elsewhere?: Elsewhere;
  /** What is missing between the first and the last reading of this answer, and up to `toMs` with the last one. */
  damaged: DamagedRange[];
}

export type BucketQuery =
  & BucketRange
  & (
    /** Most buckets; their width follows from it. */
    | { points: number; bucketMs?: undefined }
    /** The width: a divisor of a minute, or whole minutes; buckets are wider only where no finer is kept. */
    | { bucketMs: number; points?: undefined }
  );
interface BucketRange {
  sensor: number;
  fromMs: number;
  toMs: number;
  /** Only what was summed up or came as hours from elsewhere: for who takes the readings themselves from `raw`. */
  summedOnly?: boolean;
}
/** What a history server beside Perch has to do with an answer. */
export interface Elsewhere {
  /** Before this time it is asked for the readings. */
  untilMs: number;
  /** Why it did not answer, a sentence; null: its readings are in the answer. */
  failure: string | null;
}

/** Only buckets with readings appear. `tMs` is the start of the bucket. */
export interface BucketResult {
  bucketMs: number;
  /** The coarsest that the range touches; buckets are at least so wide. */
  tier: Tier;
  /** Before this time readings of the range were summed up; null: they are all kept. */
  summedUntilMs: number | null;
  tMs: Float64Array;
  min: Float64Array;
  mean: Float64Array;
  max: Float64Array;
  n: Uint32Array;
  /** Absent: this Perch has all of it, or nobody was asked. */
  elsewhere?: Elsewhere;
  /** What is missing in these buckets. */
  damaged: DamagedRange[];
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
  tiers: Record<Tier, TierStats>;
}
/** What a tier holds. */
export interface TierStats {
  /** Readings that it holds or stands for. */
  readings: number;
  bytes: number;
  oldestMs: number | null;
}
