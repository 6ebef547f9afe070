/** History at a real VictoriaMetrics: the same answers as from the disk, whatever is kept where. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createOutgoing } from "../../lib/base/create_outgoing.ts";
import { compare } from "../../lib/history/compare.ts";
import { createHistoryServer, METRIC } from "../../lib/history/server.ts";
import type { BucketResult } from "../../lib/readings/store.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/words/times.ts";
import { startHistory } from "../support/history_site.ts";
import { groupOf, openEngine, type TestReading, withDatabase } from "../support/storage.ts";
import { haveVictoria, startVictoria } from "../support/victoria.ts";

const START_MS = Date.UTC(2026, 0, 28);
const SPAN_MS = 6 * DAY_MS;
const END_MS = START_MS + SPAN_MS;
const SMALL = { sealReadings: 400, journal: { turnMs: 0, leastBytes: 500, mostBytes: 1500 } };

/** Readings of a sensor at uneven times, some of them at the same, in the order in which they come. */
function made(sensor: number, n: number): TestReading[] {
  const readings: TestReading[] = [];
  let seed = sensor * 7919 + 1;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let i = 0; i < n; i++) {
    const tMs = START_MS + Math.floor(i * SPAN_MS / n + random() * 50_000);
    readings.push({ sensor, tMs, value: Math.round(random() * 1e6 - 3e5) / 1000 });
    if (i % 50 === 0) readings.push({ sensor, tMs, value: Math.round(random() * 1e5) / 100 });
  }
  return readings.sort((a, b) => a.tMs - b.tMs);
}

interface Bucket {
  n: number;
  min: number;
  max: number;
  sum: number;
}

/** What a bucket answer should be, from the ledger alone. */
function expected(ledger: readonly TestReading[], from: number, to: number, width: number) {
  const buckets = new Map<number, Bucket>();
  for (const { tMs, value } of ledger) {
    if (tMs < from || tMs >= to) continue;
    const at = Math.floor(tMs / width) * width;
    const one = buckets.get(at) ?? { n: 0, min: Infinity, max: -Infinity, sum: 0 };
    one.n++;
    one.min = Math.min(one.min, value);
    one.max = Math.max(one.max, value);
    one.sum += value;
    buckets.set(at, one);
  }
  return [...buckets].sort(([a], [b]) => a - b);
}

function assertSame(found: BucketResult, wanted: [number, Bucket][], what: string): void {
  assert.deepEqual([...found.tMs], wanted.map(([at]) => at), `${what}: starts`);
  assert.deepEqual([...found.n], wanted.map(([, { n }]) => n), `${what}: counts`);
  assert.deepEqual([...found.min], wanted.map(([, { min }]) => min), `${what}: least`);
  assert.deepEqual([...found.max], wanted.map(([, { max }]) => max), `${what}: largest`);
  wanted.forEach(([, { sum, n }], i) => {
    assert.ok(
      Math.abs(found.mean[i] - sum / n) < 1e-9,
      `${what}: mean ${found.mean[i]}, ${sum / n}`,
    );
  });
}

Deno.test({
  name: "a history server keeps whole numbers exactly and eleven digits of others, within 1e-12",
  ignore: !haveVictoria(),
  fn: async () => {
    await using victoria = await startVictoria();
    const outgoing = createOutgoing({
      allowed: () => [],
      opened: ["127.0.0.1"],
      ownPorts: () => [],
    });
    const place = { url: victoria.url, authorization: null, trusted: true };
    const server = createHistoryServer({ outgoing, place });
    let series = 0;
    /** How many come back as others, and how far they are off at most. */
    const kept = async (values: readonly number[]) => {
      const name = `s${series++}`;
      const tMs = Float64Array.from(values, (_, i) => START_MS + i * 1_000);
      const labels = [["__name__", METRIC], ["case", name]] as const;
      await server.write([{ labels, tMs, value: Float64Array.from(values) }]);
      await server.flush();
      const { value } = await server.readings({ case: name }, { fromMs: START_MS, toMs: END_MS });
      assert.equal(value.length, values.length);
      const off = values.map((one, i) => Math.abs(value[i] - one) / Math.abs(one || 1));
      return { others: off.filter((one) => one > 0).length, most: Math.max(...off) };
    };
    const of = (digits: number) =>
      made(3, 300).map(({ value }) => Number((Math.PI * value).toPrecision(digits)));
    const whole = [...of(17).map((value) => Math.round(value * 1e10)), Number.MAX_SAFE_INTEGER];
    assert.deepEqual(await kept(whole), { others: 0, most: 0 });
    assert.deepEqual(await kept(of(11)), { others: 0, most: 0 });
    const { others, most } = await kept(of(16));
    assert.ok(others > 250 && most > 1e-14 && most < 1e-12, `${others} of 306 by ${most}`);
  },
});

