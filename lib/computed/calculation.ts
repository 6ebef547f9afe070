/**
 * The arithmetic, without clock or storage. Readings of the inputs come moment by moment, in order of their times; a
 * moment gives one result or none. What went before is in `Start`, so that it continues anywhere in the history.
 */
import type { Conversion } from "../machines/units.ts";
import { HOUR_MS } from "../words/times.ts";
import type { Evaluate } from "./expression.ts";
import { PERS, type Spec } from "./spec.ts";

export interface Point {
  tMs: number;
  value: number;
}

/** A spec with all that was worked out: units, and the expression as a function. */
export interface Plan {
  spec: Spec;
  /** Into the unit that is computed in, per input; null: as it is. */
  into: (Conversion | null)[];
  /** The result is multiplied by it. */
  factor: number;
  evaluate: Evaluate | null;
}

/** What went before: the last reading of each input, and of totals the last result. */
export interface Start {
  last: readonly (Point | null)[];
  total: number | null;
}
export const FROM_NOTHING = (inputs: number): Start => ({
  last: Array.from({ length: inputs }, () => null),
  total: null,
});

export interface Calculation {
  /** The values of a moment by input (undefined: it has none), in order of time. Null: no result. */
  take(tMs: number, values: readonly (number | undefined)[]): number | null;
}

export function createCalculation(plan: Plan, start: Start): Calculation {
  const { how } = plan.spec;
  const made = how === "rate"
    ? rateOf(plan, start)
    : how === "total" || how === "run_time"
    ? totalOf(plan, start)
    : combinationOf(plan, start);
  return {
    take(tMs, values) {
      const result = made(tMs, values);
      return result === null || !Number.isFinite(result) ? null : result;
    },
  };
}

type Take = Calculation["take"];

const inUnit = ({ into }: Plan, i: number, value: number) => {
  const conversion = into[i];
  return conversion === null ? value : value * conversion.factor + conversion.offset;
};

/** The last value of each input, as long as none is older than may be. */
function combinationOf(plan: Plan, start: Start): Take {
  const { staleAfterMs, inputs } = plan.spec;
  const last = start.last.map((point) => point === null ? null : { ...point });
  const now = new Array<number>(inputs.length);
  return (tMs, values) => {
    let known = true;
    for (let i = 0; i < now.length; i++) {
      const value = values[i];
      if (value !== undefined) last[i] = { tMs, value };
      const point = last[i];
      if (point === null || tMs - point.tMs > staleAfterMs) known = false;
      else now[i] = inUnit(plan, i, point.value);
    }
    return known ? combine(plan, now) * plan.factor : null;
  };
}

function combine({ spec: { how }, evaluate }: Plan, now: readonly number[]): number {
  switch (how) {
    case "difference":
      return now[0] - now[1];
    case "sum":
      return now.reduce((sum, value) => sum + value, 0);
    case "mean":
      return now.reduce((sum, value) => sum + value, 0) / now.length;
    case "min":
      return Math.min(...now);
    case "max":
      return Math.max(...now);
    default:
      return evaluate!(now);
  }
}

function rateOf(plan: Plan, start: Start): Take {
  const { per, longestGapMs, rollsOverAt } = plan.spec;
  let before = start.last[0];
  return (tMs, [value]) => {
    if (value === undefined) return null;
    const from = before;
    before = { tMs, value };
    if (from === null || tMs - from.tMs > longestGapMs || tMs <= from.tMs) return null;
    const counted = countedBetween(from.value, value, rollsOverAt);
    const factor = (plan.into[0]?.factor ?? 1) * plan.factor;
    return counted * factor * PERS[per] / (tMs - from.tMs);
  };
}

/**
 * How much a counter counted. It falls when it was reset (it counts from zero again) or rolls over; where the width
 * is known, a fall is taken as a roll-over if less than half of the width was counted in between.
 */
export function countedBetween(before: number, now: number, rollsOverAt: number | null): number {
  if (now >= before) return now - before;
  if (rollsOverAt !== null) {
    const counted = now - before + rollsOverAt;
    if (counted >= 0 && counted < rollsOverAt / 2) return counted;
  }
  return Math.max(now, 0);
}

function totalOf(plan: Plan, start: Start): Take {
  const { how, method, longestGapMs, per, above } = plan.spec;
  let total = start.total ?? plan.spec.start;
  let before = start.last[0];
  const running = how === "run_time";
  const perMs = running ? HOUR_MS : PERS[per];
  const level = (value: number) =>
    running ? Number(above === null ? value !== 0 : value > above) : inUnit(plan, 0, value);
  return (tMs, [value]) => {
    if (value === undefined) return null;
    const from = before;
    before = { tMs, value };
    if (from !== null && tMs - from.tMs <= longestGapMs) {
      const held = running || method === "hold";
      const mean = held ? level(from.value) : (level(from.value) + level(value)) / 2;
      total += mean * (tMs - from.tMs) / perMs * plan.factor;
    }
    return total;
  };
}
