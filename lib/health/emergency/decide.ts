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
  /** Once it has lasted so long, a short burst it is not: what people notice waits as well. */
  allMs: number;
}
export type Limits = Readonly<Record<Cause, Limit>>;

export interface EmergencyState {
  on: boolean;
  /** All that can wait is to wait, until it is over. */
  isAll: boolean;
  /** Of the last switch; null: there was none. */
  sinceMs: number | null;
  /** Why it is on. */
  causes: readonly Cause[];
  /** Since when each is at its limit or above. */
  over: Readonly<Partial<Record<Cause, number>>>;
  /** The worst value of each that is at its limit or a cause. */
  worst: Readonly<Partial<Record<Cause, number>>>;
  /** When each was measured last. */
  seen: Readonly<Partial<Record<Cause, number>>>;
  calmSinceMs: number | null;
  lookedMs: number;
}

export const NO_EMERGENCY: EmergencyState = {
  on: false,
  isAll: false,
  sinceMs: null,
  causes: [],
  over: {},
  worst: {},
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
  const worst: Partial<Record<Cause, number>> = {};
  const seen = { ...before.seen };
  for (const cause of CAUSES) {
    const value = facts[cause];
    if (value !== null) seen[cause] = nowMs;
    if (value !== null && value >= limits[cause].enter) {
      over[cause] = gap ? nowMs : before.over[cause] ?? nowMs;
    }
    if (over[cause] !== undefined || before.causes.includes(cause)) {
      worst[cause] = Math.max(before.worst[cause] ?? -Infinity, value ?? -Infinity);
    }
  }
  const lastingFor = (of: "lastingMs" | "allMs") =>
    CAUSES.filter((cause) => over[cause] !== undefined && nowMs - over[cause] >= limits[cause][of]);
  const lasting = lastingFor("lastingMs");
  const isAll = before.isAll || lastingFor("allMs").length > 0;
  const state = { ...before, over, worst, seen, lookedMs: nowMs };
  if (!before.on) {
    return lasting.length === 0
      ? state
      : { ...state, on: true, isAll, sinceMs: nowMs, causes: lasting, calmSinceMs: null };
  }
  const causes = CAUSES.filter((cause) => before.causes.includes(cause) || lasting.includes(cause));
  const isCalm = causes.every((cause) => {
    const value = facts[cause];
    return value === null
      ? nowMs - (seen[cause] ?? -Infinity) > LOST_MS
      : value < limits[cause].leave;
  });
  const calmSinceMs = !isCalm ? null : gap ? nowMs : before.calmSinceMs ?? nowMs;
  const next = { ...state, isAll, causes, calmSinceMs };
  return nowMs >= (endsMs(next) ?? Infinity)
    ? { ...state, on: false, isAll: false, sinceMs: nowMs, causes: [], calmSinceMs: null }
    : next;
}

/** When the emergency is over if the calm lasts; null: it is not calm. */
export function endsMs({ sinceMs, calmSinceMs }: EmergencyState): number | null {
  return calmSinceMs === null ? null : Math.max(calmSinceMs + CALM_MS, sinceMs! + STAY_MS);
}
