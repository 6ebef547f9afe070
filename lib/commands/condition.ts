/** A condition on a sensor, for interlocks and rules. Pure. */
import { withUnit } from "../words/numbers.ts";
import { z } from "zod";
import { PerchError } from "../base/errors.ts";
import { type Sensor, shownValue } from "../machines/sensor.ts";

const sensor = z.string().min(1).max(2000).describe("id or name");
const LEVELS = {
  sensor,
  value: z.number(),
  hysteresis: z.number().min(0).default(0).describe("how far back until it no longer holds"),
};

export const conditionShape = z.discriminatedUnion("is", [
  z.strictObject({ is: z.literal("above"), ...LEVELS }),
  z.strictObject({ is: z.literal("below"), ...LEVELS }),
  z.strictObject({ is: z.literal("on"), sensor }),
  z.strictObject({ is: z.literal("off"), sensor }),
  z.strictObject({ is: z.literal("text"), sensor, text: z.string().min(1).max(200) }),
]).meta({ id: "SensorCondition" });
export type Condition = z.output<typeof conditionShape>;

const KINDS = {
  above: "number",
  below: "number",
  on: "binary",
  off: "binary",
  text: "text",
} as const satisfies Record<Condition["is"], Sensor["kind"]>;

/** Whether it holds at `value`; `before`: it did, so that hysteresis keeps it. */
export function holds(
  condition: Condition,
  { kind, states }: Pick<Sensor, "kind" | "states">,
  value: number,
  before: boolean,
): boolean {
  if (kind !== KINDS[condition.is] || !Number.isFinite(value)) return false;
  switch (condition.is) {
    case "above":
      return value > condition.value - (before ? condition.hysteresis : 0);
    case "below":
      return value < condition.value + (before ? condition.hysteresis : 0);
    case "on":
      return value === 1;
    case "off":
      return value === 0;
    case "text":
      return states[value] === condition.text;
  }
}

/**
 * The same condition on a sensor that is there, named by its id.
 * @throws PerchError `validation` naming the field below `path`
 */
export function settledCondition(
  condition: Condition,
  found: Pick<Sensor, "id" | "name" | "kind"> | undefined,
  path: string,
): Condition {
  const refuse = (message: string) =>
    new PerchError("validation", `${path}.sensor: ${message}`, {
      errors: [{ path: `${path}.sensor`, message }],
    });
  if (found === undefined) throw refuse(`there is no sensor "${condition.sensor.slice(0, 200)}"`);
  if (found.kind !== KINDS[condition.is]) {
    throw refuse(`${found.name} reports ${WHAT[found.kind]}, not ${WHAT[KINDS[condition.is]]}`);
  }
  return { ...condition, sensor: found.id };
}

const WHAT = { number: "numbers", binary: "on or off", text: "texts" } as const;

/** "door is off", "temperature is above 80 °C". */
export function conditionText(condition: Condition, found: Sensor | undefined): string {
  const name = found?.settings.display_name ?? found?.name ?? "a deleted sensor";
  switch (condition.is) {
    case "above":
    case "below":
      return `${name} is ${condition.is} ${withUnit(String(condition.value), found?.unit)}`;
    case "text":
      return `${name} is “${condition.text}”`;
    default:
      return `${name} is ${condition.is}`;
  }
}

/** What a sensor shows now, for sentences. */
export function shownText(found: Sensor, value: number): string {
  if (found.kind === "binary") return value === 1 ? "on" : "off";
  return withUnit(String(shownValue(found, value)), found.unit);
}