Deno.test("a history server answers what the disk has no more, exactly, and the seam is not seen", async () => {
  if (!haveVictoria()) return;
  await using victoria = await startVictoria();
  await withDatabase(async (url) => {
    const engine = await openEngine({ url, limits: SMALL });
    const { store } = engine;
    const ledger = made(1, 6_000);
    // A fifth comes late.
    const isLate = (i: number) => i % 5 === 3;
    const append = async (readings: TestReading[]) => {
      for (let at = 0; at < readings.length; at += 200) {
        await store.append(groupOf(readings.slice(at, at + 200)), []);
      }
    };
    await append(ledger.filter((_, i) => !isLate(i)));
    const site = startHistory(engine, victoria.url);
    try {
      await site.sent();
      await append(ledger.filter((_, i) => isLate(i)));
      while (await store.compact());
      await site.sent();
      while ((await store.retain({ nowMs: END_MS, keepMs: 2 * DAY_MS, keepUnsent: true })).more);
      const { summedUntilMs } = await store.reach({ sensor: 1, fromMs: START_MS, toMs: END_MS });
      assert.ok(summedUntilMs !== null && summedUntilMs > START_MS + 2 * DAY_MS);

      const { buckets, raw } = site.history.readings;
      const time = fc.integer({ min: 0, max: SPAN_MS - 1 });
      await fc.assert(
        fc.asyncProperty(
          time,
          fc.constantFrom(90_000, 40 * MINUTE_MS, 7 * HOUR_MS, 3 * DAY_MS),
          fc.constantFrom(1, 7, 60, 600),
          fc.boolean(),
          async (at, span, points, isRound) => {
            const unitMs = isRound ? MINUTE_MS : 1;
            const fromMs = Math.floor((START_MS + at) / unitMs) * unitMs;
            const toMs = fromMs + span;
            const found = await buckets({ sensor: 1, fromMs, toMs, points });
            assert.equal(found.elsewhere?.failure ?? null, null);
            // Minutes on the disk belong to the range in which they begin, as ever.
            const isCoarse = found.elsewhere === undefined && fromMs < summedUntilMs;
            if (isCoarse && (!isRound || span % MINUTE_MS !== 0)) return;
            const wanted = expected(ledger, fromMs, toMs, found.bucketMs);
            assertSame(found, wanted, `${fromMs} to ${toMs}, ${points} points`);
          },
        ),
        { numRuns: 60 },
      );

      // The readings themselves, page by page over the seam.
      const pages: number[][] = [];
      let cursor: string | undefined;
      do {
        const page = await raw({ sensor: 1, fromMs: START_MS, toMs: END_MS, limit: 700, cursor });
        assert.equal(page.summedUntilMs, null);
        for (let i = 0; i < page.tMs.length; i++) pages.push([page.tMs[i], page.value[i]]);
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
      const byTime = (a: number[], b: number[]) => a[0] - b[0] || a[1] - b[1];
      assert.deepEqual(
        pages.sort(byTime),
        ledger.map(({ tMs, value }) => [tMs, value]).sort(byTime),
      );
    } finally {
      await site.stop();
      await engine.close();
    }
  });
});

Deno.test("a history server forgets what readings were before they became others, and nothing else", async () => {
  if (!haveVictoria()) return;
  await using victoria = await startVictoria();
  await withDatabase(async (url) => {
    const engine = await openEngine({ url, limits: SMALL });
    const { store } = engine;
    const ledger = made(2, 3_000);
    for (let at = 0; at < ledger.length; at += 200) {
      await store.append(groupOf(ledger.slice(at, at + 200)), []);
    }
    const site = startHistory(engine, victoria.url);
    const all = { fromMs: START_MS, toMs: END_MS + DAY_MS };
    const outgoing = createOutgoing({
      ...{ allowed: () => [], opened: ["127.0.0.1"], ownPorts: () => [] },
    });
    const place = { url: victoria.url, authorization: null, trusted: true };
    const server = createHistoryServer({ outgoing, place });
    const there = () => server.readings({ site: "site-1", sensor_id: "s-2" }, all);
    try {
      await site.sent();
      // Over the end of a month; a third of the readings, others.
      const range = {
        fromMs: Date.UTC(2026, 0, 31, 20),
        toMs: Date.UTC(2026, 1, 1, 4),
      };
      const fresh = Array.from({ length: 40 }, (_, i) => range.fromMs + i * 600_000);
      for (let fromMs = range.fromMs; fromMs < range.toMs;) {
        const { toMs } = await store.replace({
          ...{ sensor: 2, fromMs, toMs: range.toMs },
          tMs: Float64Array.from(fresh),
          value: Float64Array.from(fresh, (_, i) => i / 8),
        }, []);
        fromMs = toMs;
      }
      site.history.changed();
      await site.sent();
      await server.flush();
      const ours = await store.sealed({ sensor: 2, ...all });
      assert.ok(ours.tMs.length > 2_000);
      assert.deepEqual(compare(ours, await there()), {
        missing: { tMs: new Float64Array(0), value: new Float64Array(0) },
        extra: 0,
      });
    } finally {
      await site.stop();
      await engine.close();
    }
  });
});
