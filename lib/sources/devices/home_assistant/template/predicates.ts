import type { Given } from "./budget.ts";
import { compared } from "./compare.ts";
import { isIn, isNumberLike } from "./functions.ts";
import { equal, Failure, isDict, isFloat, isNumber, numeric, type Value } from "./values.ts";

/** What stands after `is`: the value is the first argument. */
type Test = (value: Value, other: Value, given: Given) => boolean;

const equals: Test = (value, other) => equal(value, other);
const differs: Test = (value, other) => !equal(value, other);
const greater: Test = (value, other) => compared(value, other) > 0;
const atLeast: Test = (value, other) => compared(value, other) >= 0;
const less: Test = (value, other) => compared(value, other) < 0;
const atMost: Test = (value, other) => compared(value, other) <= 0;
const isText: Test = (value) => typeof value === "string";
const isWhole = (value: Value) => isNumber(value) && typeof value !== "boolean" && !isFloat(value);

export const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["defined", (value) => value !== undefined],
  ["undefined", (value) => value === undefined],
  ["none", (value) => value === null],
  ["number", (value) => isNumber(value)],
  ["integer", isWhole],
  ["float", (value) => isFloat(value)],
  ["boolean", (value) => typeof value === "boolean"],
  ["true", (value) => value === true],
  ["false", (value) => value === false],
  ["string", isText],
  ["string_like", isText],
  ["mapping", (value) => isDict(value)],
  [
    "sequence",
    (value) =>
      value === undefined || isDict(value) || typeof value === "string" || Array.isArray(value),
  ],
  [
    "iterable",
    (value) =>
      value === undefined || isDict(value) || typeof value === "string" || Array.isArray(value),
  ],
  ["lower", (value) => typeof value === "string" && value === value.toLowerCase()],
  ["upper", (value) => typeof value === "string" && value === value.toUpperCase()],
  ["odd", (value) => Math.abs(wholeNumber(value) % 2) === 1],
  ["even", (value) => wholeNumber(value) % 2 === 0],
  ["divisibleby", (value, other) => wholeNumber(value) % wholeNumber(other) === 0],
  ["in", (value, other) => isIn(value, other)],
  ["is_number", (_value, _other, given) => isNumberLike(given) === true],
  ["sameas", (value, other) => value === other],
  ...["eq", "equalto", "=="].map((name) => [name, equals] as const),
  ...["ne", "!="].map((name) => [name, differs] as const),
  ...["gt", "greaterthan", ">"].map((name) => [name, greater] as const),
  ...["ge", ">="].map((name) => [name, atLeast] as const),
  ...["lt", "lessthan", "<"].map((name) => [name, less] as const),
  ...["le", "<="].map((name) => [name, atMost] as const),
]);

function wholeNumber(value: Value): number {
  if (!isNumber(value)) throw new Failure("a number is needed");
  return numeric(value);
}
