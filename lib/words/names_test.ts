import assert from "node:assert/strict";
import { sensorTitle, title } from "./names.ts";

Deno.test("title makes headings of names", () => {
  assert.deepEqual(["motor_current", "press-3", "ph", "rpm"].map(title), [
    "Motor current",
    "Press 3",
    "pH",
    "RPM",
  ]);
});

Deno.test("sensorTitle: what somebody called it as it was typed, else its own name, with a capital", () => {
  const cases: [string | null, string, string][] = [
    [null, "hall-2/press-3/motor_current", "Motor current"],
    [null, "ph", "pH"],
    ["oil level", "l1", "Oil level"],
    ["T-100_x", "t", "T-100_x"],
    ["pH of the bath", "b", "pH of the bath"],
    ["mA loop", "m", "mA loop"],
  ];
  for (const [display_name, sensor, said] of cases) {
    assert.equal(sensorTitle({ settings: { display_name }, sensor }), said);
  }
});
