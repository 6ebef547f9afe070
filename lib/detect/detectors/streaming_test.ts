import assert from "node:assert/strict";
import type { Finding } from "../detector.ts";
import { streaming } from "./streaming.ts";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const START = Date.UTC(2026, 2, 1);

/** Sum of twelve uniform numbers: near enough to a normal distribution. */
function noise(seed: number): () => number {
  let s = seed >>> 0;
  const uniform = () => (s = (Math.imul(s, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += uniform();
    return sum;
  };
}

function run(everyMs: number, n: number, value: (i: number, tMs: number) => number | null) {
  const state = streaming.create(streaming.options.parse({}));
  const findings: (Finding & { i: number })[] = [];
  for (let i = 0; i < n; i++) {
    const tMs = START + i * everyMs;
    const v = value(i, tMs);
    if (v === null) continue;
    for (const f of streaming.step(state, { kind: "reading", tMs, value: v })) {
      findings.push({ ...f, i });
    }
  }
  return findings;
}

const course = (tMs: number) => 20 + 5 * Math.sin(2 * Math.PI * tMs / DAY);

Deno.test("streaming stays quiet on noise with a daily course, and more so with age", () => {
  const e = noise(1);
  const found = run(MINUTE, 14 * 1440, (_, t) => course(t) + 0.3 * e());
  const firstDays = found.filter((f) => f.i < 2 * 1440).length;
  const lastWeek = found.filter((f) => f.i >= 7 * 1440).length;
  assert.ok(firstDays <= 8, `${firstDays} in the first two days`);
  assert.ok(lastWeek <= 7, `${lastWeek} in the second week`);
});

Deno.test("streaming raises no more false alarms at 1 Hz than by the minute", () => {
  const e = noise(2);
  const found = run(1000, 2 * 86_400, (_, t) => course(t) + 0.3 * e());
  const secondDay = found.filter((f) => f.i >= 86_400).length;
  assert.ok(secondDay <= 8, `${secondDay} on the second day`);
});

Deno.test("streaming is silent on a constant and on a perfect square wave", () => {
  assert.deepEqual(run(5 * MINUTE, 5000, () => 7), []);
  assert.deepEqual(
    run(5 * MINUTE, 5000, (i) => i % 288 < 96 ? 80 : 20).filter((f) => f.i > 576),
    [],
  );
});

Deno.test("streaming sees a spike soon after its warm-up and says what was expected", () => {
  const e = noise(3);
  const found = run(1000, 400, (i) => 50 + e() + (i === 350 ? 25 : 0));
  const spike = found.find((f) => f.i === 350);
  assert.ok(spike, "found in the very reading");
  assert.ok(spike.score >= 0.5 && spike.severity === "warning");
  assert.ok(spike.reason.text.length > 0);
});

Deno.test("streaming names value, expectation and range when the point itself is odd", () => {
  const e = noise(4);
  const at = 10 * 288 + 100;
  const found = run(5 * MINUTE, 12 * 288, (i, t) => course(t) + 0.2 * e() + (i === at ? 6 : 0));
  const spike = found.find((f) => f.i === at);
  assert.ok(spike);
  const { component, value, expectedLow, expectedHigh } = spike.reason;
  assert.equal(component, "point");
  assert.ok(value! > expectedHigh! && expectedHigh! > expectedLow!);
  assert.ok(Math.abs((expectedLow! + expectedHigh!) / 2 - course(START + at * 5 * MINUTE)) < 0.6);
  assert.match(spike.reason.text, /usual at this time of day/);
});

Deno.test("streaming sees a day that does not come, though every value in it is an old one", () => {
  const e = noise(5);
  const value = (i: number) =>
    i % 288 >= 100 && i % 288 < 220 && Math.floor(i / 288) !== 10 ? 80 : 20;
  const found = run(5 * MINUTE, 14 * 288, (i) => value(i) + e());
  const hit = found.find((f) => f.i >= 10 * 288 + 100 && f.i < 10 * 288 + 220);
  assert.ok(hit && hit.i < 10 * 288 + 110, `first found at ${hit?.i}`);
});

Deno.test("streaming reports a level shift once and takes the new level for usual", () => {
  const e = noise(6);
  const shift = 6 * 288;
  const found = run(5 * MINUTE, 20 * 288, (i) => 50 + e() + (i >= shift ? 15 : 0));
  const after = found.filter((f) => f.i >= shift);
  assert.ok(after.length >= 1 && after[0].i <= shift + 2);
  assert.ok(after.filter((f) => f.i > shift + 20).length <= 3, "and then lets it be");
});

Deno.test("streaming sees unrest inside the usual range", () => {
  const e = noise(7);
  const from = 8 * 288;
  const swing = (i: number) => i >= from && i < from + 100 ? 12 * (i % 2 ? 1 : -1) : 0;
  const slow = (t: number) => 20 * Math.sin(2 * Math.PI * t / (7 * HOUR));
  const found = run(5 * MINUTE, 10 * 288, (i, t) => slow(t) + e() + swing(i));
  const hit = found.find((f) => f.i >= from && f.i < from + 100);
  assert.ok(hit);
  assert.equal(hit.reason.component, "activity");
});

Deno.test("streaming sees a sensor that moves no more, though its value is a usual one", () => {
  const e = noise(11);
  const from = 8 * 288;
  const value = (i: number) => i >= from && i < from + 60 ? 50 : 50 + e();
  const found = run(5 * MINUTE, 10 * 288, value);
  const hit = found.find((f) => f.i >= from && f.i < from + 60);
  assert.ok(hit);
  assert.equal(hit.reason.component, "still");
  assert.match(hit.reason.text, /^moves by .* of late, .* is usual/);
});

Deno.test("streaming lets one small record be, and reports it when it comes again at once", () => {
  const from = 8 * 288;
  const records = (slots: readonly number[]) => {
    const e = noise(12);
    const found = run(
      5 * MINUTE,
      9 * 288,
      (i) => slots.includes(i - from) ? 53.6 : 50 + Math.max(-3, Math.min(3, e())),
    );
    return found.filter((f) => f.i >= from && f.i < from + 10).length;
  };
  assert.equal(records([0]), 0);
  assert.equal(records([0, 1, 3]), 1);
});

Deno.test("streaming is not upset by a gap", () => {
  const e = noise(8);
  const gap = (i: number) => i >= 8 * 288 && i < 9 * 288 + 40;
  const found = run(5 * MINUTE, 12 * 288, (i, t) => gap(i) ? null : course(t) + 0.3 * e());
  const after = found.filter((f) => f.i >= 9 * 288 && f.i < 9 * 288 + 150);
  assert.ok(after.length <= 1, `${after.length} after the gap`);
});

Deno.test("streaming does not lose its judgement over one absurd value", () => {
  const e = noise(9);
  const absurd = 6 * 288, later = 8 * 288 + 50;
  const found = run(
    5 * MINUTE,
    9 * 288,
    (i, t) => i === absurd ? 1e30 : course(t) + 0.3 * e() + (i === later ? 15 : 0),
  );
  assert.ok(found.some((f) => f.i === absurd));
  assert.ok(found.some((f) => f.i === later), "a later spike is still seen");
});

Deno.test("streaming with a lower threshold finds no less and floods nobody", () => {
  const count = (threshold: number) => {
    const e = noise(10);
    const state = streaming.create(streaming.options.parse({ threshold }));
    let n = 0;
    for (let i = 0; i < 14 * 288; i++) {
      const value = course(START + i * 5 * MINUTE) + 0.3 * e() + (i % 500 === 499 ? 4 : 0);
      const input = { kind: "reading", tMs: START + i * 5 * MINUTE, value } as const;
      n += streaming.step(state, input).length;
    }
    return n;
  };
  const low = count(0.3), usual = count(0.5), high = count(0.7);
  assert.ok(low >= usual && usual >= high, `${low}, ${usual}, ${high}`);
  assert.ok(low < 150, `${low} findings`);
});
