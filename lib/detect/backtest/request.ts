/** What may be asked of a backtest: checked before anything is read, each fault with its field. Pure. */
import { fieldErrors, fieldWords } from "../../base/field_words.ts";
import { type FieldError, PerchError } from "../../base/errors.ts";
import type { SensorKind } from "../../readings/reading.ts";
import type { Detector } from "../detector.ts";
import { detectorNamed, DETECTORS } from "../detectors/mod.ts";

/** Detectors that have something to say about a kind of sensor. */
export function detectorsFor(kind: SensorKind): readonly Detector[] {
  // A door may stay shut for a month, and texts only come or stay away.
  const names = { number: null, binary: ["threshold", "silence"], text: ["silence"] }[kind];
  return DETECTORS.filter((detector) => names === null || names.includes(detector.name));
}

/**
 * The detector that `name` names, for a sensor of that kind.
 * @throws PerchError `validation` naming what is possible
 */
export function detectorFor(sensor: { name: string; kind: SensorKind }, name: string): Detector {
  const possible = detectorsFor(sensor.kind);
  const found = detectorNamed(name);
  if (found !== undefined && possible.includes(found)) return found;
  const names = possible.map((detector) => detector.name).join(", ");
  const what = sensor.kind === "text" ? "texts" : sensor.kind === "binary" ? "on/off" : "numbers";
  const message = found === undefined
    ? `"${name.slice(0, 40)}" is no detector; possible: ${names}`
    : `"${name}" does not judge ${sensor.name}, which reports ${what}; possible: ${names}`;
  throw new PerchError("validation", `detector: ${message}`, {
    errors: [{ path: "detector", message }],
  });
}

/**
 * Complete options: what was given, and for the rest what the sensor has now (`present`, null when the
 * detector does not watch it) or the defaults.
 * @throws PerchError `validation` with one entry per field (`options.<name>`): what is allowed, what was given
 */
export function optionsOf(
  detector: Detector,
  given: Readonly<Record<string, unknown>>,
  present: unknown,
): unknown {
  const wanted: Record<string, unknown> = { ...(present ?? {}), ...given };
  const parsed = detector.options.safeParse(wanted, { error: fieldWords });
  if (parsed.success) {
    if (detector.name === "threshold") refuseNoLimit(parsed.data as Record<string, unknown>);
    return parsed.data;
  }
  const errors = fieldErrors(parsed.error.issues, detector.options)
    .map(({ path, message }) => {
      const was = /; | is not /.test(message)
        ? ""
        : `; it was ${JSON.stringify(wanted[path])?.slice(0, 40)}`;
      return { path: `options.${path}`, message: message + was };
    });
  throw invalid(errors);
}

function refuseNoLimit(limits: Record<string, unknown>): void {
  const names = ["warningHigh", "criticalHigh", "warningLow", "criticalLow"];
  if (names.some((name) => limits[name] !== null)) return;
  const message = `give at least one limit: ${names.join(", ")}`;
  throw invalid([{ path: "options.warningHigh", message }]);
}

/** @throws PerchError `validation` when it is empty or begins in the future */
export function checkRange(fromMs: number, toMs: number, nowMs: number): void {
  const message = !(fromMs < toMs)
    ? `must be before \`to\` (${toMs}); it was ${fromMs}`
    : fromMs >= nowMs
    ? "must be in the past: a backtest runs over recorded readings"
    : null;
  if (message !== null) throw invalid([{ path: "from", message }]);
}

function invalid(errors: FieldError[]): PerchError {
  const [{ path, message }] = errors;
  return new PerchError("validation", `${path}: ${message}`, { errors });
}
