import type { Severity } from "../words/severity.ts";
import type { Outcome } from "./channel.ts";

/**
 * `waiting`: for its first or next try; `held`: until quiet hours end; `digest`: is collected; `failed`: a dead
 * letter, nothing more happens by itself; `cancelled`: by a person.
 */
export const DELIVERY_STATES = [
  "waiting",
  "held",
  "digest",
  "delivered",
  "failed",
  "cancelled",
] as const;
export type DeliveryState = typeof DELIVERY_STATES[number];

/** Something that leaves Perch: one event, or a digest of several, to one place. */
export interface Delivery {
  id: number;
  /** Goes outside; the same on every repeat. */
  uid: string;
  /** Null: a digest. */
  eventId: number | null;
  /** Type of the event, or `digest`. */
  eventType: string;
  subject: string;
  severity: Severity;
  text: string;
  channelId: string;
  /** Address on the channel; empty: the channel's own recipients. */
  target: string;
  state: DeliveryState;
  why: string;
  /** The digest it is part of. */
  digestId: number | null;
  /** Since it was written or sent again by a person. */
  tries: number;
  nextMs: number;
  /** What the far side said last. */
  answer: string | null;
  tookMs: number | null;
  createdMs: number;
  doneMs: number | null;
  /** Recipients that have not got it yet, while others have; null: all or none. */
  remaining: readonly string[] | null;
}

/** One try. */
export interface DeliveryTry {
  n: number;
  tMs: number;
  tookMs: number | null;
  /** Null: it runs, or Perch ended meanwhile. */
  outcome: Outcome["state"] | null;
  answer: string | null;
}

export const DIGEST = "digest";
