import { PerchError } from "../base/errors.ts";
import { type Decoded, type Reject, type RejectCode, REJECTS_LISTED } from "../readings/reading.ts";
import type { RejectRecord } from "./rejects.ts";

/** Reasons that are written with one dead letter. */
const REASONS_KEPT = 5;
/** Bytes of a refused message that are kept. */
export const MESSAGE_BYTES_KEPT = 64 * 1024;
const REASON_CHARS = 300;
const TOPIC_CHARS = 2_048;

/** Where a refused message came from, and when. */
export interface Origin {
  tsMs: number;
  source: string;
  topic: string;
}

/** What is kept of a refused message. */
export interface Kept {
  payload: Uint8Array;
  /** Length of all of it, when only a part is kept. */
  cutFromBytes?: number;
}

/** What was refused of one message, at whichever stage: `listed` names the first, in order. */
export interface Refusals {
  listed: Reject[];
  /** How many more there were. */
  more: number;
  /** Positions of items with a refusal, in order, each once. */
  positions: number[];
}

/** Without what reports that there is no value: the sender gets that as an answer, but nothing was refused. */
export function faultsOf<T extends Omit<Decoded, "drafts">>(stage: T): T {
  if (stage.rejects.every(({ code }) => code !== "no_value")) return stage;
  return { ...stage, rejects: stage.rejects.filter(({ code }) => code !== "no_value") };
}

/** Puts together what parsing refused and what storing did. */
export function refusalsOf(...stages: readonly Omit<Decoded, "drafts">[]): Refusals {
  const all = stages.flatMap(({ rejects }) => rejects)
    .sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
  const positions = new Set(all.map(({ index }) => index ?? 0));
  for (const { beyond = [] } of stages) for (const index of beyond) positions.add(index);
  const more = stages.reduce((sum, stage) => sum + (stage.more ?? 0), 0);
  return {
    listed: all.slice(0, REJECTS_LISTED),
    more: more + Math.max(0, all.length - REJECTS_LISTED),
    positions: [...positions].sort((a, b) => a - b),
  };
}

/**
 * The messages that were refused as a whole, by reason. A request's items are messages of their own, told
 * apart by their position. One of which something was `stored` is a good message, whatever else it held.
 */
export function refusedMessages(
  { listed, positions }: Refusals,
  stored: ReadonlySet<number>,
): Map<RejectCode, number> {
  const open = new Set(positions.filter((index) => !stored.has(index)));
  const byCode = new Map<RejectCode, number>();
  const add = (code: RejectCode, n: number) => byCode.set(code, (byCode.get(code) ?? 0) + n);
  for (const { code, index = 0 } of listed) if (open.delete(index)) add(code, 1);
  // The reasons of those that are not listed are not known any more.
  if (open.size > 0) add(listed[0].code, open.size);
  return byCode;
}

/** What is kept of an MQTT message. */
export function keptOf(payload: Uint8Array): Kept {
  if (payload.length <= MESSAGE_BYTES_KEPT) return { payload };
  return { payload: payload.subarray(0, MESSAGE_BYTES_KEPT), cutFromBytes: payload.length };
}

/** One record for all that was refused of a message: its payload stands in it once. */
export function recordOf(origin: Origin, { listed, more }: Refusals, kept: Kept): RejectRecord {
  const [{ code, message }] = listed;
  const { topic } = origin;
  const record: RejectRecord = {
    ...origin,
    code,
    message: message.slice(0, REASON_CHARS),
    ...kept,
  };
  if (topic.length > TOPIC_CHARS) {
    // No sensor has so long a name: there is nothing to be replayed.
    record.topic = topic.slice(0, TOPIC_CHARS).toWellFormed();
    record.cutFromBytes ??= kept.payload.length;
  }
  const count = listed.length + more;
  if (count > 1) {
    record.count = count;
    record.reasons = listed.slice(0, REASONS_KEPT)
      .map((reject) => ({ ...reject, message: reject.message.slice(0, REASON_CHARS) }));
  }
  return record;
}

/** The answer to a request while nothing can be accepted. */
export function busy(closing: boolean): PerchError {
  return new PerchError(
    "busy",
    closing
      ? "Perch is stopping; nothing of this request was stored. Send it again after the restart."
      : "the intake is full; nothing of this request was stored. Send it again shortly.",
    { retryAfterS: closing ? 5 : 1 },
  );
}
