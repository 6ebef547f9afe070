import assert from "node:assert/strict";
import fc from "fast-check";
import { groupOf, openEngine, withDatabase } from "../../tests/support/storage.ts";
import type { ReadingsStore } from "./store.ts";

const START_MS = Date.UTC(2026, 0, 1);
const SMALL = {
  sealReadings: 40,
  tailReadingsMost: 200,
  journal: { turnMs: 0, leastBytes: 500, mostBytes: 1_000 },
};

type Step =
  | { do: "append"; sensor: number; at: number; n: number }
  | { do: "replace"; from: number; to: number; n: number; by: number }
  | { do: "open again" }
  | { do: "compact" };

const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({
      do: fc.constant("append" as const),
      sensor: fc.constantFrom(1, 1, 1, 2),
      at: fc.integer({ min: 0, max: 900 }),
      n: fc.integer({ min: 1, max: 60 }),
    }),
    fc.record({
      do: fc.constant("replace" as const),
      from: fc.integer({ min: 0, max: 900 }),
      to: fc.integer({ min: 1, max: 1200 }),
      n: fc.integer({ min: 0, max: 50 }),
      by: fc.integer({ min: 1, max: 5 }),
    }),
    fc.record({ do: fc.constant("open again" as const) }),
    fc.record({ do: fc.constant("compact" as const) }),
  ),
  { minLength: 5, maxLength: 40 },
);

async function all(store: ReadingsStore, sensor: number): Promise<[number, number][]> {
  const { tMs, value } = await store.raw({
    sensor,
    fromMs: START_MS,
    toMs: START_MS + 1e9,
    limit: 1e5,
  });
  return Array.from(tMs, (t, i) => [t, value[i]]);
}

Deno.test("replacing: readings of a stretch are others from then on, also over a restart and after merging", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      await withDatabase(async (url) => {
        let engine = await openEngine({ url, limits: SMALL });
        const kept = new Map<number, [number, number][]>([[1, []], [2, []]]);
        let mark = 0;
        try {
          for (const step of list) {
            if (step.do === "append") {
              const mine = kept.get(step.sensor)!;
              const readings = Array.from({ length: step.n }, (_, i) => ({
                sensor: step.sensor,
                tMs: START_MS + (step.at + i) * 1000,
                value: ++mark / 8,
              }));
              await engine.store.append(groupOf(readings), []);
              for (const { tMs, value } of readings) mine.push([tMs, value]);
              mine.sort((a, b) => a[0] - b[0]);
            } else if (step.do === "replace") {
              const fromMs = START_MS + step.from * 1000;
              const toMs = fromMs + step.to * 1000;
              const fresh: [number, number][] = Array.from(
                { length: Math.min(step.n, Math.floor(step.to / step.by)) },
                (_, i) => [fromMs + i * step.by * 1000, ++mark / 8],
              );
              for (let at = fromMs; at < toMs;) {
                const rest = fresh.filter(([t]) => t >= at);
                const done = await engine.store.replace({
                  sensor: 1,
                  fromMs: at,
                  toMs,
                  tMs: Float64Array.from(rest, ([t]) => t),
                  value: Float64Array.from(rest, ([, v]) => v),
                }, []);
                assert.ok(done.toMs > at);
                at = done.toMs;
              }
              const others = kept.get(1)!.filter(([t]) => t < fromMs || t >= toMs);
              kept.set(1, [...others, ...fresh].sort((a, b) => a[0] - b[0]));
            } else if (step.do === "compact") {
              while (await engine.store.compact());
            } else {
              await engine.close();
              engine = await openEngine({ url, limits: SMALL });
            }
            for (const [sensor, expected] of kept) {
              assert.deepEqual(await all(engine.store, sensor), expected);
              const last = (await engine.store.lastValues()).find((one) => one.sensor === sensor);
              assert.equal(last?.tMs || undefined, expected.at(-1)?.[0]);
            }
          }
          assert.equal((await engine.store.stats()).readings, [...kept.values()].flat().length);
          assert.deepEqual(await engine.store.damage(), []);
        } finally {
          await engine.close();
        }
      });
    }),
    { numRuns: 5 },
  );
});

Deno.test("replacing: what goes into the transaction is written with the last step, or not at all", async () => {
  await withDatabase(async (url) => {
    const { store, connection, close } = await openEngine({ url, limits: SMALL });
    await store.append(
      groupOf(Array.from({ length: 900 }, (_, i) => ({ sensor: 1, tMs: START_MS + i, value: i }))),
      [],
    );
    const bad = [{ sql: "INSERT INTO no_such_table VALUES (1)" }];
    const none = { tMs: new Float64Array(0), value: new Float64Array(0) };
    const range = { sensor: 1, fromMs: START_MS, toMs: START_MS + 500 };
    await assert.rejects(store.replace({ ...range, ...none }, bad));
    assert.equal((await all(store, 1)).length, 900);
    const { rows } = await connection.query({ sql: "SELECT count(*) FROM series" });
    await store.replace({ ...range, ...none }, [{ sql: "DELETE FROM series WHERE sensor = 77" }]);
    assert.equal((await all(store, 1)).length, 400);
    assert.ok(Number(rows[0][0]) <= 1);
    await close();
  });
});
