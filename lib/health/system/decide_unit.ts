import type { UnitState } from "./system_manager.ts";

/** What is remembered of a watched unit. Times are monotonic. */
export interface UnitMemory {
  /** Since when it is not well; null: it is. */
  sinceMs: number | null;
  /** Restarts since then. */
  restarts: number;
  /** Not restarted before. */
  nextMs: number;
  /** It runs since then, after it was not well; null: it does not. */
  runsMs: number | null;
  /** Restarts did not help. */
  gaveUp: boolean;
}

export type UnitStep =
  /** It was found failed: said once. */
  | "failed"
  | "restart"
  /** Restarts do not help: said once; from then on it is tried rarely. */
  | "give up"
  /** It has run for a while again. */
  | "recovered";

export const WELL: UnitMemory = {
  sinceMs: null,
  restarts: 0,
  nextMs: 0,
  runsMs: null,
  gaveUp: false,
};

const FIRST_MS = 10_000;
const LONGEST_MS = 5 * 60_000;
/** Over some ten minutes. */
export const MOST_RESTARTS = 6;
const RARELY_MS = 30 * 60_000;
/** One that fails again before has not recovered. */
const STEADY_MS = 60_000;

/**
 * Pure: what to do about a unit. Only one that `failed` is restarted: what somebody stopped stays so, and what is
 * starting or stopping is waited for.
 */
export function decideUnit(
  memory: UnitMemory,
  { active }: Pick<UnitState, "active">,
  nowMs: number,
): { memory: UnitMemory; steps: UnitStep[] } {
  if (active === "failed") return onFailed(memory, nowMs);
  if (memory.sinceMs === null) return { memory, steps: [] };
  if (active === "inactive") return { memory: WELL, steps: [] };
  if (active !== "active") return { memory: { ...memory, runsMs: null }, steps: [] };
  const runsMs = memory.runsMs ?? nowMs;
  return nowMs - runsMs >= STEADY_MS
    ? { memory: WELL, steps: ["recovered"] }
    : { memory: { ...memory, runsMs }, steps: [] };
}

function onFailed(memory: UnitMemory, nowMs: number): { memory: UnitMemory; steps: UnitStep[] } {
  const next: UnitMemory = { ...memory, sinceMs: memory.sinceMs ?? nowMs, runsMs: null };
  const steps: UnitStep[] = memory.sinceMs === null ? ["failed"] : [];
  if (nowMs < memory.nextMs) return { memory: next, steps };
  if (memory.restarts >= MOST_RESTARTS && !memory.gaveUp) {
    return {
      memory: { ...next, gaveUp: true, nextMs: nowMs + RARELY_MS },
      steps: [...steps, "give up"],
    };
  }
  const waitMs = memory.gaveUp ? RARELY_MS : Math.min(LONGEST_MS, FIRST_MS * 2 ** memory.restarts);
  return {
    memory: { ...next, restarts: memory.restarts + 1, nextMs: nowMs + waitMs },
    steps: [...steps, "restart"],
  };
}
