/**
 * Pure: when the host is in need. Times are monotonic. An emergency lasts at least `STAY_MS` and ends after a calm:
 * so there are at most two switches within ten minutes, whatever the host does.
 */
export const CAUSES = ["disk", "memory", "temperature", "cpu"] as const;
export type Cause = typeof CAUSES[number];

/** What is used, in %, and °C; null: not measured, which is neither need nor calm. */
export type Facts = Readonly<Record<Cause, number | null>>;

export interface Limit {
  /** At this or above it is in need … */
  enter: number;
  /** … and below this it is calm again. */
  leave: number;
  /** It counts once it has lasted so long. */
  lastingMs: number;
}
export type Limits = Readonly<Record<Cause, Limit>>;

export interface EmergencyState {
  on: boolean;
  /** Of the last switch; null: there was none. */
  sinceMs: number | null;
  /** Why it is on. */
  causes: readonly Cause[];
  /** Since when each is at its limit or above. */
  over: Readonly<Partial<Record<Cause, number>>>;
  /** When each was measured last. */
  seen: Readonly<Partial<Record<Cause, number>>>;
  calmSinceMs: number | null;
  lookedMs: number;
}

export const NO_EMERGENCY: EmergencyState = {
  on: false,
  sinceMs: null,
  causes: [],
  over: {},
  seen: {},
  calmSinceMs: null,
  lookedMs: -Infinity,
};

export const STAY_MS = 10 * 60_000;
const CALM_MS = 60_000;
/** What was not measured for so long keeps nothing up. */
const LOST_MS = 10 * 60_000;
/** After a longer gap nobody knows what lasted. */
const GAP_MS = 30_000;

export function decide(
  before: EmergencyState,
  facts: Facts,
  limits: Limits,
  nowMs: number,
): EmergencyState {
  const gap = nowMs - before.lookedMs > GAP_MS;
  const over: Partial<Record<Cause, number>> = {};
  const seen = { ...before.seen };
  for (const cause of CAUSES) {
    const value = facts[cause];
    if (value !== null) seen[cause] = nowMs;
    if (value !== null && value >= limits[cause].enter) {
      over[cause] = gap ? nowMs : before.over[cause] ?? nowMs;
    }
  }
  const lasting = CAUSES.filter((cause) =>
    over[cause] !== undefined && nowMs - over[cause] >= limits[cause].lastingMs
  );
  const state = { ...before, over, seen, lookedMs: nowMs };
  if (!before.on) {
    return lasting.length === 0
      ? state
      : { ...state, on: true, sinceMs: nowMs, causes: lasting, calmSinceMs: null };
  }
  const causes = CAUSES.filter((cause) => before.causes.includes(cause) || lasting.includes(cause));
  const isCalm = causes.every((cause) => {
    const value = facts[cause];
    return value === null
      ? nowMs - (seen[cause] ?? -Infinity) > LOST_MS
      : value < limits[cause].leave;
  });
  const calmSinceMs = !isCalm ? null : gap ? nowMs : before.calmSinceMs ?? nowMs;
  const mayLeave = calmSinceMs !== null && nowMs - calmSinceMs >= CALM_MS &&
    nowMs - before.sinceMs! >= STAY_MS;
  return mayLeave
    ? { ...state, on: false, sinceMs: nowMs, causes: [], calmSinceMs: null }
    : { ...state, causes, calmSinceMs };
}
