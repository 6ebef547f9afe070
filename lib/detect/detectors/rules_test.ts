/** The simple detectors, each by its own words. What all promise is in `contract_test.ts`. */
import assert from "node:assert/strict";
import type { Detector, DetectorInput, Finding } from "../detector.ts";
import { rate } from "./rate.ts";
import { silence } from "./silence.ts";
import { stuck } from "./stuck.ts";
import { threshold } from "./threshold.ts";
import { zscore } from "./zscore.ts";

const S = 1000, MINUTE = 60 * S;

function run<O, St>(d: Detector<O, St>, options: unknown, inputs: DetectorInput[]): Finding[] {
  const state = d.create(d.options.parse(options));
  return inputs.flatMap((input) => [...d.step(state, input)]);
}

const readings = (everyMs: number, values: number[]): DetectorInput[] =>
  values.map((value, i) => ({ kind: "reading", tMs: i * everyMs, value }));
const phases = (found: Finding[]) => found.map((f) => `${f.phase}@${f.tMs}`);

Deno.test("zscore judges against the 50 readings before, and half of them are enough to start", () => {
  const values = Array.from({ length: 80 }, (_, i) => 10 + (i % 2));
  assert.deepEqual(run(zscore, {}, readings(S, values)), []);
  values[25] = 12.1;
  values[70] = 8;
  const found = run(zscore, {}, readings(S, values));
  assert.deepEqual(phases(found), ["point@25000", "point@70000"]);
  const { expectedLow, expectedHigh, numbers } = found[0].reason;
  assert.ok(Math.abs((expectedLow! + expectedHigh!) / 2 - numbers!.mean) < 1e-9);
  assert.ok(12.1 > expectedHigh!);
});

Deno.test("zscore on a constant reports any change unless a least spread is given", () => {
  const values = [...Array(60).fill(20), 20.1];
  assert.equal(run(zscore, {}, readings(S, values)).length, 1);
  assert.equal(run(zscore, { minSpread: 0.05 }, readings(S, values)).length, 0);
});

Deno.test("zscore rations its reports, counts what it holds back and lets the much further through", () => {
  const values = Array.from({ length: 7200 }, (_, i) => 10 + (i % 2));
  // Twenty alike, one three times as far, and one in the next hour.
  for (let i = 0; i < 20; i++) values[100 + 60 * i] = 13;
  values[1360] = 19;
  values[7000] = 13;
  const found = run(zscore, {}, readings(S, values));
  assert.deepEqual(found.map((f) => f.tMs / S), [100, 160, 220, 280, 340, 1360, 7000]);
  assert.deepEqual(found.map((f) => f.reason.numbers!.heldBack), [0, 0, 0, 0, 0, 15, 0]);
  assert.match(found[5].reason.text, /; 15 others are not listed since the report 17 min before$/);
  assert.deepEqual(new Set(found.map((f) => f.severity)), new Set(["info"]));
  const all = run(zscore, { perHour: 3600 }, readings(S, values));
  assert.equal(all.length, 22, "as many as asked for");
});

Deno.test("zscore reports plain noise no more often than once an hour", () => {
  let seed = 7;
  const uniform =
    () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0, (seed + 0.5) / 2 ** 32);
  const gauss = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const day = Array.from({ length: 86_400 }, () => 20 + gauss());
  const found = run(zscore, {}, readings(S, day));
  const held = found.reduce((n, f) => n + f.reason.numbers!.heldBack, 0);
  assert.ok(held > 150, `${held} held back and counted`);
  assert.ok(found.length >= 20 && found.length <= 24 + 5, `${found.length} reports in a day`);
});

Deno.test("zscore keeps its precision on a large mean", () => {
  const values = Array.from({ length: 100 }, (_, i) => 1e9 + 0.001 * (i % 2));
  assert.deepEqual(run(zscore, {}, readings(S, values)), []);
});

Deno.test("rate raises on a fast rise and clears when it is over", () => {
  const values = [...Array(5).fill(10), 12, 14, 16, 18, 20, 22, ...Array(10).fill(22)];
  const found = run(rate, { maxPerMinute: 10, spanMs: MINUTE }, readings(10 * S, values));
  assert.deepEqual(found.map((f) => f.phase), ["raised", "cleared"]);
  assert.match(found[0].reason.text, /where 10 is allowed/);
  assert.equal(found[0].reason.value, 22);
});

