import assert from "node:assert/strict";
import type { Sensor } from "../../machines/sensor.ts";
import { DEFAULT_SETTINGS } from "../../machines/sensor_settings.ts";
import type { JudgedPeriod } from "./feedback_store.ts";
import { type History, readRows, ROWS_LEAST } from "./history.ts";

const NOW = 1_800_000_000_000;
const STEP = 10_000;

function sensor(num: number, name: string, kind: Sensor["kind"] = "number"): Sensor {
  return {
    num,
    id: name,
    name: `hall/press/${name}`,
    machine: "hall/press",
    sensor: name,
    unit: null,
    kind,
    states: [],
    deviceUnit: null,
    otherUnits: [],
    review: "new",
    createdMs: 0,
    settings: { ...DEFAULT_SETTINGS },
    deletedMs: null,
    last: { tMs: NOW, value: 1 },
  };
}

/** Readings of a sensor every `everyMs` over `forMs`, answered in exact buckets. */
function historyOf(
  series: Record<number, { everyMs: number; forMs: number; value: (i: number) => number }>,
): History {
  return {
    buckets({ sensor, fromMs, toMs, points }) {
      const { everyMs, forMs, value } = series[sensor];
      const bucketMs = Math.ceil((toMs - fromMs) / points!);
      const cells = new Map<number, number[]>();
      for (let i = 0, tMs = NOW - forMs; tMs < NOW; tMs += everyMs, i++) {
        if (tMs < fromMs || tMs >= toMs) continue;
        const at = Math.floor(tMs / bucketMs) * bucketMs;
        cells.set(at, [...(cells.get(at) ?? []), value(i)]);
      }
      const rows = [...cells.values()];
      return Promise.resolve({
        bucketMs,
        tMs: Float64Array.from(cells.keys()),
        min: Float64Array.from(rows, (r) => Math.min(...r)),
        mean: Float64Array.from(rows, (r) => r.reduce((a, b) => a + b, 0) / r.length),
        max: Float64Array.from(rows, (r) => Math.max(...r)),
        n: Uint32Array.from(rows, (r) => r.length),
        tier: "raw",
        summedUntilMs: null,
        damaged: [],
      });
    },
  };
}

const options = { toMs: NOW, signal: new AbortController().signal, onProgress: () => {} };
const HOURS = 3_600_000;
const wave = (i: number) => Math.sin(i / 7);

Deno.test("readRows: sensors side by side in steps that the usual one reports within", async () => {
  const store = historyOf({
    1: { everyMs: STEP, forMs: 2 * HOURS, value: wave },
    2: { everyMs: STEP, forMs: 2 * HOURS, value: (i) => 2 * wave(i) },
  });
  const rows = await readRows(store, [sensor(1, "a"), sensor(2, "b")], options);
  assert.equal(rows.stepMs, STEP);
  assert.equal(rows.rows, 720);
  assert.deepEqual(rows.notes, []);
  assert.equal(rows.data[2 * 5], wave(5));
  assert.equal(rows.data[2 * 5 + 1], 2 * wave(5));
  assert.equal(rows.toMs, NOW);
});

Deno.test("readRows: a slow machine has longer steps", async () => {
  const store = historyOf({ 1: { everyMs: 60_000, forMs: 10 * HOURS, value: wave } });
  const rows = await readRows(store, [sensor(1, "a")], options);
  assert.equal(rows.stepMs, 60_000);
  assert.equal(rows.rows, 600);
});

Deno.test("readRows: what is silent or constant is left out and named", async () => {
  const store = historyOf({
    1: { everyMs: STEP, forMs: 4 * HOURS, value: wave },
    2: { everyMs: STEP, forMs: 1 * HOURS, value: wave },
    3: { everyMs: STEP, forMs: 4 * HOURS, value: () => 7 },
  });
  const all = [sensor(1, "a"), sensor(2, "late"), sensor(3, "still"), sensor(4, "mode", "text")];
  const rows = await readRows(store, all, options);
  assert.deepEqual(rows.sensors.map((s) => s.sensor), ["a"]);
  assert.match(rows.notes[0], /late is left out: it reported in 25 % of the time/);
  assert.match(rows.notes[1], /still is left out: it never changed/);
});

Deno.test("readRows: says what is missing when there is nothing to learn from", async () => {
  const short = historyOf({ 1: { everyMs: STEP, forMs: 600_000, value: wave } });
  await assert.rejects(
    readRows(short, [sensor(1, "a")], options),
    /too short: 10 minutes with readings, training needs 60/,
  );
  const still = historyOf({ 1: { everyMs: STEP, forMs: 2 * HOURS, value: () => 3 } });
  await assert.rejects(readRows(still, [sensor(1, "a")], options), /every sensor was constant/);
  await assert.rejects(readRows(still, [sensor(1, "m", "text")], options), /reports numbers/);
  assert.equal(ROWS_LEAST * STEP, HOURS);
});

Deno.test("readRows: ends when it is cancelled", async () => {
  const store = historyOf({ 1: { everyMs: STEP, forMs: 2 * HOURS, value: wave } });
  const signal = AbortSignal.abort(new Error("cancelled"));
  await assert.rejects(readRows(store, [sensor(1, "a")], { ...options, signal }), /cancelled/);
});

Deno.test("readRows leaves out real faults and teaches false alarms until they count", async () => {
  const forMs = 10 * HOURS;
  const store = historyOf({ 1: { everyMs: STEP, forMs, value: wave } });
  const from = (hour: number) => NOW - forMs + hour * HOURS;
  const rowsOf = async (judged: JudgedPeriod[]) => {
    const asked: number[] = [];
    const rows = await readRows(store, [sensor(1, "a")], {
      ...options,
      judged: (sinceMs) => Promise.resolve((asked.push(sinceMs), judged)),
    });
    assert.deepEqual(asked.map((ms) => Math.abs(ms - from(0)) <= STEP), [true]);
    return rows;
  };
  const all = await rowsOf([]);
  const hour = { fromMs: from(2), toMs: from(3) };
  const real = await rowsOf([{ ...hour, verdict: "real" }]);
  // An hour, and five minutes around it.
  assert.ok(Math.abs(all.rows - real.rows - 421) <= 1, `${all.rows - real.rows} rows left out`);
  assert.match(real.notes.join(), /42\d rows of faults that were real are left out/);

  const minute = { fromMs: from(5), toMs: from(5) };
  const calm = await rowsOf([{ ...minute, verdict: "false_alarm" }]);
  // A minute is 7 rows of 3 600: 28 times, they are five in a hundred.
  assert.equal(calm.rows - all.rows, 27 * 7);
  assert.deepEqual(calm.data.slice(0, all.data.length), all.data, "nothing else changed");
  assert.match(calm.notes.join(), /7 rows of false alarms are taught as usual/);

  const both = await rowsOf([
    { ...hour, verdict: "real" },
    { ...hour, verdict: "false_alarm" },
  ]);
  assert.equal(both.rows, real.rows, "a real fault outweighs");
  await assert.rejects(
    rowsOf([{ fromMs: 0, toMs: NOW, verdict: "real" }]),
    /the history is too short: 0 minutes/,
  );
});
