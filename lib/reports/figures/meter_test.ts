import assert from "node:assert/strict";
import fc from "fast-check";
import { memoryReadings, sensorCalled } from "../../../tests/support/report_sources.ts";
import { DAY_MS, HOUR_MS } from "../../words/times.ts";
import { countedIn, mayCount } from "./meter.ts";
import { heldValues } from "./held_values.ts";
import { runningIn, runsOf, stateTimes } from "./running.ts";

const RANGE = { fromMs: 2 * DAY_MS, toMs: 32 * DAY_MS };
const POINTS = 1000;

async function counted(readings: readonly [number, number][], range = RANGE) {
  const store = memoryReadings({ 1: readings });
  const buckets = await store.buckets({ sensor: 1, ...range, points: POINTS });
  return await countedIn(store, 1, range, buckets);
}

Deno.test("countedIn counts from the last reading before the range, over resets, and forgives a small step back", async () => {
  const minute = (i: number) => RANGE.fromMs + i * 60_000;
  const rows: [number, number][] = [
    [minute(-5), 100],
    [minute(0), 102],
    [minute(1), 110], // +10
    [minute(2), 109.9], // a correction
    [minute(3), 120], // +10.1
    [minute(4), 3], // a reset: +3
    [minute(20_000), 50], // +47
    [minute(50_000), 1], // beyond the range
  ];
  assert.deepEqual(await counted(rows), { total: 70.1, resets: 1 });
  assert.equal(await counted([[minute(0), -1], [minute(1), 5]]), null);
  assert.equal(await counted([]), null);
});

/** Adding up one by one is the oracle; the buckets of a month are 43 minutes wide. */
Deno.test("countedIn gives what counting one by one gives, and two halves are the whole", async () => {
  const step = fc.record({
    minutes: fc.integer({ min: 1, max: 900 }),
    by: fc.integer({ min: 0, max: 50 }),
    reset: fc.integer({ min: 0, max: 30 }).map((n) => n === 0),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 120 }), async (steps) => {
      let tMs = RANGE.fromMs - HOUR_MS, value = 1000, total = 0;
      const rows: [number, number][] = [[tMs, value]];
      for (const { minutes, by, reset } of steps) {
        tMs += minutes * 60_000;
        const next = reset && value > 100 ? by : value + by;
        if (tMs >= RANGE.fromMs && tMs < RANGE.toMs) {
          total += next >= value ? next - value : next;
        }
        value = next;
        rows.push([tMs, value]);
      }
      const within = rows.filter(([ms]) => ms >= RANGE.fromMs && ms < RANGE.toMs);
      const whole = await counted(rows);
      if (within.length === 0) return assert.equal(whole, null);
      assert.equal(whole!.total, total);
      const middleMs = RANGE.fromMs + 12 * DAY_MS;
      const halves = await Promise.all([
        counted(rows, { fromMs: RANGE.fromMs, toMs: middleMs }),
        counted(rows, { fromMs: middleMs, toMs: RANGE.toMs }),
      ]);
      const lastBeforeMs = rows.findLast(([ms]) => ms < middleMs)![0];
      if (middleMs - lastBeforeMs > DAY_MS) return;
      assert.equal((halves[0]?.total ?? 0) + (halves[1]?.total ?? 0), total);
    }),
  );
});

Deno.test("mayCount takes energy and what is called a total, and no temperature, level or state", () => {
  const may = (name: string, unit: string | null, kind: "number" | "binary" = "number") =>
    mayCount(sensorCalled(`hall/press/${name}`, 1, { unit, kind }), null);
  assert.deepEqual(
    [may("meter", "kWh"), may("e1", "Wh"), may("pieces_total", null), may("water-meter", "m³")],
    [true, true, true, true],
  );
  assert.deepEqual(
    [may("total", "°C"), may("tank", "L"), may("count", null, "binary"), may("encounter", null)],
    [false, false, false, false],
  );
});

Deno.test("runningIn counts hours and starts, holds a value until the next, and not while nobody listened", async () => {
  const at = (h: number) => RANGE.fromMs + h * HOUR_MS;
  const rows: [number, number][] = [
    [at(-30), 1],
    [at(2), 0],
    [at(5), 1],
    [at(5.5), 1],
    [at(9), 0],
    [at(700), 1],
  ];
  const store = memoryReadings({ 1: rows });
  const buckets = await store.buckets({ sensor: 1, ...RANGE, points: POINTS });
  const sensor = sensorCalled("hall/press/running", 1, { kind: "binary", unit: null });
  const runs = runsOf(sensor)!;
  const heard = [{ fromMs: RANGE.fromMs, toMs: at(6) }, { fromMs: at(8), toMs: RANGE.toMs }];
  const held = (await heldValues(store, sensor, RANGE, buckets))!;
  // 2 h from before, 4 h less the 2 without Perch, and the last 20 h.
  assert.deepEqual(runningIn(held, runs, heard), { runMs: 24 * HOUR_MS, starts: 2 });
  assert.deepEqual(stateTimes(held, heard), [
    { value: 0, ms: 694 * HOUR_MS, times: 2 },
    { value: 1, ms: 24 * HOUR_MS, times: 2 },
  ]);
  const texts = runsOf({ ...sensor, kind: "text", states: ["idle", "Running", "fault"] })!;
  assert.deepEqual([0, 1, 2].map(texts), [false, true, false]);
  assert.equal(runsOf({ ...sensor, sensor: "door" }), null);
});
