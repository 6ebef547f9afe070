import assert from "node:assert/strict";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import {
  groupOf,
  type OpenEngine,
  openEngine,
  type TestReading,
  withDatabase,
} from "../../../tests/support/storage.ts";
import { DAY_MS, HOUR_MS } from "../../words/times.ts";
import type { Imported, ImportedHours } from "../importing.ts";

const START_MS = Date.UTC(2026, 0, 1);
const SMALL = { sealReadings: 100, journal: { turnMs: 0, leastBytes: 500, mostBytes: 1500 } };
const HOURS = 1500;

const clock = fakeClock(START_MS + 100 * DAY_MS);

function withEngine(run: (engine: OpenEngine) => Promise<void>): Promise<void> {
  return withDatabase(async (url) => {
    const engine = await openEngine({ url, clock, limits: SMALL });
    await run(engine);
    await engine.close();
  });
}

/** Hours as Home Assistant has them: means that are no round decimals. */
function hoursOf(from: number, to: number, add = 0): Omit<ImportedHours, "importer"> {
  const all = Array.from({ length: to - from }, (_, i) => from + i);
  return {
    sensor: 1,
    tMs: Float64Array.from(all, (hour) => START_MS + hour * HOUR_MS),
    min: Float64Array.from(all, (hour) => hour + add),
    mean: Float64Array.from(all, (hour) => hour + add + 1 / 3),
    max: Float64Array.from(all, (hour) => hour + add + 1),
  };
}

/** All of it, step by step, as an importer does. */
async function importAll(
  { store }: OpenEngine,
  hours: Omit<ImportedHours, "importer">,
  dryRun = false,
): Promise<Omit<Imported, "taken">> {
  const sum = { stored: 0, repeated: 0 };
  for (let at = 0; at < hours.tMs.length;) {
    const rest = {
      sensor: hours.sensor,
      tMs: hours.tMs.slice(at),
      min: hours.min.slice(at),
      mean: hours.mean.slice(at),
      max: hours.max.slice(at),
    };
    const importer = { name: "job-1", cursor: "file 1", done: at };
    const step = await store.importHours({ ...rest, importer }, dryRun);
    assert.ok(step.taken > 0 && step.stored + step.repeated === step.taken);
    sum.stored += step.stored;
    sum.repeated += step.repeated;
    at += step.taken;
  }
  return sum;
}

async function answer({ store }: OpenEngine, from: number, to: number) {
  const range = { fromMs: START_MS + from * HOUR_MS, toMs: START_MS + to * HOUR_MS };
  return await store.buckets({ sensor: 1, ...range, points: to - from });
}

const readingsOf = (hours: readonly number[], n: number): TestReading[] =>
  hours.flatMap((hour) =>
    Array.from({ length: n }, (_, i) => ({
      sensor: 1,
      tMs: START_MS + hour * HOUR_MS + i * 7_000,
      value: -hour - i,
    }))
  );

Deno.test("importHours stores each hour once, replaces other values, and a dry run writes nothing", () =>
  withEngine(async (engine) => {
    const hours = hoursOf(0, HOURS);
    assert.deepEqual(await importAll(engine, hours, true), { stored: HOURS, repeated: 0 });
    assert.deepEqual((await engine.store.stats()).tiers.hour.readings, 0);
    assert.deepEqual(await importAll(engine, hours), { stored: HOURS, repeated: 0 });
    assert.deepEqual(await importAll(engine, hours), { stored: 0, repeated: HOURS });
    assert.deepEqual(await importAll(engine, hoursOf(100, 150, 5)), { stored: 50, repeated: 0 });
    const { tMs, min, mean, max, n, tier } = await answer(engine, 0, HOURS);
    assert.deepEqual([tMs.length, tier], [HOURS, "hour"]);
    for (const hour of [0, 99, 100, 149, 150, HOURS - 1]) {
      const add = hour >= 100 && hour < 150 ? 5 : 0;
      assert.deepEqual(
        [min[hour], mean[hour], max[hour], n[hour]],
        [hour + add, hour + add + 1 / 3, hour + add + 1, 1],
      );
    }
    assert.deepEqual(await engine.store.importState("job-1"), {
      cursor: "file 1",
      done: 50,
      stored: HOURS + 50,
      repeated: HOURS,
    });
  }));

Deno.test("importHours leaves hours alone that have readings: in the tail, in chunks, as minutes, as hours", () =>
  withEngine(async (engine) => {
    const { store } = engine;
    const own = [3, 400, 700, 701, 1000];
    await store.append(groupOf(readingsOf(own, 120)), []);
    await store.append(groupOf([{ sensor: 1, tMs: START_MS + 1400 * HOUR_MS, value: 0 }]), []);
    const nowMs = START_MS + 1400 * HOUR_MS;
    const kept = { keepMs: 500 * HOUR_MS, keepMinutesMs: 900 * HOUR_MS };
    while ((await store.retain({ nowMs, ...kept })).more);
    const { tiers } = await store.stats();
    assert.ok(tiers.raw.readings > 0 && tiers.minute.readings > 0 && tiers.hour.readings > 0);
    const counts = await importAll(engine, hoursOf(0, HOURS));
    assert.deepEqual(counts, { stored: HOURS - 6, repeated: 6 });
    const { n, min } = await answer(engine, 0, HOURS);
    for (const hour of own) assert.deepEqual([n[hour], min[hour]], [120, -hour - 119]);
    assert.equal(n.reduce((sum, one) => sum + one, 0), HOURS - 6 + 5 * 120 + 1);
  }));

Deno.test("readings that come later take the place of imported hours: imported at once, others with the index", () =>
  withEngine(async (engine) => {
    const { store } = engine;
    await importAll(engine, hoursOf(0, HOURS));
    const readings = readingsOf([10, 11, 12], 50);
    await store.importReadings({
      sensor: Uint32Array.of(1),
      n: Uint32Array.of(readings.length),
      tMs: Float64Array.from(readings, (r) => r.tMs),
      value: Float64Array.from(readings, (r) => r.value),
      importer: { name: "job-2", cursor: "", done: 0 },
    });
    const total = async () => (await answer(engine, 0, HOURS)).n.reduce((sum, one) => sum + one, 0);
    assert.equal(await total(), HOURS - 3 + 150);
    await store.append(groupOf(readingsOf([20, 21], 60)), []);
    await store.append(groupOf(readingsOf([1600], 120)), []);
    await store.append(groupOf(readingsOf([1601], 120)), []);
    await clock.advance(7 * HOUR_MS);
    while (await store.compact());
    while (await store.indexHours());
    assert.equal(await total(), HOURS - 5 + 150 + 120);
    const { rows } = await engine.connection.query({
      sql: "SELECT source, count(*) FROM summaries GROUP BY 1 ORDER BY 1",
    });
    assert.deepEqual(rows.map(([source]) => source), ["imported", "index"]);
    // What changes after that is not answered from what was summed up before.
    assert.deepEqual(await importAll(engine, hoursOf(30, 32, 9)), { stored: 2, repeated: 0 });
    assert.equal((await answer(engine, 30, 32)).min[0], 39);
    await store.append(groupOf(readingsOf([40], 120)), []);
    await store.append(groupOf(readingsOf([1602], 120)), []);
    assert.equal((await answer(engine, 40, 41)).min[0], -159);
    while ((await store.forget(1)).more);
  }));
