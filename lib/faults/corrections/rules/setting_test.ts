import assert from "node:assert/strict";
import { nearestValid } from "./setting.ts";

Deno.test("nearestValid: the nearest value that is allowed, or none", () => {
  const days = { type: "integer", minimum: 1, maximum: 3650 };
  const cases: [unknown, unknown, unknown][] = [
    [days, 0, 1],
    [days, 9999, 3650],
    [days, 7.4, 7],
    [days, "30", 30],
    [days, "many", undefined],
    [days, null, undefined],
    [{ type: "number", minimum: 0 }, -2.5, 0],
    [{ enum: ["off", "six-hourly", "daily"] }, "Six Hourly", "six-hourly"],
    [{ enum: ["off", "daily"] }, "monthly", undefined],
    [{ type: "boolean" }, "yes", true],
    [{ type: "string" }, 3, undefined],
    [{ anyOf: [{ type: "integer", maximum: 9 }, { type: "null" }] }, 12, 9],
  ];
  for (const [schema, value, nearest] of cases) assert.equal(nearestValid(schema, value), nearest);
});
