/** A computed sensor as it stands: what it is computed from, and why it cannot be, where it cannot. */
import { PerchError } from "../base/errors.ts";
import type { Sensor } from "../machines/sensor.ts";
import type { Plan } from "./calculation.ts";
import { parseExpression } from "./expression.ts";
import { unitsOf } from "./result_unit.ts";
import { isSingle, type Spec } from "./spec.ts";

export interface Definition {
  /** Storage numbers of the inputs, in order; empty where it cannot be computed. */
  inputs: number[];
  plan: Plan | null;
  /** Why there is no result. */
  fault: string | null;
  /** The unit of the result, where the inputs leave no doubt. */
  unit: string | null;
  /** Results of another version are not of this definition. */
  version: string;
}

/** Finds a sensor by public id, deleted ones too. */
export type FindSensor = (id: string) => Sensor | undefined;

/** Puts a definition together. What is wrong with its inputs now is its `fault`; it may be well again later. */
export function define(spec: Spec, find: FindSensor): Definition {
  const sensors = spec.inputs.map(({ sensor }) => find(sensor));
  const fault = inputFault(spec, sensors);
  if (fault !== null) return { inputs: [], plan: null, fault, unit: null, version: "" };
  const known = sensors as Sensor[];
  const { unit, per, ...units } = unitsOf(spec, known.map((one) => one.unit));
  const plan: Plan = {
    ...units,
    spec: { ...spec, per },
    evaluate: spec.expression === undefined
      ? null
      : parseExpression(spec.expression, spec.inputs.map(({ name }) => name)).evaluate,
  };
  const version = JSON.stringify([plan.spec, plan.into, plan.factor]);
  return { inputs: known.map(({ num }) => num), plan, fault: null, unit, version };
}

function inputFault(spec: Spec, sensors: readonly (Sensor | undefined)[]): string | null {
  for (const [i, sensor] of sensors.entries()) {
    if (sensor === undefined) return `input ${spec.inputs[i].name} is gone for good`;
    if (sensor.deletedMs !== null) return `its input ${sensor.name} was deleted`;
    if (sensor.kind === "text") return `its input ${sensor.name} reports texts, not numbers`;
  }
  return null;
}

/** @throws PerchError `validation` where the expression or an input is wrong */
export function checkSpec(spec: Spec, find: FindSensor): Definition {
  const refuse = (path: string, message: string): never => {
    throw new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
  };
  spec.inputs.forEach(({ sensor }, i) => {
    const found = find(sensor);
    if (found?.kind === "text") {
      refuse(`inputs.${i}.sensor`, `${found.name} reports texts; numbers or on/off are needed`);
    }
  });
  if (spec.expression !== undefined) {
    const { names } = parseExpression(spec.expression, spec.inputs.map(({ name }) => name));
    const unused = spec.inputs.findIndex(({ name }) => !names.includes(name));
    if (unused >= 0) {
      refuse("expression", `does not use the input ${spec.inputs[unused].name}`);
    }
  }
  const definition = define(spec, find);
  if (definition.fault !== null) refuse("inputs", definition.fault);
  return definition;
}

/**
 * The circle that would come about if `sensor` were computed from `inputs`: the numbers of its sensors, from `sensor`
 * back to it; null: there is none. `inputsOf` gives what others are computed from.
 */
export function circleOf(
  sensor: number,
  inputs: readonly number[],
  inputsOf: (sensor: number) => readonly number[],
): number[] | null {
  const seen = new Set<number>();
  const way: number[] = [];
  const leads = (from: number): boolean => {
    if (from === sensor) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    way.push(from);
    if (inputsOf(from).some(leads)) return true;
    way.pop();
    return false;
  };
  return inputs.some(leads) ? [sensor, ...way, sensor] : null;
}

/** How far a reading reaches: a result later than this after it does not depend on it. */
export function reachMs({ how, staleAfterMs, longestGapMs }: Spec): number {
  if (how === "rate") return longestGapMs;
  return isSingle(how) ? Infinity : staleAfterMs;
}

/** How far back the readings lie that a result may depend on, beside a total itself. */
export function lookBackMs({ how, staleAfterMs, longestGapMs }: Spec): number {
  return isSingle(how) ? longestGapMs : staleAfterMs;
}
