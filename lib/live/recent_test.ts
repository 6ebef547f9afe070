import assert from "node:assert/strict";
import { directoryOf, groupOf } from "../../tests/support/directory.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { createRecent, RECENT_BUCKETS, silenceLimitMs } from "./recent.ts";

function setup(sensor: { last?: { tMs: number; value: number } | null } = {}) {
  const clock = fakeClock();
  const sensors = directoryOf([{ name: "a/m/temp", last: null, ...sensor }]);
  const recent = createRecent({ clock, sensors });
  const add = (tMs: number, value: number) =>
    recent.add(groupOf(sensors, [{ sensor: "a/m/temp", tMs, value }]));
  return { clock, sensors, recent, add };
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

Deno.test("recent calls a sensor offline after three of its intervals", async () => {
  const { clock, sensors, recent, add } = setup();
  const sensor = sensors.byNum(1)!;
  assert.equal(recent.status(sensor), "offline");
  for (let i = 0; i < 10; i++) {
    add(clock.now(), i);
    sensor.last = { tMs: clock.now(), value: i };
    await clock.advance(10_000);
  }
  assert.equal(recent.intervalMs(1), 10_000);
  assert.equal(recent.status(sensor), "normal");
  await clock.advance(21_000);
  assert.equal(recent.status(sensor), "offline");
  assert.equal(silenceLimitMs(100), 15_000);
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
        damaged: [],
      }),
  }, new AbortController().signal);
  assert.deepEqual([...recent.line(1)!.slice(-3)], [1, 2, 100]);
  assert.equal(recent.intervalMs(1), 1000);
});
