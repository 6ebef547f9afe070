import assert from "node:assert/strict";
import fc from "fast-check";
import { groupOf, openEngine, withDatabase } from "../../tests/support/storage.ts";
import type { ImportBlock, Imported } from "./importing.ts";
import type { ReadingsStore } from "./store.ts";

const START_MS = Date.UTC(2026, 0, 1);
const SENSORS = [1, 2, 3];
/** Seals, turns, merges and ends of steps happen often with these. */
const SMALL = {
  sealReadings: 40,
  tailReadingsMost: 200,
  journal: { turnMs: 0, leastBytes: 500, mostBytes: 1_000 },
  importing: { stepReadings: 60, smallReadings: 30 },
};

type Reading = { sensor: number; tMs: number; value: number };

type Step =
  | { do: "append"; readings: Reading[] }
  | { do: "import"; readings: Reading[]; dryRun: boolean }
  | { do: "open again" }
  | { do: "compact" };

const reading = (span: number) =>
  fc.record({
    sensor: fc.constantFrom(...SENSORS),
    tMs: fc.integer({ min: 0, max: span }).map((s) => START_MS + s * 1000),
    value: fc.constantFrom(0, -0, 1, 2.5, 1 / 3),
  });
const readings = (most: number) =>
  fc.integer({ min: 5, max: 400 }).chain((span) =>
    fc.array(reading(span), { minLength: 1, maxLength: most, size: "max" })
  );
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ do: fc.constant("append" as const), readings: readings(80) }),
    fc.record({
      do: fc.constant("import" as const),
      readings: readings(250),
      dryRun: fc.boolean(),
    }),
    fc.record({ do: fc.constant("open again" as const) }),
    fc.record({ do: fc.constant("compact" as const) }),
  ),
  { minLength: 4, maxLength: 25, size: "max" },
);

const keyOf = ({ sensor, tMs, value }: Reading) =>
  `${sensor} ${tMs} ${Object.is(value, -0) ? "-0" : value}`;

function blockOf(given: readonly Reading[], done: number): ImportBlock {
  const sorted = SENSORS.map((sensor) =>
    given.filter((one) => one.sensor === sensor).sort((a, b) => a.tMs - b.tMs)
  );
  const flat = sorted.flat().slice(done);
  const parts = SENSORS.map((sensor) => flat.filter((one) => one.sensor === sensor).length);
  return {
    sensor: Uint32Array.from(SENSORS),
    n: Uint32Array.from(parts),
    tMs: Float64Array.from(flat, ({ tMs }) => tMs),
    value: Float64Array.from(flat, ({ value }) => value),
    importer: { name: "one", cursor: "a place", done },
  };
}

async function importAll(
  store: ReadingsStore,
  given: readonly Reading[],
  dryRun: boolean,
): Promise<Imported> {
  const all = { stored: 0, repeated: 0, taken: 0 };
  while (all.taken < given.length) {
    const one = await store.importReadings(blockOf(given, all.taken), dryRun);
    assert.ok(one.taken > 0, "a step comes on");
    assert.equal(one.stored + one.repeated, one.taken);
    all.stored += one.stored;
    all.repeated += one.repeated;
    all.taken += one.taken;
  }
  return all;
}

async function storedKeys(store: ReadingsStore): Promise<string[]> {
  const keys: string[] = [];
  for (const sensor of SENSORS) {
    const { tMs, value } = await store.raw({
      sensor,
      fromMs: START_MS,
      toMs: START_MS + 1e9,
      limit: 1e5,
    });
    tMs.forEach((t, i) => {
      assert.ok(i === 0 || tMs[i - 1] <= t, "in time order");
      keys.push(keyOf({ sensor, tMs: t, value: value[i] }));
    });
  }
  return keys.sort();
}

