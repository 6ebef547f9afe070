import assert from "node:assert/strict";
import {
  groupOf,
  type OpenEngine,
  openEngine,
  type TestReading,
  withDatabase,
} from "../../tests/support/storage.ts";
import type { ReadingsStore } from "./store.ts";

const START_MS = Date.UTC(2026, 0, 1);
/** Everything happens often with these: seals, turns of the journal, merges. */
const SMALL = {
  sealReadings: 300,
  tailReadingsMost: 2000,
  journal: { turnMs: 0, leastBytes: 4000, mostBytes: 8000 },
};

/** A plain array that does what the store promises, in the most obvious way. */
class Oracle {
  readonly readings: TestReading[] = [];

  /** Whether the reading is a duplicate; takes it if not. `newest` is per sensor before the group. */
  add(reading: TestReading): boolean {
    const { sensor, tMs, value, arrival, seq } = reading;
    const same = this.readings.filter((r) =>
      r.sensor === sensor && Object.is(r.value, value) && (seq === undefined || r.seq === seq)
    );
    const newestMs = Math.max(
      ...this.readings.filter((r) => r.sensor === sensor).map((r) => r.tMs),
    );
    const duplicate = arrival
      ? seq !== undefined && same.some((r) => r.tMs >= newestMs - 3_600_000)
      : same.some((r) => r.tMs === tMs);
    if (!duplicate) this.readings.push(reading);
    return duplicate;
  }

  of(sensor: number, fromMs: number, toMs: number): TestReading[] {
    return this.readings
      .filter((r) => r.sensor === sensor && r.tMs >= fromMs && r.tMs < toMs)
      .sort((a, b) => a.tMs - b.tMs);
  }
}

function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

async function allRaw(
  store: ReadingsStore,
  sensor: number,
  fromMs: number,
  toMs: number,
  limit: number,
): Promise<[number, number][]> {
  const found: [number, number][] = [];
  let cursor: string | undefined;
  do {
    const part = await store.raw({ sensor, fromMs, toMs, limit, cursor });
    assert.ok(part.tMs.length <= limit);
    for (let i = 0; i < part.tMs.length; i++) found.push([part.tMs[i], part.value[i]]);
    cursor = part.next ?? undefined;
  } while (cursor !== undefined);
  return found;
}

async function compareRaw(store: ReadingsStore, oracle: Oracle, random: () => number) {
  for (const sensor of [1, 2, 3]) {
    const fromMs = START_MS + Math.floor(random() * 3_600_000);
    const toMs = fromMs + Math.floor(random() * 7_200_000) + 1;
    const limit = 1 + Math.floor(random() * 900);
    const expected = oracle.of(sensor, fromMs, toMs).map((r) => [r.tMs, r.value]);
    assert.deepEqual(await allRaw(store, sensor, fromMs, toMs, limit), expected);
  }
}

async function compareBuckets(store: ReadingsStore, oracle: Oracle, random: () => number) {
  for (const sensor of [1, 2, 3]) {
    const fromMs = START_MS + Math.floor(random() * 3_600_000);
    const toMs = fromMs + Math.floor(random() * 20_000_000) + 1;
    const points = 1 + Math.floor(random() * 500);
    const got = await store.buckets({ sensor, fromMs, toMs, points });
    assert.ok(got.tMs.length <= points);
    const expected = new Map<number, number[]>();
    for (const { tMs, value } of oracle.of(sensor, fromMs, toMs)) {
      const start = Math.floor(tMs / got.bucketMs) * got.bucketMs;
      expected.set(start, [...(expected.get(start) ?? []), value]);
    }
    assert.deepEqual([...got.tMs], [...expected.keys()]);
    [...expected.values()].forEach((values, i) => {
      assert.equal(got.n[i], values.length);
      assert.equal(got.min[i], Math.min(...values));
      assert.equal(got.max[i], Math.max(...values));
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      assert.ok(Math.abs(got.mean[i] - mean) <= 1e-9 * Math.max(1, Math.abs(mean)));
    });
  }
}

/** A reading that is new, late, a repetition, or at a time that is taken already. */
function randomReading(random: () => number, step: number, before: TestReading[]): TestReading {
  const kind = random();
  const sensor = 1 + Math.floor(random() * 3);
  const value = sensor === 3 ? random() * 10 : Math.round(random() * 5000) / 100;
  const nowMs = START_MS + step * 700;
  if (kind < 0.06 && before.length > 0) {
    return before[Math.floor(random() * before.length)];
  }
  if (kind < 0.1 && before.length > 0) {
    return { ...before[Math.floor(random() * before.length)], value };
  }
  if (kind < 0.16) return { sensor, tMs: nowMs - Math.floor(random() * 3_000_000), value };
  if (kind < 0.3) return { sensor, tMs: nowMs, value, arrival: true, seq: step % 1000 };
  if (kind < 0.4) return { sensor, tMs: nowMs, value, arrival: true };
  return { sensor, tMs: nowMs, value, ...(kind < 0.6 ? { seq: step } : {}) };
}

for (const seed of [1, 2, 3]) {
  Deno.test(`engine gives back what a plain array would, over seals, late data and restarts (${seed})`, async () => {
    await withDatabase(async (url) => {
      const random = randomSource(seed);
      const oracle = new Oracle();
      let engine: OpenEngine = await openEngine({ url, limits: SMALL });
      let step = 0;
      for (let round = 0; round < 12; round++) {
        for (let g = 0; g < 12; g++) {
          const group: TestReading[] = [];
          const n = 1 + Math.floor(random() * 120);
          for (let i = 0; i < n; i++) {
            group.push(randomReading(random, step++, [...oracle.readings.slice(-2000), ...group]));
          }
          const expected = group.map((reading) => oracle.add(reading) ? 1 : 0);
          const { duplicate } = await engine.store.append(groupOf(group), []);
          assert.deepEqual([...(duplicate ?? new Uint8Array(n))], expected);
        }
        if (random() < 0.5) { while (await engine.store.compact()); }
        if (random() < 0.5) {
          await engine.close();
          engine = await openEngine({ url, limits: SMALL });
        }
        await compareRaw(engine.store, oracle, random);
        await compareBuckets(engine.store, oracle, random);
        assert.equal((await engine.store.stats()).readings, oracle.readings.length);
      }
      const stats = await engine.store.stats();
      assert.ok(stats.chunks > 5, "chunks were sealed");
      await engine.close();
    });
  });
}

Deno.test("raw and append stay bounded for a device whose clock stands still", async () => {
  await withDatabase(async (url) => {
    const engine = await openEngine({ url, limits: SMALL });
    let value = 0;
    for (let g = 0; g < 100; g++) {
      const group = Array.from(
        { length: 100 },
        () => ({ sensor: 1, tMs: START_MS, value: value++ }),
      );
      assert.equal((await engine.store.append(groupOf(group), [])).duplicate, null);
    }
    assert.ok((await engine.store.stats()).chunks > 16);
    const found = await allRaw(engine.store, 1, START_MS, START_MS + 1, 700);
    assert.deepEqual(found.map(([, v]) => v), Array.from({ length: 10_000 }, (_, i) => i));
    const again = { sensor: 1, tMs: START_MS, value: value - 1 };
    assert.deepEqual([...(await engine.store.append(groupOf([again]), [])).duplicate!], [1]);
    await engine.close();
  });
});
