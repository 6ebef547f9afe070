import assert from "node:assert/strict";
import fc from "fast-check";
import { bucketWidth } from "./buckets.ts";
import { newestReadings } from "./newest.ts";
import type { ReadingsStore } from "./store.ts";

type Store = Pick<ReadingsStore, "buckets" | "raw">;
type Plain = { sensor: number; tMs: number; value: number };

/** A store that holds these readings, and counts those that it gives out. */
function storeOf(readings: readonly Plain[]) {
  const counted = { raw: 0, buckets: 0 };
  const within = (sensor: number, fromMs: number, toMs: number) =>
    readings.filter((r) => r.sensor === sensor && r.tMs >= fromMs && r.tMs < toMs)
      .sort((a, b) => a.tMs - b.tMs);
  const store: Store = {
    buckets({ sensor, fromMs, toMs, points }) {
      counted.buckets++;
      const bucketMs = bucketWidth(fromMs, toMs, points!);
      const n = new Map<number, number>();
      for (const { tMs } of within(sensor, fromMs, toMs)) {
        const start = Math.floor(tMs / bucketMs) * bucketMs;
        n.set(start, (n.get(start) ?? 0) + 1);
      }
      const none = new Float64Array(n.size);
      return Promise.resolve({
        bucketMs,
        tMs: Float64Array.from(n.keys()),
        n: Uint32Array.from(n.values()),
        min: none,
        mean: none,
        max: none,
        tier: "raw",
        summedUntilMs: null,
        damaged: [],
      });
    },
    raw({ sensor, fromMs, toMs, limit, cursor = "0" }) {
      const all = within(sensor, fromMs, toMs);
      const page = all.slice(Number(cursor), Number(cursor) + limit);
      counted.raw += page.length;
      const end = Number(cursor) + page.length;
      return Promise.resolve({
        tMs: Float64Array.from(page, (r) => r.tMs),
        value: Float64Array.from(page, (r) => r.value),
        flags: new Uint8Array(page.length),
        next: end < all.length ? String(end) : null,
        summedUntilMs: null,
        damaged: [],
      });
    },
  };
  const sensors = [...new Set(readings.map((r) => r.sensor))].map((num) => ({
    num,
    lastMs: Math.max(...readings.filter((r) => r.sensor === num).map((r) => r.tMs)),
  }));
  return { store, sensors, counted };
}

Deno.test("newestReadings gives the newest of all sensors, whatever their rhythms", async () => {
  const reading = fc.record({
    sensor: fc.integer({ min: 1, max: 5 }),
    tMs: fc.oneof(
      fc.integer({ min: 1_790_000_000_000, max: 1_790_000_005_000 }),
      fc.integer({ min: 1_780_000_000_000, max: 1_790_000_000_000 }),
      fc.integer({ min: 0, max: 1_000 }),
    ),
  });
  // No two at one time: which of them is the newer is nobody's promise.
  const readings = fc.uniqueArray(reading, { selector: ({ tMs }) => tMs, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(readings, fc.integer({ min: 1, max: 70 }), async (list, limit) => {
      const all = list.map((one, value) => ({ ...one, value }));
      const { store, sensors } = storeOf(all);
      const expected = [...all].sort((a, b) => b.tMs - a.tMs).slice(0, limit);
      assert.deepEqual(await newestReadings(store, sensors, limit), expected);
    }),
    { numRuns: 200 },
  );
});

Deno.test("newestReadings reads few readings, however many there are before", async () => {
  const endMs = 1_790_000_000_000;
  const rows = (sensor: number, count: number, everyMs: number, lastMs: number): Plain[] =>
    Array.from({ length: count }, (_, i) => ({ sensor, tMs: lastMs - i * everyMs, value: i }));
  // Silent for a week, but for a few; before that a hundred thousand within minutes.
  const all = [...rows(1, 20, 60_000, endMs), ...rows(2, 100_000, 5, endMs - 7 * 86_400_000)];
  const { store, sensors, counted } = storeOf(all);
  const found = await newestReadings(store, sensors, 100);
  assert.equal(found.length, 100);
  assert.deepEqual(found.map((one) => one.sensor), [...Array(20).fill(1), ...Array(80).fill(2)]);
  assert.ok(counted.raw < 25_000, `${counted.raw} readings were read`);
  assert.ok(counted.buckets < 40, `${counted.buckets} times buckets were counted`);
});

Deno.test("newestReadings of nothing is nothing", async () => {
  const { store } = storeOf([]);
  assert.deepEqual(await newestReadings(store, [], 10), []);
});