Deno.test("rate takes falling as seriously, and leaves slow drift alone", () => {
  const fall = [50, 50, 20, 20];
  assert.equal(run(rate, { maxPerMinute: 10 }, readings(MINUTE, fall))[0].phase, "raised");
  const drift = Array.from({ length: 100 }, (_, i) => i * 0.9);
  assert.deepEqual(run(rate, { maxPerMinute: 1 }, readings(MINUTE, drift)), []);
});

Deno.test("rate judges dense readings over the span, not from one to the next", () => {
  const values = Array.from({ length: 2000 }, (_, i) => i % 2);
  assert.deepEqual(run(rate, { maxPerMinute: 2, spanMs: MINUTE }, readings(100, values)), []);
});

Deno.test("stuck raises once after the time and clears on the first change", () => {
  const values = [1, 2, ...Array(20).fill(3), 4];
  const found = run(stuck, { forMs: 10 * S, minReadings: 5 }, readings(S, values));
  assert.deepEqual(phases(found), ["raised@12000", "cleared@22000"]);
});

Deno.test("stuck wants readings, not only time, and allows a tolerance", () => {
  assert.deepEqual(run(stuck, { forMs: S, minReadings: 5 }, readings(MINUTE, [1, 1, 1, 1])), []);
  const jitter = Array.from({ length: 30 }, (_, i) => 5 + 0.01 * (i % 2));
  assert.equal(run(stuck, { forMs: 5 * S, minReadings: 5 }, readings(S, jitter)).length, 0);
  const tolerant = { forMs: 5 * S, minReadings: 5, tolerance: 0.02 };
  assert.equal(run(stuck, tolerant, readings(S, jitter)).length, 1);
});

Deno.test("silence raises at a tick after three of the usual longest gaps: a hint while the sensor is young", () => {
  const inputs: DetectorInput[] = [
    ...readings(10 * S, Array(30).fill(1)),
    { kind: "tick", tMs: 320 * S },
    { kind: "tick", tMs: 321 * S },
    { kind: "tick", tMs: 500 * S },
    { kind: "reading", tMs: 501 * S, value: 1 },
  ];
  const found = run(silence, {}, inputs);
  assert.deepEqual(phases(found), ["raised@321000", "cleared@501000"]);
  assert.equal(found[0].severity, "info");
  assert.deepEqual(run(silence, { learns: false }, inputs), []);
  const days = readings(MINUTE, Array(3 * 1440).fill(1));
  const endMs = days.at(-1)!.tMs;
  const sure = run(silence, {}, [...days, { kind: "tick", tMs: endMs + 3 * MINUTE + 1 }]);
  assert.deepEqual(sure.map((f) => f.severity), ["warning"]);
});

Deno.test("silence gives everybody their time when nobody has listened", () => {
  const days = readings(MINUTE, Array(3 * 1440).fill(1));
  const endMs = days.at(-1)!.tMs;
  const heardMs = endMs + 5 * 60 * MINUTE;
  const inputs: DetectorInput[] = [
    ...days,
    { kind: "tick", tMs: endMs + 2 * 60 * MINUTE, heardMs: Infinity },
    { kind: "tick", tMs: heardMs + 3 * MINUTE, heardMs },
    { kind: "tick", tMs: heardMs + 3 * MINUTE + 1, heardMs },
  ];
  assert.deepEqual(phases(run(silence, {}, inputs)), [`raised@${heardMs + 3 * MINUTE + 1}`]);
});

Deno.test("silence uses the expected interval from the first reading on", () => {
  const inputs: DetectorInput[] = [
    { kind: "tick", tMs: 0 },
    { kind: "reading", tMs: S, value: 1 },
    { kind: "tick", tMs: 32 * S },
  ];
  assert.deepEqual(phases(run(silence, { expectedMs: 10 * S }, inputs)), ["raised@32000"]);
  assert.deepEqual(run(silence, {}, inputs), [], "nothing is learned from one reading");
});

Deno.test("threshold reports level, limit and value", () => {
  const found = run(
    threshold,
    { warningHigh: 80, criticalHigh: 90, hysteresis: 1 },
    readings(S, [79, 81, 92, 89.5, 85, 78]),
  );
  assert.deepEqual(found.map((f) => `${f.phase} ${f.severity}`), [
    "raised warning",
    "changed critical",
    "changed warning",
    "cleared info",
  ]);
  assert.equal(found[1].reason.text, "92 is at or above the critical limit 90");
  assert.equal(found[1].reason.numbers!.limit, 90);
});
