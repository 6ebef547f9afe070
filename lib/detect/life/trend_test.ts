import assert from "node:assert/strict";
import { randomFrom } from "../forest/isolation.ts";
import type { History, KnownLife, UnknownLife } from "./life.ts";
import { estimateLife } from "./trend.ts";

const DAY = 86_400_000, HOUR = DAY / 24;

function history(days: number, value: (day: number) => number, over: Partial<History> = {}) {
  const random = randomFrom(5);
  const n = Math.round(days * 24);
  const noise = () => random() + random() + random() + random() - 2;
  return {
    tMs: Float64Array.from({ length: n }, (_, i) => i * HOUR),
    value: Float64Array.from({ length: n }, (_, i) => value(i / 24) + noise()),
    limit: 100,
    side: "high" as const,
    nowMs: n * HOUR,
    ...over,
  };
}

const known = (h: History): KnownLife => {
  const life = estimateLife(h);
  assert.ok(life.known, life.text);
  return life;
};
const unknown = (h: History): UnknownLife => {
  const life = estimateLife(h);
  assert.ok(!life.known, life.text);
  return life;
};

Deno.test("estimateLife finds the day a steady rise reaches the limit", () => {
  const life = known(history(30, (d) => 50 + d));
  assert.ok(Math.abs(life.remainingMs / DAY - 20) < 0.7, life.text);
  assert.ok(life.lowMs < 20 * DAY && life.highMs > 20 * DAY, life.text);
  assert.ok(Math.abs(life.perDay - 1) < 0.05);
  assert.ok(life.confidence > 0.7);
});

Deno.test("estimateLife works towards a low limit", () => {
  const life = known(history(30, (d) => 50 - d, { limit: 10, side: "low" }));
  assert.ok(Math.abs(life.remainingMs / DAY - 10) < 0.7, life.text);
});

Deno.test("estimateLife is not moved by outliers", () => {
  const h = history(30, (d) => 50 + d);
  for (let i = 7; i < h.value.length; i += 11) h.value[i] = 500;
  assert.ok(Math.abs(known(h).remainingMs / DAY - 20) < 1.5);
});

Deno.test("estimateLife follows wear that has picked up pace", () => {
  const life = known(history(40, (d) => d < 25 ? 50 : 50 + 2 * (d - 25)));
  assert.ok(life.remainingMs < 16 * DAY && life.remainingMs > 6 * DAY, life.text);
});

Deno.test("estimateLife's interval holds the truth about nine times in ten", () => {
  let inside = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const random = randomFrom(seed);
    const value = Float64Array.from(
      { length: 100 },
      (_, i) => 50 + 0.2 * i + 4 * (random() + random() + random() - 1.5),
    );
    const tMs = Float64Array.from(value, (_, i) => i * HOUR);
    const life = estimateLife({ tMs, value, limit: 90, side: "high", nowMs: 99 * HOUR });
    if (life.known && life.lowMs <= 101 * HOUR && life.highMs >= 101 * HOUR) inside++;
  }
  assert.ok(inside >= 85, `${inside} of 100`);
});

Deno.test("estimateLife says unknown, and why", () => {
  assert.equal(unknown(history(0.2, (d) => 50 + d)).why, "too_short");
  assert.equal(unknown(history(30, () => 50)).why, "no_trend");
  assert.equal(unknown(history(30, (d) => 90 - d)).why, "moving_away");
  assert.equal(unknown(history(30, (d) => 50 + 0.1 * d)).why, "too_far");
  assert.equal(unknown(history(30, (d) => 50 + d, { nowMs: 60 * DAY })).why, "stale");
});

Deno.test("estimateLife says when the limit is reached already", () => {
  const life = known(history(30, (d) => 80 + d));
  assert.equal(life.remainingMs, 0);
  assert.match(life.text, /reached/);
});

Deno.test("estimateLife takes empty, constant and broken histories", () => {
  const empty = new Float64Array(0);
  const base = { limit: 1, side: "high" as const, nowMs: 0 };
  assert.equal(unknown({ tMs: empty, value: empty, ...base }).why, "too_short");
  const same = new Float64Array(500);
  assert.equal(unknown({ tMs: same, value: same, ...base }).why, "too_short");
  const h = history(30, (d) => 50 + d);
  for (let i = 0; i < 300; i++) h.value[i * 2] = i % 2 ? NaN : Infinity;
  assert.ok(Math.abs(known(h).remainingMs / DAY - 20) < 2);
});
