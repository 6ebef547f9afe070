import assert from "node:assert/strict";
import fc from "fast-check";
import { groupOf, openEngine, withDatabase } from "../../tests/support/storage.ts";
import { FLAG_ARRIVAL_TIME, FLAG_HAS_SEQ, FLAG_HOST_CLOCK_SUSPECT } from "./reading.ts";
import type { ReadingsStore } from "./store.ts";

const START_MS = Date.UTC(2026, 0, 1);
const SMALL = {
  sealReadings: 40,
  tailReadingsMost: 200,
  journal: { turnMs: 0, leastBytes: 500, mostBytes: 1_000 },
};
const MARKED = FLAG_ARRIVAL_TIME | FLAG_HOST_CLOCK_SUSPECT;

interface Kept {
  tMs: number;
  value: number;
  flags: number;
}

type Step =
  | { do: "append"; at: number; n: number; flags: number }
  | { do: "restamp"; from: number; to: number; by: number }
  | { do: "open again" }
  | { do: "compact" };

const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({
      do: fc.constant("append" as const),
      at: fc.integer({ min: 0, max: 900 }),
      n: fc.integer({ min: 1, max: 60 }),
      flags: fc.constantFrom(0, FLAG_ARRIVAL_TIME, MARKED, MARKED, MARKED),
    }),
    fc.record({
      do: fc.constant("restamp" as const),
      from: fc.integer({ min: 0, max: 900 }),
      to: fc.integer({ min: 1, max: 1200 }),
      by: fc.integer({ min: -300, max: 2_000 }),
    }),
    fc.record({ do: fc.constant("open again" as const) }),
    fc.record({ do: fc.constant("compact" as const) }),
  ),
  { minLength: 5, maxLength: 40 },
);

async function all(store: ReadingsStore): Promise<Kept[]> {
  const raw = await store.raw({ sensor: 1, fromMs: 0, toMs: START_MS + 1e9, limit: 1e5 });
  return sorted(Array.from(raw.tMs, (tMs, i) => ({
    ...{ tMs, value: raw.value[i] },
    flags: raw.flags[i] & ~FLAG_HAS_SEQ,
  })));
}

/** Readings of one moment stand in the order of their values here: they were made in that order. */
const sorted = (kept: readonly Kept[]) =>
  kept.toSorted((a, b) => a.tMs - b.tMs || a.value - b.value);

async function restampAll(
  store: ReadingsStore,
  { from, to, by }: { from: number; to: number; by: number },
): Promise<void> {
  const toMs = START_MS + (from + to) * 1000;
  for (let fromMs = START_MS + from * 1000; fromMs < toMs;) {
    const done = await store.restamp({ sensor: 1, fromMs, toMs, byMs: by * 1000 }, []);
    assert.ok(done.toMs > fromMs);
    fromMs = done.toMs;
  }
}

Deno.test("restamping: marked readings of a stretch move once, all others stay, none is lost or doubled", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      await withDatabase(async (url) => {
        let engine = await openEngine({ url, limits: SMALL });
        let kept: Kept[] = [];
        let mark = 0;
        try {
          for (const step of list) {
            if (step.do === "append") {
              const group = groupOf(Array.from({ length: step.n }, (_, i) => ({
                ...{ sensor: 1, tMs: START_MS + (step.at + i) * 1000, value: ++mark },
              })));
              group.flags.fill(step.flags);
              await engine.store.append(group, []);
              for (let i = 0; i < group.n; i++) {
                kept.push({ tMs: group.tMs[i], value: group.value[i], flags: step.flags });
              }
            } else if (step.do === "restamp") {
              await restampAll(engine.store, step);
              const fromMs = START_MS + step.from * 1000;
              const toMs = fromMs + step.to * 1000;
              kept = kept.map((one) => {
                const moves = one.flags === MARKED && one.tMs >= fromMs && one.tMs < toMs;
                return moves
                  ? { ...one, tMs: one.tMs + step.by * 1000, flags: FLAG_ARRIVAL_TIME }
                  : one;
              });
            } else if (step.do === "compact") {
              while (await engine.store.compact());
            } else {
              await engine.close();
              engine = await openEngine({ url, limits: SMALL });
            }
            assert.deepEqual(await all(engine.store), sorted(kept));
            const [last] = await engine.store.lastValues();
            assert.equal(last?.tMs, sorted(kept).at(-1)?.tMs);
          }
          assert.equal((await engine.store.stats()).readings, kept.length);
          assert.deepEqual(await engine.store.damage(), []);
        } finally {
          await engine.close();
        }
      });
    }),
    { numRuns: 6 },
  );
});

Deno.test("restamping: what goes into the transaction is written with the last step, or not at all", async () => {
  await withDatabase(async (url) => {
    const { store, close } = await openEngine({ url, limits: SMALL });
    const group = groupOf(
      Array.from({ length: 90 }, (_, i) => ({ sensor: 1, tMs: START_MS + i, value: i })),
    );
    group.flags.fill(MARKED);
    await store.append(group, []);
    const bad = [{ sql: "INSERT INTO no_such_table VALUES (1)" }];
    const range = { sensor: 1, fromMs: START_MS, toMs: START_MS + 500, byMs: 60_000 };
    await assert.rejects(store.restamp(range, bad));
    assert.equal((await all(store))[0].tMs, START_MS);
    await store.restamp(range, [{ sql: "DELETE FROM series WHERE sensor = 77" }]);
    assert.equal((await all(store))[0].tMs, START_MS + 60_000);
    await close();
  });
});
