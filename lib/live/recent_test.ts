import assert from "node:assert/strict";
import { directoryOf, groupOf } from "../../tests/support/directory.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { DEFAULT_SETTINGS, type SensorSettings } from "../machines/sensor_settings.ts";
import { createHearing } from "./hearing.ts";
import { createRecent, NO_LIMIT_MS, RECENT_BUCKETS } from "./recent.ts";

function setup(
  sensor: { last?: { tMs: number; value: number } | null; settings?: SensorSettings } = {},
) {
  const clock = fakeClock();
  const sensors = directoryOf([{ name: "a/m/temp", last: null, ...sensor }]);
  const site = { listening: true, rhythmMs: null as number | null };
  const hearing = createHearing({ clock, listening: () => site.listening });
  const recent = createRecent({
    clock,
    sensors,
    rhythmMs: () => site.rhythmMs,
    heardSinceMs: hearing.sinceMs,
  });
  const add = (tMs: number, value: number) =>
    recent.add(groupOf(sensors, [{ sensor: "a/m/temp", tMs, value }]));
  return { clock, sensors, recent, add, site, hearing };
}

Deno.test("recent keeps means of 10 s, oldest first, with gaps", () => {
  const { clock, recent, add } = setup();
  const now = clock.now();
  add(now - 30_000, 5);
  add(now, 1);
  add(now + 1, 3);
  const line = recent.line(1)!;
  assert.equal(line.length, RECENT_BUCKETS);
  assert.equal(line[RECENT_BUCKETS - 1], 2);
  assert.equal(line[RECENT_BUCKETS - 4], 5);
  assert.ok(Number.isNaN(line[RECENT_BUCKETS - 2]));
  assert.equal(recent.line(2), null);
});

Deno.test("recent forgets what is older than its window and ignores late readings before it", async () => {
  const { clock, recent, add } = setup();
  add(clock.now(), 7);
  await clock.advance(16 * 60_000);
  assert.ok(recent.line(1)!.every(Number.isNaN));
  add(clock.now(), 8);
  add(clock.now() - 20 * 60_000, 9);
  const values = [...recent.line(1)!].filter((v) => !Number.isNaN(v));
  assert.deepEqual(values, [8]);
});

Deno.test("recent calls a sensor offline when it is silent for longer than its rhythm allows", async () => {
  const { clock, sensors, recent, add, site } = setup();
  const sensor = sensors.byNum(1)!;
  assert.equal(recent.status(sensor), "offline");
  for (let i = 0; i < 10; i++) {
    add(clock.now(), i);
    sensor.last = { tMs: clock.now(), value: i };
    await clock.advance(10_000);
  }
  assert.equal(recent.intervalMs(1), 10_000);
  assert.equal(recent.silenceMs(sensor), NO_LIMIT_MS);
  await clock.advance(24 * 3_600_000);
  assert.equal(recent.status(sensor), "normal", "nobody knows its rhythm");
  site.rhythmMs = 30_000;
  assert.equal(recent.status(sensor), "offline");
});

Deno.test("recent counts three set intervals exactly, whatever the rhythm", async () => {
  const settings = { ...DEFAULT_SETTINGS, expected_interval_ms: 1000 };
  const { clock, sensors, recent, add, site } = setup({ settings });
  const sensor = sensors.byNum(1)!;
  site.rhythmMs = 3_600_000;
  add(clock.now(), 1);
  sensor.last = { tMs: clock.now(), value: 1 };
  await clock.advance(3000);
  assert.equal(recent.status(sensor), "normal");
  await clock.advance(1);
  assert.equal(recent.status(sensor), "offline");
});

Deno.test("recent accuses nobody after a time in which nobody listened, or a host that slept", async () => {
  const { clock, sensors, recent, add, site } = setup();
  const sensor = sensors.byNum(1)!;
  site.rhythmMs = 30_000;
  add(clock.now(), 1);
  sensor.last = { tMs: clock.now(), value: 1 };
  site.listening = false;
  for (let i = 0; i < 60; i++) {
    await clock.advance(1000);
    assert.equal(recent.status(sensor), "normal");
  }
  site.listening = true;
  await clock.advance(29_000);
  assert.equal(recent.status(sensor), "normal");
  clock.jump(8 * 3_600_000);
  assert.equal(recent.status(sensor), "normal", "the host slept");
  await clock.advance(31_000);
  assert.equal(recent.status(sensor), "offline");
});

Deno.test("recent seeds itself from the store and keeps what came meanwhile", async () => {
  const start = fakeClock().now();
  const { recent, add } = setup({ last: { tMs: start - 20_000, value: 1 } });
  add(start, 100);
  await recent.seed({
    buckets: () =>
      Promise.resolve({
        bucketMs: 10_000,
        tMs: Float64Array.of(start - 20_000, start - 10_000, start),
        min: Float64Array.of(1, 2, 100),
        mean: Float64Array.of(1, 2, 100),
        max: Float64Array.of(1, 2, 100),
        n: Uint32Array.of(10, 10, 1),
        tier: "raw",
        summedUntilMs: null,
        damaged: [],
      }),
  }, new AbortController().signal);
  assert.deepEqual([...recent.line(1)!.slice(-3)], [1, 2, 100]);
  assert.equal(recent.intervalMs(1), 1000);
});
