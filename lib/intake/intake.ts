import type { Arrival } from "../base/steady_clock.ts";
import type { DraftColumns } from "../readings/draft_columns.ts";
import type { Decoded, Draft, Reject } from "../readings/reading.ts";
import type { SqlStatement } from "../db/client.ts";
import type { Kept } from "./refusals.ts";
import type { BatchAnswer, IdempotencyKey } from "./idempotency.ts";

/** What became of a message. `stored` and `rejected` are final: acknowledge. `failed`: do not acknowledge. */
export type Outcome = "stored" | "rejected" | "failed";

/** How a message came through an MQTT session. */
export interface Packet {
  session: string;
  packetId: number;
  /** the DUP flag */
  again: boolean;
}

/** One message as a source received it. */
export interface RawMessage {
  /** Name of the source, as the sources page shows it: `mqtt`, `broker`, `http` … */
  source: string;
  topic: string;
  payload: Uint8Array;
  /** Set by sources with redelivery: recognises a message that was committed but not acknowledged. */
  packet?: Packet;
  /** Of one that waited on disk: the packet it came in first. Neither is stored twice. */
  first?: Packet;
  /** The broker has kept it and sends it because of a new subscription. */
  retained?: boolean;
  /** What a codec made of it; it was noted (`poison.ts`) before, by whoever had it read. */
  decoded?: Decoded;
  /** When it came in, if that was before it is offered. */
  arrival?: Arrival;
  /** Called once, in the order in which messages of a session were offered. */
  done(outcome: Outcome): void;
}

export type BatchOutcome = BatchAnswer;

/** A request's body before anything looked at it. */
export interface RawBody {
  source: string;
  /** Shown for rejects: the request's path. */
  topic: string;
  payload: Uint8Array;
}

/** Drafts that belong together and are answered together (an HTTP request). */
export interface DraftBatch {
  source: string;
  /** Shown for rejects: the request's path. */
  topic: string;
  drafts: readonly Draft[];
  /** The readings, where they came as columns; `drafts` is empty then. */
  columns?: DraftColumns;
  /** Rejects that parsing found already (as in `Decoded`); they are counted and kept with the rest. */
  rejects: Reject[];
  more?: number;
  beyond?: number[];
  /** The items at these positions as they came in, for the dead-letter file. */
  original?: (positions: readonly number[]) => Kept;
  idempotency?: IdempotencyKey;
  /** False when what is refused stands in the dead-letter file already (a replay). Default true. */
  keepRejects?: boolean;
}

/** Readings that another Perch has stored and judged, of sensors that are known here: columns of equal length. */
export interface StoredReadings {
  /** Storage numbers. */
  sensor: Uint32Array;
  tMs: Float64Array;
  value: Float64Array;
  flags: Uint8Array;
  /** Valid with `FLAG_HAS_SEQ`; null when no reading has one. */
  seq: Float64Array | null;
  /** Written in the transaction of the readings. */
  extra: readonly SqlStatement[];
}

/**
 * The one way in. Messages wait in a bounded queue; groups are committed when idle, when a source's
 * in-flight window is full, at the commit interval or at 1 MB.
 */
export interface Intake {
  /** False when the queue is full: leave the message unacknowledged (MQTT) or answer 503 (HTTP). */
  offer(message: RawMessage): boolean;
  /**
   * Resolves after commit. Rejects with `busy` (queue full), `storage_full`, `storage_failed`,
   * `conflict` (idempotency key reused for another body).
   */
  offerBatch(batch: DraftBatch): Promise<BatchOutcome>;
  /** Stores them as they are, times and flags included. Resolves and rejects as `offerBatch`. */
  offerStored(readings: StoredReadings): Promise<BatchOutcome>;
  /**
   * Reads a body, that is everything from parsing it to the answer of `offerBatch`. One that ended the process
   * before is set aside instead (`validation`).
   */
  careful<T>(body: RawBody, read: () => Promise<T>): Promise<T>;
  /** A source's in-flight window is full: commit what is there at once. */
  commitSoon(): void;
  /** What `refusal` reported is over: sources may offer again. */
  worksAgain(): void;
  /** Called when there is room again after `offer` returned false. */
  onRoom(listener: () => void): () => void;
  stats(): IntakeStats;
  /** Refuses what is offered from now on (`busy`) and commits what is there. */
  close(): Promise<void>;
}

export interface IntakeStats {
  queued: number;
  queuedBytes: number;
  stored: number;
  duplicate: number;
  /**
   * Messages of which something was accepted, and messages that were refused as a whole: MQTT messages, items of
   * HTTP requests.
   */
  messages: number;
  rejected: number;
  /** Good messages of which something was refused. */
  partly: number;
  groups: number;
  refusedFull: number;
  /** Why readings are refused, or the latest commit failed; null: all is well. */
  failing: string | null;
  /** Readings per second over the last 10 s. */
  ratePerS: number;
}

/** Turns a message that came in at `tMs` into drafts; never throws. The app passes in the one that tries all dialects. */
export type Decode = (
  topic: string,
  payload: Uint8Array,
  retained: boolean,
  tMs: number,
) => Decoded;
