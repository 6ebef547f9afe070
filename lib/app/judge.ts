import type { FieldError } from "../base/errors.ts";
import {
  evaluate,
  type Limits,
  limitsSchema,
  type LimitState,
  newLimitState,
} from "../detect/limits.ts";
import type { LimitJudge } from "../live/statuses.ts";
import type { SensorSettings, SettingName } from "../machines/sensor_settings.ts";

const NAMES: Record<keyof Limits, SettingName> = {
  warningLow: "warning_low",
  warningHigh: "warning_high",
  criticalLow: "critical_low",
  criticalHigh: "critical_high",
  hysteresis: "hysteresis",
  forMs: "delay_ms",
};

/** A sensor's limits as the threshold evaluator takes them. */
export function limitsOf(settings: SensorSettings): Limits {
  return {
    warningLow: settings.warning_low,
    warningHigh: settings.warning_high,
    criticalLow: settings.critical_low,
    criticalHigh: settings.critical_high,
    hysteresis: settings.hysteresis,
    forMs: settings.delay_ms,
  };
}

/** Contradictions among limits, by the names that people see. */
export function limitFaults(settings: SensorSettings): FieldError[] {
  const result = limitsSchema.safeParse(limitsOf(settings));
  return (result.error?.issues ?? []).map(({ path, message }) => ({
    path: NAMES[path[0] as keyof Limits],
    message,
  }));
}

/** The one threshold evaluator, for the status of sensors. */
export const limitJudge: LimitJudge<LimitState> = {
  fresh: newLimitState,
  step(settings, state, value, tMs) {
    evaluate(limitsOf(settings), state, value, tMs);
    return state.level;
  },
};
