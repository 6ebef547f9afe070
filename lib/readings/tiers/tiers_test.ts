import assert from "node:assert/strict";
import fc from "fast-check";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import {
  groupOf,
  type OpenEngine,
  openEngine,
  type TestReading,
  withDatabase,
} from "../../../tests/support/storage.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../words/times.ts";
import type { BucketResult } from "../store.ts";

const START_MS = Date.UTC(2026, 0, 1);
const SPAN_MS = 40 * DAY_MS;
const SMALL = { sealReadings: 60, journal: { turnMs: 0, leastBytes: 500, mostBytes: 1500 } };
const UNIT_MS = { raw: 1, minute: MINUTE_MS, hour: HOUR_MS };

/** What happens to a history, in any order. */
type Step =
  | { kind: "append"; fromMs: number; gapMs: number; n: number; seed: number }
  | { kind: "retain"; days: number; minuteDays: number }
  | { kind: "shrink"; share: number }
  | { kind: "replace"; fromMs: number; hours: number; seed: number }
  | { kind: "compact" | "gather" | "index" | "restart" };

const time = fc.integer({ min: 0, max: SPAN_MS }).map((ms) => START_MS + ms);
const seed = fc.integer({ min: 0, max: 1000 });
const STEPS: fc.Arbitrary<Step>[] = [
  fc.record({
    kind: fc.constant("append" as const),
    fromMs: time,
    gapMs: fc.constantFrom(1_009, 17_011, 600_011, 7_200_011),
    n: fc.integer({ min: 1, max: 150 }),
    seed,
  }),
  fc.record({
    kind: fc.constant("retain" as const),
    days: fc.integer({ min: 1, max: 30 }),
    minuteDays: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({
    kind: fc.constant("shrink" as const),
    share: fc.double({ min: 0.5, max: 0.95, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant("replace" as const),
    fromMs: time,
    hours: fc.integer({ min: 1, max: 100 }),
    seed,
  }),
  fc.record({ kind: fc.constantFrom("compact", "gather", "index", "restart") }),
];

const valueOf = (i: number, seed: number) => ((i * 7919 + seed * 131) % 2000 - 1000) / 10;

class History {
  readonly clock = fakeClock(START_MS + SPAN_MS + DAY_MS);
  readonly #byTime = new Map<number, number>();
  #engine!: OpenEngine;

  constructor(private readonly url: string) {}

  async open(): Promise<void> {
    this.#engine = await openEngine({ url: this.url, clock: this.clock, limits: SMALL });
  }

  get store() {
    return this.#engine.store;
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  readings(): { tMs: number; value: number }[] {
    return [...this.#byTime].map(([tMs, value]) => ({ tMs, value }));
  }

  async do(step: Step): Promise<void> {
    switch (step.kind) {
      case "append":
        return await this.#append(step);
      case "retain": {
        const [keepMs, keepMinutesMs] = [step.days * DAY_MS, step.minuteDays * DAY_MS];
        const nowMs = START_MS + SPAN_MS;
        while ((await this.store.retain({ nowMs, keepMs, keepMinutesMs })).more);
        return;
      }
      case "shrink":
        return await this.#shrink(step.share);
      case "replace":
        return await this.#replace(step);
      case "compact":
        while (await this.store.compact());
        return;
      case "gather":
        while (await this.store.gather());
        return;
      case "index":
        await this.clock.advance(7 * HOUR_MS);
        while (await this.store.indexHours());
        return;
      case "restart":
        await this.close();
        return await this.open();
    }
  }

  async #append({ fromMs, gapMs, n, seed }: Step & { kind: "append" }): Promise<void> {
    const group: TestReading[] = [];
    for (let i = 0; i < n; i++) {
      const reading = { sensor: 1, tMs: fromMs + i * gapMs, value: valueOf(i, seed) };
      if (reading.tMs >= START_MS + SPAN_MS || this.#byTime.has(reading.tMs)) continue;
      this.#byTime.set(reading.tMs, reading.value);
      group.push(reading);
      // Another one fills the journal, so that what is silent is sealed.
      group.push({ sensor: 2, tMs: START_MS + SPAN_MS - 1, value: 0, seq: this.#seq++ });
    }
    if (group.length > 0) await this.store.append(groupOf(group), []);
  }
  #seq = 0;

  /** Down to a share of its size, but never so far that hours are deleted. */
  async #shrink(share: number): Promise<void> {
    const { chunkBytes, chunks } = await this.store.stats();
    const maxBytes = share * (chunkBytes + chunks * 1024);
    while ((await this.store.stats()).tiers.hour.readings === 0) {
      if (!(await this.store.retain({ nowMs: START_MS, maxBytes })).more) return;
    }
  }

  async #replace({ fromMs, hours, seed }: Step & { kind: "replace" }): Promise<void> {
    const toMs = fromMs + hours * HOUR_MS;
    const times = Array.from({ length: hours }, (_, i) => fromMs + i * HOUR_MS + 7);
    const tMs = Float64Array.from(times);
    const value = Float64Array.from(times, (_, i) => valueOf(i, seed));
    let keptMs = fromMs;
    for (let atMs = fromMs; atMs < toMs;) {
      const step = await this.store.replace({ sensor: 1, fromMs: atMs, toMs, tMs, value }, []);
      keptMs = Math.max(keptMs, step.keptUntilMs ?? 0);
      atMs = step.toMs;
    }
    for (const t of [...this.#byTime.keys()]) {
      if (t >= keptMs && t < toMs) this.#byTime.delete(t);
    }
    times.forEach((t, i) => t >= keptMs && this.#byTime.set(t, value[i]));
  }

  /** The answer to a question that begins and ends at full hours is that of all readings ever. */
  async check(fromHour: number, hours: number, points: number): Promise<void> {
    const fromMs = START_MS + fromHour * HOUR_MS;
    const toMs = fromMs + hours * HOUR_MS;
    const answer = await this.store.buckets({ sensor: 1, fromMs, toMs, points });
    assert.ok(answer.tMs.length <= points || answer.bucketMs === UNIT_MS[answer.tier]);
    assert.ok(answer.bucketMs >= UNIT_MS[answer.tier]);
    assert.deepEqual(columnsOf(answer), this.#expected(fromMs, toMs, answer.bucketMs));
    const raw = await this.store.raw({ sensor: 1, fromMs, toMs, limit: 100_000 });
    const isWhole = answer.tier === "raw";
    assert.equal(raw.summedUntilMs === null, isWhole);
    if (isWhole) assert.equal(raw.tMs.length, sumOf(answer.n));
  }

  #expected(fromMs: number, toMs: number, bucketMs: number) {
    const buckets = new Map<number, number[]>();
    for (const [tMs, value] of this.#byTime) {
      if (tMs < fromMs || tMs >= toMs) continue;
      const at = Math.floor(tMs / bucketMs) * bucketMs;
      buckets.set(at, [...buckets.get(at) ?? [], value]);
    }
    return [...buckets].sort(([a], [b]) => a - b).map(([at, values]) => ({
      at,
      n: values.length,
      min: Math.min(...values),
      max: Math.max(...values),
      sum: Math.round(sumOf(values) * 10),
    }));
  }
}

const sumOf = (numbers: Iterable<number>) => [...numbers].reduce((sum, x) => sum + x, 0);

function columnsOf({ tMs, n, min, max, mean }: BucketResult) {
  return [...tMs].map((at, i) => ({
    at,
    n: n[i],
    min: min[i],
    max: max[i],
    sum: Math.round(mean[i] * n[i] * 10),
  }));
}

Deno.test("tiers add up to every reading that was ever appended, whatever came in which order", () =>
  withDatabase(async (empty) => {
    await (await openEngine({ url: empty })).close();
    const hour = fc.integer({ min: 0, max: 40 * 24 });
    const question = fc.tuple(
      hour,
      fc.integer({ min: 1, max: 960 }),
      fc.integer({ min: 1, max: 500 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...STEPS, STEPS[0], STEPS[1]), { minLength: 4, maxLength: 14 }),
        fc.array(question, { minLength: 2, maxLength: 2 }),
        (steps, questions) =>
          withDatabase(async (url) => {
            await Deno.copyFile(empty.slice("file:".length), url.slice("file:".length));
            const history = new History(url);
            await history.open();
            for (const step of steps) {
              await history.do(step);
              await history.check(0, 40 * 24, 40 * 24);
            }
            for (const [from, hours, points] of questions) await history.check(from, hours, points);
            await history.close();
          }),
      ),
      { numRuns: Number(Deno.env.get("TIERS_RUNS") ?? 12), endOnFailure: true },
    );
  }));
