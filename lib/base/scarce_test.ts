import assert from "node:assert/strict";
import { isGivenUp, isScarce } from "./scarce.ts";

Deno.test("isScarce knows what the system says when it has no more to give, however it is wrapped", () => {
  const scarce = [
    new Error("Too many open files (os error 24)"),
    new Deno.errors.Http("Error: Too many open files (os error 24)"),
    new Error("Too many open files in system (os error 23)"),
    new Deno.errors.ConnectionAborted("Software caused connection abort (os error 103)"),
    Object.assign(new Error("connect"), { code: "EMFILE" }),
    Object.assign(new Error("accept"), { code: "ENFILE" }),
  ];
  for (const error of scarce) assert.ok(isScarce(error), String(error));
  const others = [new Error("disk I/O error"), new TypeError("x is undefined"), "EMFILE", null];
  for (const error of others) assert.ok(!isScarce(error), String(error));
});

Deno.test("isGivenUp knows a read that was given up, and nothing else", () => {
  assert.ok(isGivenUp(new Deno.errors.Interrupted("operation canceled")));
  const others = [new Deno.errors.Interrupted("sleep"), new Error("operation canceled"), null];
  for (const error of others) assert.ok(!isGivenUp(error), String(error));
});
