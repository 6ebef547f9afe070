import assert from "node:assert/strict";
import { type Fault, faultErrors } from "./faults.ts";
import { createSpeech } from "./messages.ts";
import { SCENARIOS } from "./scenarios/mod.ts";
import { createWorld, SEEN, type WorldOptions } from "./world.ts";

const ROOM = { minC: 20, maxC: 40, periodS: 15 };

/** Series of every sensor over `seconds`, by `machine/sensor`. */
function series(seconds: number, options: Partial<WorldOptions> = {}) {
  const world = createWorld({ seed: 7, faults: [], room: ROOM, ...options });
  const out: Record<string, [number, number | boolean | string][]> = {};
  for (let s = 1; s <= seconds; s++) {
    for (const { machine, values } of world.step()) {
      for (const [name, value] of Object.entries(values)) {
        (out[`${machine.path}/${name}`] ??= []).push([s, value]);
      }
    }
  }
  return out;
}
const numbers = (points: [number, unknown][]) => points.map(([, value]) => value as number);
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

Deno.test("createWorld gives the same series for the same seed and another for another", () => {
  const first = series(300);
  assert.deepEqual(series(300), first);
  assert.notDeepEqual(series(300, { seed: 8 }), first);
});

Deno.test("createWorld has 30 to 40 sensors at 1 Hz and the nine quantities", () => {
  const all = series(61);
  const everySecond = Object.entries(all).filter(([, points]) => points.length === 61);
  assert.ok(everySecond.length >= 30 && everySecond.length <= 40, String(everySecond.length));
  const quantities = new Set(everySecond.map(([name]) => name.split("/").at(-1)!));
  for (
    const name of [
      "temperature",
      "pressure",
      "vibration",
      "motor_current",
      "rpm",
      "flow_rate",
      "oil_level",
      "belt_speed",
      "load_weight",
    ]
  ) assert.ok(quantities.has(name), name);
});

Deno.test("createWorld keeps the fermenter and the room in their ranges", () => {
  const all = series(20_000, { room: { minC: 5, maxC: 9, periodS: 15 } });
  const within = (name: string, least: number, most: number) => {
    const values = numbers(all[name]);
    assert.ok(Math.min(...values) >= least && Math.max(...values) <= most, name);
  };
  within("hall-2/fermenter-1/temperature", 35, 40);
  within("hall-2/fermenter-1/ph", 6.5, 7.5);
  within("hall-2/fermenter-1/agitator_speed", 300, 600);
  within("default/room-temperature", 5, 9);
});

Deno.test("createWorld publishes the room at its interval", () => {
  const times = series(100, { room: { ...ROOM, periodS: 20 } })["default/room-temperature"]
    .map(([s]) => s);
  assert.deepEqual(times, [1, 20, 40, 60, 80, 100]);
});

Deno.test("createWorld lets a worn bearing show in vibration, current and temperature together", () => {
  const machine = "hall-1/press-3";
  const fault: Fault = { atS: 0, durationS: 1_200, machine, kind: "bearing-wear" };
  const worn = series(1_200, { faults: [fault] });
  const well = series(1_200);
  for (
    const [name, ratio] of [["vibration", 2], ["motor_current", 1.1], ["temperature", 1.1]] as const
  ) {
    const late = (all: typeof well) => mean(numbers(all[`${machine}/${name}`]).slice(-200));
    assert.ok(late(worn) > ratio * late(well), `${name}: ${late(worn)} beside ${late(well)}`);
  }
  // Nothing else in the plant notices.
  assert.deepEqual(worn["hall-1/press-2/vibration"], well["hall-1/press-2/vibration"]);
});

Deno.test("createWorld plays each sensor fault at its time and on its sensor alone", () => {
  const machine = "hall-1/press-2";
  const sensor = "pressure";
  const well = numbers(series(200)[`${machine}/${sensor}`]);
  const play = (kind: Fault["kind"], amount?: number) =>
    series(200, { faults: [{ atS: 50, durationS: 100, machine, sensor, kind, amount }] });
  const points = (all: ReturnType<typeof play>) => all[`${machine}/${sensor}`];

  const stuck = numbers(points(play("stuck")));
  assert.equal(new Set(stuck.slice(50, 148)).size, 1);
  const silent = points(play("silence")).map(([s]) => s);
  assert.deepEqual(silent.filter((s) => s >= 50 && s < 150), []);
  const drifted = numbers(points(play("drift", 80)));
  assert.ok(drifted[148] - well[148] > 75);
  assert.equal(drifted[10], well[10]);
  assert.equal(drifted[160], well[160]);
  const spikes = numbers(points(play("spike", 500))).filter((value, i) => value - well[i] > 400);
  assert.ok(spikes.length > 5 && spikes.length < 50, String(spikes.length));
  const noisy = numbers(points(play("noise", 30)));
  assert.ok(mean(noisy.slice(50, 148).map((value, i) => Math.abs(value - well[i + 50]))) > 10);
  assert.deepEqual(play("stuck")[`${machine}/vibration`], series(200)[`${machine}/vibration`]);
});

Deno.test("the fermenter scenario spikes in about one sample of twenty", () => {
  const scenario = SCENARIOS.find((one) => one.name === "fermenter")!;
  const values = numbers(
    series(4_000, { spikeShare: scenario.spikeShare })["hall-2/fermenter-1/ph"],
  );
  const share = values.filter((value) => value < 6.4 || value > 7.6).length / values.length;
  assert.ok(share > 0.03 && share < 0.07, String(share));
});

for (const scenario of SCENARIOS) {
  Deno.test(`scenario ${scenario.name} names machines and sensors of the plant`, () => {
    const world = createWorld({ seed: 1, faults: [], room: ROOM, place: scenario.place });
    const sensorsOf = new Map(
      world.machines.map((one) => [one.path, one.sensors.map((spec) => spec.name)] as const),
    );
    const seen = SEEN[scenario.place ?? "plant"];
    assert.deepEqual(faultErrors(scenario.faults, sensorsOf, seen), []);
    assert.ok(sensorsOf.has(seen));
    for (const path of Object.keys(scenario.spikeShare ?? {})) assert.ok(sensorsOf.has(path), path);
  });
}

Deno.test("createSpeech speaks every dialect", () => {
  const world = createWorld({ seed: 1, faults: [], room: ROOM });
  const speak = createSpeech();
  const messages = new Map(
    world.step().flatMap((sample) => speak(sample, 1_700_000_000_000))
      .map(({ topic, payload }) => [topic, payload]),
  );
  assert.match(messages.get("factory/hall-1/press-2/pressure")!, /^[\d.]+$/);
  assert.match(
    messages.get("factory/hall-1/press-1/pressure")!,
    /^\{"value":[\d.]+,"ts":1700000000000,"unit":"bar"\}$/,
  );
  assert.match(messages.get("factory/hall-1/conveyor-1/belt_speed")!, /"seq":1,/);
  assert.match(messages.get("factory/hall-2/pump-1")!, /"flow_rate":[\d.]+.*"fault_code":"E00"/);
  assert.match(messages.get("sensors/room-temperature/telemetry")!, /"value"/);
  assert.match(messages.get("factory/hall-1/gate/contact")!, /open|closed/);
});
