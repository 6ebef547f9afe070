import type { FieldError } from "../base/errors.ts";
import { rate, type RateOptions } from "../detect/detectors/rate.ts";
import { silence, type SilenceOptions } from "../detect/detectors/silence.ts";
import { stuck, type StuckOptions } from "../detect/detectors/stuck.ts";
import {
  evaluate,
  type Limits,
  limitsSchema,
  type LimitState,
  newLimitState,
  resumedLimitState,
  takeInside,
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

/**
 * What to set of a sensor so that a detector has these options from now on; null when it cannot be set per
 * sensor (streaming and z-score need no setting, and feedback moves the former).
 */
export function settingsOf(detector: string, options: unknown): Partial<SensorSettings> | null {
  if (detector === "threshold") {
    const limits = options as Limits;
    const entries = Object.entries(NAMES).map(([key, name]) => [name, limits[key as keyof Limits]]);
    return Object.fromEntries(entries);
  }
  if (detector === "rate") {
    const { maxPerMinute, spanMs } = options as RateOptions;
    return spanMs === rate.options.parse({}).spanMs ? { max_per_minute: maxPerMinute } : null;
  }
  if (detector === "stuck") {
    const { forMs, ...others } = options as StuckOptions;
    const { forMs: _, ...usual } = stuck.options.parse({});
    const plain = others.minReadings === usual.minReadings && others.tolerance === usual.tolerance;
    return plain ? { stuck_after_ms: forMs } : null;
  }
  if (detector === "silence") {
    const { expectedMs, intervals } = options as SilenceOptions;
    const usual = silence.options.parse({}).intervals;
    return intervals === usual ? { expected_interval_ms: expectedMs } : null;
  }
  return null;
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
  resume: (settings, level, value, tMs) => resumedLimitState(limitsOf(settings), level, value, tMs),
  step(settings, state, value, tMs) {
    evaluate(limitsOf(settings), state, value, tMs);
    return state.level;
  },
  steps(settings, state, run) {
    const limits = limitsOf(settings);
    if (takeInside(limits, state, run)) return state.level;
    for (let i = run.from; i < run.to; i++) evaluate(limits, state, run.value[i], run.tMs[i]);
    return state.level;
  },
};
