/** Threshold: the limits of `limits.ts` as a detector. */
import { StateError, StateReader, StateWriter } from "../bytes.ts";
import { type Detector, type DetectorInput, type Finding, NOTHING, stepAll } from "../detector.ts";
import { beside, exact } from "../../words/numbers.ts";
import {
  evaluate,
  type Level,
  type Limits,
  limitsSchema,
  type LimitState,
  newLimitState,
  type Side,
  takeInside,
  type Transition,
} from "../limits.ts";

const NAME = "threshold";
const VERSION = 1;

export interface ThresholdState {
  readonly limits: Limits;
  readonly at: LimitState;
}

const SCORE: Record<Level, number> = { normal: 0, warning: 0.6, critical: 1 };

function finding(limits: Limits, moved: Transition, value: number, tMs: number): Finding {
  const { from, to, side, limit } = moved;
  const over = side === "high" ? "above" : "below";
  const ended = to === "normal";
  const text = ended
    ? `${beside(value, limit)} is back inside the ${from} limit ${exact(limit)}`
    : `${beside(value, limit)} is at or ${over} the ${to} limit ${exact(limit)}`;
  return {
    detector: NAME,
    tMs,
    phase: ended ? "cleared" : from === "normal" ? "raised" : "changed",
    severity: ended ? "info" : to,
    score: SCORE[to],
    reason: {
      text,
      value,
      expectedLow: limits.warningLow ?? limits.criticalLow ?? undefined,
      expectedHigh: limits.warningHigh ?? limits.criticalHigh ?? undefined,
      numbers: { limit },
    },
  };
}

export const threshold: Detector<Limits, ThresholdState> = {
  name: NAME,
  title: "Threshold",
  about: "Warning and critical limits, low and high, with hysteresis and a delay.",
  version: VERSION,
  options: limitsSchema,

  create: (limits) => ({ limits, at: newLimitState() }),

  step(state, input: DetectorInput) {
    const value = input.kind === "reading" ? input.value : NaN;
    if (input.kind === "reading" && !Number.isFinite(value)) return NOTHING;
    const moved = evaluate(state.limits, state.at, value, input.tMs);
    return moved === null ? NOTHING : [finding(state.limits, moved, state.at.value!, input.tMs)];
  },

  steps(state, run, found) {
    if (!takeInside(state.limits, state.at, run)) stepAll(threshold, state, run, found);
  },

  score: (state) => SCORE[state.at.level],

  save({ at }) {
    return new StateWriter(NAME, VERSION, 96)
      .u8(LEVELS.indexOf(at.level)).u8(SIDES.indexOf(at.side)).u8(SIDES.indexOf(at.beyond))
      .f64(at.warningSinceMs ?? NaN, at.criticalSinceMs ?? NaN, at.value ?? NaN)
      .done();
  },

  load(limits, bytes) {
    const r = new StateReader(bytes, NAME, VERSION);
    const pick = <T>(list: readonly T[]): T => {
      const i = r.u8();
      if (i >= list.length) throw new StateError(`state of "${NAME}" is damaged`);
      return list[i];
    };
    const orNull = (x: number) => Number.isNaN(x) ? null : x;
    const at: LimitState = {
      level: pick(LEVELS),
      side: pick(SIDES),
      beyond: pick(SIDES),
      warningSinceMs: orNull(r.f64()),
      criticalSinceMs: orNull(r.f64()),
      value: orNull(r.f64()),
      newestMs: -Infinity,
    };
    r.end();
    return { limits, at };
  },
};

const LEVELS: readonly Level[] = ["normal", "warning", "critical"];
const SIDES: readonly (Side | null)[] = [null, "low", "high"];
