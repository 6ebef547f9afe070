import assert from "node:assert/strict";
import { PerchError } from "../../lib/base/errors.ts";
import { problemOf } from "./problem.ts";
import { queryObject } from "./validate.ts";

Deno.test("problemOf stays small whatever an error quotes, and says the same words twice", () => {
  const long = "x".repeat(1_000_000);
  const errors = Array.from({ length: 5_000 }, () => ({ path: long, message: long }));
  const problem = problemOf(new PerchError("validation", long, { errors, line: 7 }));
  assert.ok(JSON.stringify(problem).length < 250_000);
  assert.equal(problem.errors.length, 100);
  assert.equal(problem.message, problem.detail);
  assert.equal(problem.line, 7);
  assert.ok(!("line" in problemOf(new PerchError("conflict", "no"))));
});

Deno.test("queryObject takes a parameter as often as it comes", () => {
  const params = new URLSearchParams("a=1&b=2&a=3&a=4");
  assert.deepEqual(queryObject(params), { a: ["1", "3", "4"], b: "2" });
});
