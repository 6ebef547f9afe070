import assert from "node:assert/strict";
import { title } from "./names.ts";

Deno.test("title makes headings of names", () => {
  assert.deepEqual(["motor_current", "press-3", "ph", "rpm"].map(title), [
    "Motor current",
    "Press 3",
    "pH",
    "RPM",
  ]);
});
