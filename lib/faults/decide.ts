/**
 * What follows from a look: pure. One cause is one fault; it opens when it is seen, gets worse, is over when it was
 * not seen for a while, and one that comes back soon is the same one again.
 */
import type { FaultRow } from "../db/schema/faults.ts";
import { FAULT_ACTIONS, FAULT_SEVERITIES, type FaultSeverity } from "../words/fault.ts";
import type { Sighting } from "./fault.ts";

/** A fault as it is watched: open, dismissed and still seen, or over since a short time. */
export interface Watched {
  fault: FaultRow;
  /** Not seen since (monotonic); null: the latest look saw it. */
  goneMs: number | null;
  /** How often it came back. */
  returns: number;
  /** `Sighting.times` of the latest. */
  times: number;
}

export interface FaultsState {
  /** By cause. */
  watched: ReadonlyMap<string, Watched>;
  nextId: number;
}

/** What a look found. */
export interface Look {
  sightings: readonly Sighting[];
  /** Every source was asked and answered: what is not among the sightings is not there. */
  isComplete: boolean;
  nowMs: number;
  monotonicMs: number;
  /** What a fault may pause: whether it is paused, perhaps by itself. `no`: nothing, or only people may. */
  pausable(component: string): "free" | "paused" | "no";
  isPaused(component: string): boolean;
}

export interface FaultNews {
  kind: "opened" | "again" | "worse" | "over";
  fault: FaultRow;
}

export interface Decision {
  state: FaultsState;
  news: FaultNews[];
  /** Faults that hold their components from now on: those are to be paused where they are not yet. */
  pauses: FaultRow[];
}

/** Type of what a person paused: it is seen as long as it is paused. */
export const PAUSED_TYPE = "paused";
/** Not seen for so long, a fault is over; twice as long each time it came back. */
export const QUIET_MS = 15_000;
const QUIET_MOST_MS = 10 * 60_000;
/** One that comes back within this time is the same one again. */
export const AGAIN_MS = 10 * 60_000;

export const severityRank = (severity: FaultSeverity) => FAULT_SEVERITIES.indexOf(severity);
/** One step more serious. */
export const stepUp = (severity: FaultSeverity) =>
  FAULT_SEVERITIES[Math.max(0, severityRank(severity) - 1)];
export const isWorse = (one: FaultSeverity, than: FaultSeverity) =>
  severityRank(one) < severityRank(than);

export function decide(state: FaultsState, look: Look): Decision {
  const watched = new Map<string, Watched>();
  const news: FaultNews[] = [];
  const pauses: FaultRow[] = [];
  let { nextId } = state;
  const seen = new Map(look.sightings.map((one) => [one.cause, one]));

  for (const [cause, one] of state.watched) {
    const sighting = seen.get(cause);
    if (sighting === undefined) {
      const kept = unseen(one, look, news);
      if (kept !== null) watched.set(cause, kept);
      continue;
    }
    const isNew = one.fault.state === "dismissed" &&
      isWorse(sighting.severity, one.fault.severity);
    if (!isNew) watched.set(cause, seenAgain(one, sighting, look, news));
    // What was dismissed as a small matter is now a greater one.
    else news.push({ kind: "over", fault: { ...one.fault, endedMs: look.nowMs } });
  }
  for (const [cause, sighting] of seen) {
    if (watched.has(cause)) continue;
    const fault = faultOf(sighting, nextId++, look.nowMs);
    watched.set(cause, { fault, goneMs: null, returns: 0, times: sighting.times ?? 1 });
    news.push({ kind: "opened", fault });
  }
  for (const [cause, one] of watched) {
    if (!seen.has(cause) || !mayPause(one.fault, look)) continue;
    const fault = { ...one.fault, paused: true };
    watched.set(cause, { ...one, fault });
    pauses.push(fault);
    for (const item of news) if (item.fault.id === fault.id) item.fault = fault;
  }
  return { state: { watched, nextId }, news, pauses };
}

/** It is to hold its component, and does not yet or does not any more. */
function mayPause({ state, severity, component, paused }: FaultRow, look: Look): boolean {
  if (state !== "open" || FAULT_ACTIONS[severity] !== "pause") return false;
  const now = look.pausable(component);
  return now === "free" || now === "paused" && !paused;
}

function seenAgain(one: Watched, sighting: Sighting, look: Look, news: FaultNews[]): Watched {
  const { fault, goneMs } = one;
  const times = sighting.times ?? 1;
  const isBack = fault.state === "over";
  const isMore = isWorse(sighting.severity, fault.severity);
  const more = isBack ? Math.max(1, times - one.times) : Math.max(0, times - one.times);
  const next: FaultRow = {
    ...fault,
    severity: isMore ? sighting.severity : fault.severity,
    ...(isBack ? { state: "open" as const, endedMs: null } : {}),
    ...placeOf(sighting),
    lastMs: look.nowMs,
    n: fault.n + more,
  };
  if (isBack || isMore) news.push({ kind: isMore ? "worse" : "again", fault: next });
  const returns = one.returns + (isBack || goneMs !== null ? 1 : 0);
  return { fault: next, goneMs: null, returns, times };
}

/** What becomes of one that this look did not see; null: it is forgotten. */
function unseen(one: Watched, look: Look, news: FaultNews[]): Watched | null {
  const { fault, goneMs, returns } = one;
  if (fault.state === "over") {
    const overMs = goneMs ?? look.monotonicMs;
    return look.monotonicMs - overMs > AGAIN_MS ? null : { ...one, goneMs: overMs };
  }
  // As long as it holds its component nothing could be seen.
  const holds = fault.paused && look.isPaused(fault.component);
  if (holds || !look.isComplete) return one;
  const sinceMs = goneMs ?? look.monotonicMs;
  const quietMs = fault.type === PAUSED_TYPE
    ? 0
    : Math.min(QUIET_MOST_MS, QUIET_MS * 2 ** Math.min(returns, 10));
  if (look.monotonicMs - sinceMs < quietMs) return { ...one, goneMs: sinceMs };
  const ended = { ...fault, endedMs: look.nowMs, paused: false };
  if (fault.state === "dismissed") {
    news.push({ kind: "over", fault: ended });
    return null;
  }
  const over: FaultRow = { ...ended, state: "over" };
  news.push({ kind: "over", fault: over });
  return fault.type === PAUSED_TYPE ? null : { ...one, fault: over, goneMs: look.monotonicMs };
}

/** A fault at its first sight. */
export function faultOf(sighting: Sighting, id: number, nowMs: number): FaultRow {
  return {
    id,
    cause: sighting.cause,
    component: sighting.component,
    type: sighting.type,
    severity: sighting.severity,
    state: "open",
    ...placeOf(sighting),
    firstMs: nowMs,
    lastMs: nowMs,
    endedMs: null,
    n: Math.max(1, sighting.times ?? 1),
    paused: false,
  };
}

const placeOf = ({ message, file, line, column }: Sighting) => ({
  message,
  file: file ?? null,
  line: line ?? null,
  column: column ?? null,
});
