import { z } from "zod";
import type { FieldError } from "../base/errors.ts";
import type { SensorKind } from "../readings/reading.ts";
import { lengthField } from "./length_field.ts";

const INTERVAL_MOST_MS = 30 * 86_400_000;
const DELAY_MOST_MS = 86_400_000;
const finite = z.number().min(-1e15).max(1e15);
const limit = (title: string, description: string) =>
  finite.nullable().meta({ title, description });

/** What a person may set of a sensor, field by field: the API, the tables of an import and forms derive from it. */
export const sensorSettingsSchema = z.strictObject({
  display_name: z.string().trim().min(1).max(80).nullable()
    .meta({ title: "Display name", description: "Empty: the last part of its name" }),
  decimals: z.number().int().min(0).max(9).nullable()
    .meta({ title: "Decimals", description: "0 to 9; empty: as the value needs" }),
  display_unit: z.string().trim().min(1).max(24).nullable().meta({
    title: "Shown in",
    description: "Another unit of the same quantity, for pages. Empty: as the site prefers",
  }),
  scale: finite.refine((scale) => scale !== 0, "must not be 0")
    .meta({ title: "Scale", description: "Values that arrive from now on are multiplied by it" }),
  offset: finite.meta({ title: "Offset", description: "Added after the scale" }),
  expected_interval_ms: lengthField(10, INTERVAL_MOST_MS).nullable().meta({
    title: "Expected interval",
    description: "Silent for three of them: offline. Empty: learned from the gaps between its " +
      "readings; what reports on change is then never called offline",
  }),
  warning_low: limit("Warning low", "Warning at or below this value"),
  warning_high: limit("Warning high", "Warning at or above this value"),
  critical_low: limit("Critical low", "Critical at or below this value"),
  critical_high: limit("Critical high", "Critical at or above this value"),
  hysteresis: finite.min(0).meta({
    title: "Hysteresis",
    description: "How far back inside a limit the value must be before the status is left",
  }),
  delay_ms: lengthField(0, DELAY_MOST_MS).meta({
    title: "Delay",
    description: "How long the value must stay beyond a limit first",
  }),
  max_per_minute: finite.positive().nullable().meta({
    title: "Fastest change per minute",
    description: "Rising or falling faster than this over a minute is reported. Empty: not watched",
  }),
  stuck_after_ms: lengthField(1000, INTERVAL_MOST_MS).nullable().meta({
    title: "Stuck after",
    description: "The same value for this long is reported. Empty: not watched",
  }),
});

/** Some of the settings, as the API document names them. */
export const someSettingsShape = z.object(sensorSettingsSchema.partial().shape)
  .meta({ id: "SensorSettings" });

export type SensorSettings = z.output<typeof sensorSettingsSchema>;
export type SettingName = keyof SensorSettings;

export const DEFAULT_SETTINGS: Readonly<SensorSettings> = Object.freeze({
  display_name: null,
  decimals: null,
  display_unit: null,
  scale: 1,
  offset: 0,
  expected_interval_ms: null,
  warning_low: null,
  warning_high: null,
  critical_low: null,
  critical_high: null,
  hysteresis: 0,
  delay_ms: 0,
  max_per_minute: null,
  stuck_after_ms: null,
});

export const SETTING_NAMES = Object.keys(DEFAULT_SETTINGS) as SettingName[];

/** Settings of a row; what it does not say has its default. */
export function settingsOf(json: string): SensorSettings {
  return { ...DEFAULT_SETTINGS, ...JSON.parse(json) };
}

/** What differs from the defaults, as JSON for the row. */
export function settingsJson(settings: SensorSettings): string {
  const changed = SETTING_NAMES.filter((name) => settings[name] !== DEFAULT_SETTINGS[name]);
  return JSON.stringify(Object.fromEntries(changed.map((name) => [name, settings[name]])));
}

export function hasLimits(settings: SensorSettings): boolean {
  return settings.warning_low !== null || settings.warning_high !== null ||
    settings.critical_low !== null || settings.critical_high !== null;
}

/**
 * The one place where calibration is applied: a number that arrives is stored as `value × scale + offset`.
 * What is stored already stays as it is.
 */
export function calibrated(settings: SensorSettings, value: number): number {
  const { scale, offset } = settings;
  // Not computed when there is nothing to do: −0 + 0 would be 0.
  return scale === 1 && offset === 0 ? value : value * scale + offset;
}

/** Fields that contradict each other; the limits among themselves are checked by the threshold evaluator. */
export function contradictions(kind: SensorKind, settings: SensorSettings): FieldError[] {
  const errors: FieldError[] = [];
  const refuse = (path: SettingName, message: string) => errors.push({ path, message });
  if (kind === "text") {
    for (const name of SETTING_NAMES) {
      if (/^(warning|critical)_/.test(name) && settings[name] !== null) {
        refuse(name, "this sensor reports texts; only numbers have limits");
      }
    }
  }
  if (kind !== "number") {
    if (settings.max_per_minute !== null) {
      refuse("max_per_minute", "only sensors that report numbers are watched for it");
    }
    if (settings.stuck_after_ms !== null) {
      refuse("stuck_after_ms", "only sensors that report numbers are watched for it");
    }
    if (settings.scale !== 1) refuse("scale", "only sensors that report numbers are calibrated");
    if (settings.offset !== 0) refuse("offset", "only sensors that report numbers are calibrated");
  }
  return errors;
}
