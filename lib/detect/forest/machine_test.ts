import assert from "node:assert/strict";
import { StateError } from "../bytes.ts";
import { explain } from "./explain.ts";
import { FEATURE_COUNT, FEATURES } from "./features.ts";
import { randomFrom } from "./isolation.ts";
import {
  type Judgement,
  loadMachine,
  type MachineModel,
  MachineWatch,
  saveMachine,
  trainMachine,
} from "./machine.ts";

const SENSORS = ["temperature", "pressure", "current", "vibration"];

/** Pressure and current follow a common load; `spoil` changes row `r`. */
function plant(rows: number, seed: number, spoil?: (r: number, row: number[]) => void) {
  const random = randomFrom(seed);
  const noise = () => random() + random() + random() + random() - 2;
  const data = new Float64Array(rows * 4);
  let load = 0;
  for (let r = 0; r < rows; r++) {
    load = 0.95 * load + 0.3 * noise();
    const row = [60 + noise(), 5 + load + 0.1 * noise(), 12 + 2 * load + 0.2 * noise(), noise()];
    spoil?.(r, row);
    data.set(row, r * 4);
  }
  return data;
}

const model = trainMachine(SENSORS, plant(3000, 1), 3000);

function watch(m: MachineModel, data: Float64Array): (Judgement | null)[] {
  const w = new MachineWatch(m);
  return Array.from(
    { length: data.length / 4 },
    (_, r) => w.take(data.subarray(4 * r, 4 * r + 4)),
  );
}

Deno.test("there are 25 features, each named once and explained", () => {
  assert.equal(FEATURE_COUNT, 25);
  assert.equal(new Set(FEATURES.map(([name]) => name)).size, 25);
  for (const [, about] of FEATURES) assert.ok(about.length > 10);
});

Deno.test("MachineWatch calls most of usual operation normal", () => {
  const judged = watch(model, plant(2000, 2)).filter((j) => j !== null);
  assert.equal(judged.length, 2000 - 59);
  const alarms = judged.filter((j) => j.score >= 0.5).length;
  assert.ok(alarms < 20, `${alarms} of ${judged.length}`);
  assert.ok(judged.every((j) => j.score >= 0 && j.score <= 1));
});

Deno.test("MachineWatch sees a shift, and the explanation names sensor, value and range", () => {
  const data = plant(600, 3, (r, row) => {
    if (r >= 400) row[0] += 8;
  });
  const judged = watch(model, data);
  assert.ok(judged[399]!.score < 0.5 && judged[420]!.score >= 0.5);
  const prediction = explain(model, judged[450]!);
  assert.equal(prediction.class, "critical");
  const [first] = prediction.sensors;
  assert.equal(first.name, "temperature");
  assert.ok(first.outside && first.value > first.high && first.contribution > 0.5);
  assert.match(prediction.action, /temperature/);
  assert.match(prediction.summary, /temperature at 6\d/);
  const sum = prediction.features.reduce((s, f) => s + f.contribution, 0);
  assert.ok(Math.abs(sum - 1) < 1e-9);
  assert.ok(prediction.confidence > 0.5 && prediction.confidence <= 1);
});

Deno.test("MachineWatch sees sensors that no longer go together, each within its own range", () => {
  const data = plant(600, 4, (r, row) => {
    if (r >= 400) row[2] = 12 - (row[2] - 12);
  });
  const judged = watch(model, data).slice(420).map((j) => j!.distance.q);
  const usual = watch(model, plant(600, 4)).slice(420).map((j) => j!.distance.q);
  const mean = (x: number[]) => x.reduce((a, b) => a + b) / x.length;
  assert.ok(mean(judged) > 3 * mean(usual));
});

Deno.test("MachineWatch sees a sensor that went quiet", () => {
  let held = 0;
  const data = plant(800, 5, (r, row) => {
    if (r >= 600) row[3] = held;
    else held = row[3];
  });
  const before = watch(model, data)[590]!.forestRatio, after = watch(model, data)[780]!.forestRatio;
  assert.ok(after > before);
});

Deno.test("trainMachine says what is missing", () => {
  assert.throws(
    () => trainMachine(SENSORS, plant(100, 1), 100),
    /at least 240 rows, there are 100/,
  );
  assert.throws(() => trainMachine(SENSORS, new Float64Array(4000).fill(3), 1000), /constant/);
  assert.throws(() => trainMachine([], new Float64Array(0), 500), /at least one sensor/);
});

Deno.test("trainMachine and MachineWatch take history rich in gaps", () => {
  const random = randomFrom(8);
  const holes = (data: Float64Array) => data.map((x) => random() < 0.3 ? NaN : x);
  const m = trainMachine(SENSORS, holes(plant(1000, 6)), 1000);
  for (const j of watch(m, holes(plant(300, 7)))) {
    if (j === null) continue;
    assert.ok(j.score >= 0 && j.score <= 1);
    const parts = explain(m, j);
    assert.ok(parts.sensors.every((s) => Number.isFinite(s.contribution)));
  }
  const never = plant(1000, 6).map((x, i) => i % 4 === 1 ? NaN : x);
  trainMachine(SENSORS, never, 1000);
});

Deno.test("loadMachine gives back the same model, and refuses damage", () => {
  const bytes = saveMachine(model);
  const loaded = loadMachine(bytes);
  const data = plant(200, 11);
  assert.deepEqual(watch(loaded, data), watch(model, data));
  assert.deepEqual(saveMachine(loaded), bytes);
  assert.throws(() => loadMachine(bytes.slice(0, -3)), StateError);
  assert.throws(() => loadMachine(new Uint8Array(10)), StateError);
});

Deno.test("trainMachine is deterministic", () => {
  const train = () => saveMachine(trainMachine(SENSORS, plant(500, 12), 500));
  assert.deepEqual(train(), train());
});

Deno.test("MachineWatch continues after save and load as if nothing had happened", () => {
  const data = plant(300, 13);
  const whole = watch(model, data);
  for (const cut of [0, 30, 60, 150]) {
    const first = new MachineWatch(model);
    for (let r = 0; r < cut; r++) first.take(data.subarray(4 * r, 4 * r + 4));
    const second = MachineWatch.load(model, first.save());
    const rest = whole.slice(cut).map((_, i) =>
      second.take(data.subarray(4 * (cut + i), 4 * (cut + i) + 4))
    );
    assert.deepEqual(rest, whole.slice(cut), `cut at ${cut}`);
  }
  assert.throws(() => MachineWatch.load(model, new Uint8Array(40)), StateError);
});
