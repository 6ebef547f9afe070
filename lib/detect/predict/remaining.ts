/**
 * Remaining useful life of a machine: which of its sensors reaches a limit first, if any trend says
 * so. Wear is slow and a developing fault is not, so three spans of history are asked, the longest
 * first; the first that finds an end counts.
 */
import type { Sensor } from "../../machines/sensor.ts";
import { HOUR_MS } from "../../words/times.ts";
import type { History as LifeHistory, KnownLife, LifeEstimator } from "../life/life.ts";
import type { Limits } from "../limits.ts";
import type { History } from "./history.ts";
import type { TrendNote } from "./shapes.ts";
import { sensorTitle } from "../../words/names.ts";

const SPANS_MS = [14 * 24 * HOUR_MS, 24 * HOUR_MS, 2 * HOUR_MS];
const POINTS = 240;

export interface Limited {
  sensor: Sensor;
  limits: Limits;
}

/** Asks the estimator for every limit of every sensor. Never rejects for lack of data: it says so. */
export async function remainingLife(
  deps: { readings: History; estimator: LifeEstimator },
  limited: readonly Limited[],
  nowMs: number,
): Promise<TrendNote> {
  const asked = limited.flatMap(({ sensor, limits }) =>
    limitsToReach(limits).map((limit) => ({ sensor, ...limit }))
  );
  if (asked.length === 0) {
    return { known: false, text: "unknown: no sensor of this machine has a limit to reach" };
  }
  const reasons = new Set<string>();
  for (const spanMs of SPANS_MS) {
    let first: { life: KnownLife; sensor: Sensor; limit: number; crossedMs: number | null } | null =
      null;
    for (const { sensor, limit, side } of asked) {
      const history = await historyOf(deps.readings, sensor, { limit, side }, nowMs, spanMs);
      const life = deps.estimator.estimate(history);
      if (!life.known) {
        if (spanMs === SPANS_MS[0]) reasons.add(life.text);
      } else if (
        Number.isFinite(life.highMs) && !(life.remainingMs >= (first?.life.remainingMs ?? Infinity))
      ) {
        first = { life, sensor, limit, crossedMs: crossedOf(history, limit, side) };
      }
    }
    if (first !== null) return noteOf(first);
  }
  return { known: false, text: `unknown: ${[...reasons].slice(0, 2).join("; ") || NOTHING_SURE}` };
}

const NOTHING_SURE = "a trend may reach a limit, but no time can be estimated";

/** The outermost limit of each side: that is where the machine has to stop. */
function limitsToReach(limits: Limits): { limit: number; side: "high" | "low" }[] {
  const high = limits.criticalHigh ?? limits.warningHigh;
  const low = limits.criticalLow ?? limits.warningLow;
  return [
    ...(high === null ? [] : [{ limit: high, side: "high" as const }]),
    ...(low === null ? [] : [{ limit: low, side: "low" as const }]),
  ];
}

async function historyOf(
  readings: History,
  sensor: Sensor,
  { limit, side }: { limit: number; side: "high" | "low" },
  nowMs: number,
  spanMs: number,
): Promise<LifeHistory> {
  const past = await readings.buckets({
    sensor: sensor.num,
    fromMs: nowMs - spanMs,
    toMs: nowMs + 1,
    points: POINTS,
  });
  return {
    tMs: past.tMs.map((tMs) => Math.min(nowMs, tMs + past.bucketMs / 2)),
    value: past.mean,
    limit,
    side,
    nowMs,
  };
}

/** Since when the limit is crossed without a break, as far as the history reaches; null: it is not. */
function crossedOf(
  { tMs, value }: LifeHistory,
  limit: number,
  side: "high" | "low",
): number | null {
  let since: number | null = null;
  for (let i = value.length - 1; i >= 0; i--) {
    if (!Number.isFinite(value[i])) continue;
    if (side === "high" ? value[i] < limit : value[i] > limit) break;
    since = tMs[i];
  }
  return since;
}

function noteOf(
  { life, sensor, limit, crossedMs }: {
    life: KnownLife;
    sensor: Sensor;
    limit: number;
    crossedMs: number | null;
  },
): TrendNote {
  const { remainingMs, lowMs, highMs, confidence } = life;
  return {
    known: true,
    text: `${sensorTitle(sensor)}: ${life.text}`,
    sensor: sensor.name,
    limit,
    remainingMs,
    lowMs,
    highMs: Number.isFinite(highMs) ? highMs : null,
    crossedMs: remainingMs === 0 ? crossedMs : null,
    confidence,
  };
}