Deno.test("importing: what is stored is stored once, whatever overlaps, over restarts and merging", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      await withDatabase(async (url) => {
        let engine = await openEngine({ url, limits: SMALL });
        const kept = new Set<string>();
        const counted = { stored: 0, repeated: 0 };
        try {
          for (const step of list) {
            if (step.do === "append") {
              await engine.store.append(groupOf(step.readings), []);
              for (const one of step.readings) kept.add(keyOf(one));
            } else if (step.do === "import") {
              const fresh = new Set(step.readings.map(keyOf).filter((key) => !kept.has(key)));
              const { stored, repeated } = await importAll(
                engine.store,
                step.readings,
                step.dryRun && fresh.size === step.readings.length,
              );
              assert.deepEqual(
                { stored, repeated },
                { stored: fresh.size, repeated: step.readings.length - fresh.size },
              );
              if (!(step.dryRun && fresh.size === step.readings.length)) {
                for (const key of fresh) kept.add(key);
                counted.stored += stored;
                counted.repeated += repeated;
                const state = await engine.store.importState("one");
                assert.deepEqual(state, {
                  cursor: "a place",
                  done: step.readings.length,
                  ...counted,
                });
              }
            } else if (step.do === "compact") {
              while (await engine.store.compact());
            } else {
              await engine.close();
              engine = await openEngine({ url, limits: SMALL });
            }
            assert.deepEqual(await storedKeys(engine.store), [...kept].sort());
            assert.equal((await engine.store.stats()).readings, kept.size);
          }
          await engine.close();
          engine = await openEngine({ url, limits: SMALL });
          assert.deepEqual(await engine.store.damage(), []);
          await engine.store.forgetImport("one");
          assert.equal(await engine.store.importState("one"), null);
        } finally {
          await engine.close();
        }
      });
    }),
    { numRuns: 8 },
  );
});

Deno.test("importing: small blocks one after the other leave few chunks, and the same blocks again none", async () => {
  await withDatabase(async (url) => {
    const { store, close } = await openEngine({ url });
    const block = (from: number): ImportBlock => ({
      sensor: Uint32Array.of(7),
      n: Uint32Array.of(500),
      tMs: Float64Array.from({ length: 500 }, (_, i) => START_MS + (from + i) * 1000),
      value: Float64Array.from({ length: 500 }, (_, i) => (from + i) % 97 / 10),
      importer: { name: "one", cursor: "", done: 0 },
    });
    for (let from = 0; from < 20_000; from += 500) await store.importReadings(block(from));
    const { chunks, readings } = await store.stats();
    assert.equal(readings, 20_000);
    assert.ok(chunks <= 5, `${chunks} chunks`);
    for (let from = 0; from < 20_000; from += 500) {
      assert.equal((await store.importReadings(block(from))).repeated, 500);
    }
    assert.equal((await store.stats()).chunks, chunks);
    await close();
  });
});

Deno.test("importing: older readings than a sensor has leave its newest as it is", async () => {
  await withDatabase(async (url) => {
    let engine = await openEngine({ url });
    await engine.store.append(groupOf([{ sensor: 1, tMs: START_MS + 5000, value: 4 }]), []);
    await importAll(engine.store, [{ sensor: 1, tMs: START_MS, value: 9 }], false);
    const newest = [{ sensor: 1, tMs: START_MS + 5000, value: 4 }];
    assert.deepEqual(await engine.store.lastValues(), newest);
    await engine.close();
    engine = await openEngine({ url });
    assert.deepEqual(await engine.store.lastValues(), newest);
    await engine.close();
  });
});

Deno.test("importing: what is newer than what a sensor said itself is no last value, after a restart neither", async () => {
  await withDatabase(async (url) => {
    let engine = await openEngine({ url, limits: SMALL });
    const openAgain = async () => {
      await engine.close();
      engine = await openEngine({ url, limits: SMALL });
    };
    const saysItself = (sensor: number, s: number, value: number) =>
      engine.store.append(groupOf([{ sensor, tMs: START_MS + s * 1000, value }]), []);
    const last = async () =>
      (await engine.store.lastValues()).map(({ sensor, tMs, value }) =>
        `${sensor}: ${value} at ${(tMs - START_MS) / 1000}`
      );
    const imported = (from: number, to: number) =>
      SENSORS.flatMap((sensor) =>
        Array.from({ length: to - from }, (_, i) => ({
          sensor,
          tMs: START_MS + (from + i) * 1000,
          value: 99,
        }))
      );
    // Sensor 3 says nothing itself.
    await saysItself(1, 5, 1.5);
    await saysItself(2, 6, 2.5);
    await importAll(engine.store, imported(50, 90), false);
    await importAll(engine.store, imported(90, 150), false);
    await openAgain();
    assert.deepEqual(await last(), ["1: 1.5 at 5", "2: 2.5 at 6"]);
    // Between the readings that were imported, sealed and emptied from the journal, and behind them.
    for (let s = 20; s < 90; s++) await saysItself(1, s, s + 0.5);
    await saysItself(2, 200, 7);
    await openAgain();
    assert.deepEqual(await last(), ["1: 89.5 at 89", "2: 7 at 200"]);
    await importAll(engine.store, imported(300, 310), false);
    await openAgain();
    assert.deepEqual(await last(), ["1: 89.5 at 89", "2: 7 at 200"]);
    await engine.close();
  });
});
