/**
 * What a detector found, as a headline: the sensor's own name, its value with its unit, what is usual, in at most 12
 * words. The detector's sentence stands beside it. Pure.
 */
import { comparesWithUsual } from "../words/detectors.ts";
import { sensorTitle } from "../words/names.ts";
import { beside, exact, number, plain, withUnit } from "../words/numbers.ts";
import { span } from "../words/times.ts";
import { headed, headline, usualWords } from "../words/usual.ts";
import type { Finding } from "./detector.ts";

/** What a headline needs to know of a sensor. */
export interface HeadlineSensor {
  /** Full or last level of its name. */
  sensor: string;
  unit: string | null;
  settings: { display_name: string | null; decimals?: number | null };
}

type Found = Pick<Finding, "detector" | "phase" | "severity" | "reason">;

/** `Vibration 2.3 mm/s, usually 1.1 to 1.8`, `Bearing 35 °C, unchanged for 20 min`. */
export function headlineOf(found: Found, sensor: HeadlineSensor): string {
  const { detector, phase, reason } = found;
  const name = sensorTitle(sensor);
  const unit = withUnit("", sensor.unit);
  const limit = reason.numbers?.limit;
  if (detector === "threshold" && reason.value !== undefined && limit !== undefined) {
    return ofLimit(found, name, reason.value, limit, unit);
  }
  if (detector === "silence") return ofSilence(found, name);
  if (phase !== "cleared" && comparesWithUsual(detector)) {
    const usual = ofRange(found, name, sensor.unit);
    if (usual !== null) return usual;
  }
  const { value } = reason;
  const decimals = sensor.settings.decimals ?? null;
  const figure = (x: number) => decimals === null ? plain(x) : number(x, decimals);
  const shown = (x: number) => `${figure(x)}${unit}`;
  const rest = value === undefined ? null : ofValue(found, shown(value), shown);
  return rest === null ? ofSentence(found, name, sensor.unit) : headed(name, rest);
}

function ofLimit(
  { phase, severity }: Found,
  name: string,
  value: number,
  limit: number,
  unit: string,
): string {
  const shown = `${beside(value, limit)}${unit}`;
  if (phase === "cleared") {
    return headed(name, `${shown} is within its limit ${exact(limit)}${unit} again`);
  }
  const where = value > limit ? "above" : value < limit ? "below" : "at";
  return headed(name, `${shown} is ${where} ${severity} ${exact(limit)}${unit}`);
}

function ofSilence({ phase, reason }: Found, name: string): string {
  const silentMs = reason.numbers?.silentMs;
  const rest = phase === "cleared"
    ? "reports again"
    : silentMs === undefined
    ? reason.text
    : `no reading for ${span(silentMs)}`;
  return headed(name, rest, { colon: true });
}

function ofRange({ reason }: Found, name: string, unit: string | null): string | null {
  const { value, expectedLow, expectedHigh } = reason;
  return value === undefined || expectedLow === undefined || expectedHigh === undefined
    ? null
    : usualWords(name, value, expectedLow, expectedHigh, unit);
}

/** What is said after the name; null: the detector's own sentence is. */
function ofValue(
  { detector, phase, reason: { component, numbers = {} } }: Found,
  value: string,
  shown: (x: number) => string,
): string | null {
  const ended = phase === "cleared";
  switch (detector) {
    case "rate":
      if (ended) return `${value}, changes slowly again`;
      return numbers.perMinute === undefined
        ? null
        : `${value}, changing by ${shown(Math.abs(numbers.perMinute))} per minute`;
    case "stuck":
      if (ended) return `${value}, changes again`;
      return numbers.unchangedMs === undefined
        ? null
        : `${value}, unchanged for ${span(numbers.unchangedMs)}`;
    case "streaming":
      if (ended) return `${value}, as usual again`;
      return numbers.step === undefined || numbers.usualStep === undefined
        ? null
        : component === "still"
        ? `moves by ${shown(numbers.step)}, usually ${plain(numbers.usualStep)}`
        : component === "swing"
        ? `swings by ${shown(numbers.step)}, usually ${plain(numbers.usualStep)} at most`
        : `jumps by ${shown(numbers.step)}, usually ${plain(numbers.usualStep)} at most`;
    case "departure":
      return ended ? `${value}, as usual again` : ofDeparture(component, value, numbers);
    default:
      return null;
  }
}

function ofDeparture(
  component: string | undefined,
  value: string,
  { awakeMs, switches }: Readonly<Record<string, number>>,
): string | null {
  switch (component) {
    case "awake":
      return awakeMs === undefined
        ? `${value}, does not come to rest`
        : `${value}, not at rest for ${span(awakeMs)}`;
    case "switching":
      return switches === undefined
        ? "switched on unusually often"
        : `switched on ${switches} times in an hour`;
    case "asleep":
      return `${value}, at rest where it is usually active`;
    case "still":
      return `${value}, at rest while others are active`;
    default:
      return null;
  }
}

/** Of detectors that somebody wrote: their words, else what is usual. */
function ofSentence(found: Found, name: string, unit: string | null): string {
  const whole = `${name}: ${found.reason.text}`;
  const short = headline(whole);
  return short === whole ? whole : ofRange(found, name, unit) ?? short;
}
