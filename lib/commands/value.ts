/** What may be ordered, and what of a reading confirms it. Pure. */
import { PerchError } from "../base/errors.ts";
import { calibrated } from "../machines/sensor_settings.ts";
import type { OrderSpec, OrderValue } from "../machines/order.ts";
import type { Sensor } from "../machines/sensor.ts";

/** What a person set beside what the device takes. */
export interface OwnLimits {
  min: number | null;
  max: number | null;
}

/** Steps are compared as numbers of a computer are: 0.1 three times is 0.3. */
const NEARLY = 1e-6;

/**
 * The value that is sent for what was given.
 * @throws PerchError `validation` saying what is allowed
 */
export function orderValue(spec: OrderSpec, own: OwnLimits, given: unknown): OrderValue {
  switch (spec.kind) {
    case "button":
      if (given === true || given === undefined || given === null) return true;
      throw wrong(given, "must be true: a button is pressed");
    case "switch":
      if (typeof given === "boolean") return given;
      throw wrong(given, "must be true or false");
    case "select": {
      const options = spec.options ?? [];
      if (typeof given === "string" && options.includes(given)) return given;
      throw wrong(given, `must be one of ${options.join(", ").slice(0, 400)}`);
    }
    case "number":
      return numberValue(spec, own, given);
  }
}

/** The limits that hold for a number: the narrower of the device's and one's own. */
export function limitsOf(spec: OrderSpec, own: OwnLimits): { min: number; max: number } {
  return {
    min: Math.max(spec.min ?? -Infinity, own.min ?? -Infinity),
    max: Math.min(spec.max ?? Infinity, own.max ?? Infinity),
  };
}

function numberValue(spec: OrderSpec, own: OwnLimits, given: unknown): number {
  const { min, max } = limitsOf(spec, own);
  if (typeof given !== "number" || !Number.isFinite(given)) {
    throw wrong(given, `must be a number${rangeText(min, max)}`);
  }
  if (given < min || given > max) throw wrong(given, `must be${rangeText(min, max)}`);
  if (spec.step === undefined) return given;
  const from = spec.min ?? 0;
  const steps = (given - from) / spec.step;
  const whole = Math.round(steps);
  if (Math.abs(steps - whole) > NEARLY * Math.max(1, Math.abs(whole))) {
    throw wrong(given, `must be ${from} or some steps of ${spec.step} from it`);
  }
  return given;
}

function rangeText(min: number, max: number): string {
  if (min > max) return ": its limits leave nothing, see its settings";
  if (min === -Infinity) return max === Infinity ? "" : ` of at most ${max}`;
  return max === Infinity ? ` of at least ${min}` : ` from ${min} to ${max}`;
}

function wrong(given: unknown, message: string): PerchError {
  const shown = typeof given === "number" && !Number.isFinite(given)
    ? String(given)
    : (JSON.stringify(given) ?? "nothing").slice(0, 80);
  return new PerchError("validation", `value: ${message}; it is ${shown}`, {
    errors: [{ path: "value", message: `${message}; it is ${shown}` }],
  });
}

const ON = ["on", "true", "1", "yes", "open", "unlocked"];
const OFF = ["off", "false", "0", "no", "closed", "locked"];

/** Whether a sensor that reports `value` shows what was ordered: a number within half a step. */
export function shows(
  spec: Pick<OrderSpec, "kind" | "step">,
  ordered: OrderValue,
  sensor: Pick<Sensor, "kind" | "states" | "settings">,
  value: number,
): boolean {
  if (sensor.kind === "text") {
    const text = sensor.states[value];
    if (text === undefined) return false;
    if (typeof ordered === "boolean") return (ordered ? ON : OFF).includes(text.toLowerCase());
    return typeof ordered === "number" ? Number(text) === ordered : text === ordered;
  }
  if (typeof ordered === "boolean") return value === (ordered ? 1 : 0);
  if (typeof ordered === "string") return ordered.trim() !== "" && Number(ordered) === value;
  const wanted = sensor.kind === "number" ? calibrated(sensor.settings, ordered) : ordered;
  const scale = sensor.kind === "number" ? Math.abs(sensor.settings.scale) : 1;
  const near = (spec.step ?? 0) / 2 * scale;
  return Math.abs(value - wanted) <= Math.max(near, NEARLY * Math.abs(wanted), 1e-9);
}

/** What a form's text stands for; what is none of it stays a text, which `orderValue` refuses. */
export function valueOfText(kind: OrderSpec["kind"], text: string): unknown {
  const trimmed = text.trim();
  if (kind === "switch") {
    return trimmed === "on" ? true : trimmed === "off" ? false : trimmed;
  }
  if (kind === "button") return true;
  if (kind === "select") return text;
  const number = Number(trimmed.replace(",", "."));
  return trimmed === "" || Number.isNaN(number) ? trimmed : number;
}
