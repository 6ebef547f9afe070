/**
 * Failures of a machine and the times between them, by the definitions that stand in every report (`notes.ts`).
 * A failure is counted where any of it lies in the range; up, down, unknown and planned maintenance together are
 * the range, and availability, MTBF and MTTR come of the same sums. Pure.
 */
import type { Range } from "./sources.ts";
import type { StateSpan } from "../../words/past_spans.ts";
import { cutTo, lastedIn } from "../../words/past_spans.ts";
import { DAY_MS } from "../../words/times.ts";

/** Shorter is no failure. */
export const FAILURE_LEAST_MS = 60_000;
/** Well for less than this: the same failure goes on. */
export const MERGE_BELOW_MS = 5 * 60_000;
/** A failure that began this long before the range is still known from its beginning. */
export const LEAD_MS = DAY_MS;

export interface Failure extends Range {
  /** It had begun before the range. */
  beganBefore: boolean;
  /** How it ended, as far as the range goes. */
  end: "well" | "open" | "maintenance" | "not seen";
  /** Of it inside the range, without planned maintenance and unknown time. */
  downMs: number;
}

export interface Performance {
  calendarMs: number;
  maintenanceMs: number;
  unknownMs: number;
  upMs: number;
  downMs: number;
  failures: Failure[];
  /** 0…1; null: nothing is known of the machine. */
  availability: number | null;
  /** Null without a failure. */
  mtbfMs: number | null;
  mttrMs: number | null;
}

const isUp = ({ state }: StateSpan) => state === "normal" || state === "warning";
const isKnown = (span: StateSpan) => isUp(span) || span.state === "critical";

/** `past`: without holes, from some time before the range to its end; maintenance marked in it. */
export function performanceOf(past: readonly StateSpan[], range: Range): Performance {
  const within = cutTo(past, range);
  const failures = failuresOf(past).flatMap(({ fromMs, toMs, after }): Failure[] => {
    const cut = { fromMs: Math.max(fromMs, range.fromMs), toMs: Math.min(toMs, range.toMs) };
    const known = cutTo(within, cut).filter(isKnown);
    const downMs = known.reduce((sum, span) => sum + span.toMs - span.fromMs, 0);
    if (downMs <= 0) return [];
    return [{ fromMs, toMs, beganBefore: fromMs < range.fromMs, end: endOf(after), downMs }];
  });
  const lasted = lastedIn(within);
  const downMs = failures.reduce((sum, failure) => sum + failure.downMs, 0);
  const upMs = lasted.normal + lasted.warning + lasted.critical - downMs;
  const n = failures.length;
  return {
    calendarMs: range.toMs - range.fromMs,
    maintenanceMs: lasted.maintenance,
    unknownMs: lasted.unknown + lasted.offline,
    upMs,
    downMs,
    failures,
    availability: upMs + downMs === 0 ? null : upMs / (upMs + downMs),
    mtbfMs: n === 0 ? null : upMs / n,
    mttrMs: n === 0 ? null : downMs / n,
  };
}

interface Found extends Range {
  /** What followed; null: the end of what is known. */
  after: StateSpan["state"] | null;
}

function failuresOf(past: readonly StateSpan[]): Found[] {
  const found: Found[] = [];
  let open: Found | null = null;
  let wellMs = 0;
  const close = () => {
    if (open !== null && open.toMs - open.fromMs >= FAILURE_LEAST_MS) found.push(open);
    open = null;
  };
  for (const span of past) {
    if (span.state === "critical") {
      if (open === null) open = { fromMs: span.fromMs, toMs: span.toMs, after: null };
      open.toMs = span.toMs;
      open.after = null;
      wellMs = 0;
      continue;
    }
    if (open === null) continue;
    open.after ??= span.state;
    if (!isUp(span)) continue;
    wellMs += span.toMs - span.fromMs;
    if (wellMs >= MERGE_BELOW_MS) close();
  }
  close();
  return found;
}

function endOf(after: Found["after"]): Failure["end"] {
  if (after === null) return "open";
  if (after === "maintenance") return "maintenance";
  return after === "normal" || after === "warning" ? "well" : "not seen";
}

/** Of several machines together. */
export function togetherOf(all: readonly Performance[]) {
  const sum = (of: (one: Performance) => number) => all.reduce((total, one) => total + of(one), 0);
  const upMs = sum((one) => one.upMs), downMs = sum((one) => one.downMs);
  const failures = sum((one) => one.failures.length);
  return {
    upMs,
    downMs,
    failures,
    availability: upMs + downMs === 0 ? null : upMs / (upMs + downMs),
    mtbfMs: failures === 0 ? null : upMs / failures,
    mttrMs: failures === 0 ? null : downMs / failures,
  };
}
