/** Whether a component does worse after a correction than before it. Pure. */
import { MINUTE_MS } from "../../words/times.ts";

/** What a component has done since some time, as it counts it. */
export interface Counts {
  messages: number;
  faults: number;
  readings: number;
}

/** The same within a span of time. */
export interface Rates extends Counts {
  ms: number;
}

/** What is known when a correction is judged. */
export interface Health {
  /** Null: not known, as after a start. */
  before: Rates | null;
  after: Rates;
  /** Its component is paused again, or has a fault that pauses it. */
  paused: boolean;
  /** How long it is watched. */
  windowMs: number;
}

/** `wait`: nothing can be said so far. */
export type Verdict = { say: "wait" } | { say: "kept" | "worse"; why: string };

/** Fewer messages than these say nothing of rates. */
const FEW = 3;
/** So much more of the messages may fail, as chance has it. */
const TOLERATED = 0.05;
/** Without messages it is watched longer, and then kept. */
const LONGEST = 15;

/** The number of what happened between two counts; a count that began anew counts from zero. */
export function ratesOf(from: Counts | null, to: Counts | null, ms: number): Rates | null {
  if (from === null || to === null) return null;
  const since = (a: number, b: number) => b >= a ? b - a : b;
  return {
    messages: since(from.messages, to.messages),
    faults: since(from.faults, to.faults),
    readings: since(from.readings, to.readings),
    ms,
  };
}

/** Looks at it during and at the end of its window. */
export function judgeHealth({ before, after, paused, windowMs }: Health): Verdict {
  if (paused) return { say: "worse", why: "its component was paused again" };
  const share = failing(after);
  if (after.messages >= FEW) {
    if (share === 1) return { say: "worse", why: "every message failed with it" };
    const was = before === null || before.messages < FEW ? null : failing(before);
    if (was !== null && share > was + TOLERATED) {
      return {
        say: "worse",
        why: `${percent(share)} of the messages failed, before ${percent(was)}`,
      };
    }
    if (was !== null && was < 1 && before!.readings > 0 && lost(before!, after)) {
      return {
        say: "worse",
        why: `${perMinute(after)} readings a minute came out, before ${perMinute(before!)}`,
      };
    }
  }
  if (after.ms < windowMs) return { say: "wait" };
  if (after.messages > 0) {
    return { say: "kept", why: `${after.messages} messages, ${after.faults} of them failed` };
  }
  return after.ms < windowMs * LONGEST
    ? { say: "wait" }
    : { say: "kept", why: "no message came to judge it by" };
}

const failing = ({ messages, faults }: Rates) =>
  messages === 0 ? 0 : Math.min(1, faults / messages);

/** As many messages come as before, and give less than half the readings. */
function lost(before: Rates, after: Rates): boolean {
  return after.readings / after.messages < 0.5 * (before.readings / before.messages);
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
const perMinute = ({ readings, ms }: Rates) => Math.round(readings / Math.max(ms, 1) * MINUTE_MS);
