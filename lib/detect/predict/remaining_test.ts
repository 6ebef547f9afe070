import assert from "node:assert/strict";
import type { Sensor } from "../../machines/sensor.ts";
import { DEFAULT_SETTINGS } from "../../machines/sensor_settings.ts";
import { trendLife } from "../life/trend.ts";
import { limitsSchema } from "../limits.ts";
import { lifeVerb } from "../../words/life.ts";
import type { History } from "./history.ts";
import { remainingLife } from "./remaining.ts";

const NOW = 1_800_000_000_000, HOUR = 3_600_000;
const sensor: Sensor = {
  num: 1,
  id: "bearing",
  name: "hall/press/bearing",
  machine: "hall/press",
  sensor: "bearing",
  unit: "°C",
  kind: "number",
  states: [],
  deviceUnit: null,
  otherUnits: [],
  review: "new",
  createdMs: 0,
  settings: { ...DEFAULT_SETTINGS },
  deletedMs: null,
  last: { tMs: NOW, value: 1 },
};

/** A value by its age in hours, known for `hours`. */
function historyOf(hours: number, value: (ageHours: number, i: number) => number): History {
  return {
    buckets({ fromMs, toMs, points }) {
      const bucketMs = Math.ceil((toMs - fromMs) / points! / 60_000) * 60_000;
      const tMs: number[] = [];
      for (let t = Math.ceil(fromMs / bucketMs) * bucketMs; t < NOW; t += bucketMs) {
        if (NOW - t <= hours * HOUR) tMs.push(t);
      }
      const mean = Float64Array.from(tMs, (t, i) => value((NOW - t) / HOUR, i));
      const n = new Uint32Array(tMs.length).fill(1);
      return Promise.resolve({
        bucketMs,
        tMs: Float64Array.from(tMs),
        min: mean,
        mean,
        max: mean,
        n,
        tier: "raw",
        summedUntilMs: null,
        damaged: [],
      });
    },
  };
}

const limits = limitsSchema.parse({ warningHigh: 80, criticalHigh: 90 });
const ask = (readings: History, own = [{ sensor, limits }]) =>
  remainingLife({ readings, estimator: trendLife }, own, NOW);
const noise = (i: number) => Math.sin(i * 12.9898) * 0.2;

Deno.test("remainingLife: a wear of days reaches the critical limit when its trend says", async () => {
  // 80 now, one degree in ten hours: 100 hours left.
  const life = await ask(historyOf(14 * 24, (age, i) => 80 - age / 10 + noise(i)));
  assert.ok(life.known, life.text);
  assert.equal(life.limit, 90);
  assert.ok(Math.abs(life.remainingMs / HOUR - 100) < 10, life.text);
  assert.ok(life.lowMs < life.remainingMs && life.highMs! > life.remainingMs);
});

Deno.test("remainingLife: a fault of the last hours is seen in the short history", async () => {
  const life = await ask(historyOf(14 * 24, (age, i) => 60 + noise(i) + Math.max(0, 2 - age) * 8));
  assert.ok(life.known, life.text);
  assert.ok(life.remainingMs < 4 * HOUR, life.text);
});

Deno.test("remainingLife: a limit that is crossed says since when", async () => {
  const life = await ask(historyOf(14 * 24, (age) => 96 - age));
  assert.ok(life.known && life.remainingMs === 0, life.text);
  assert.ok(Math.abs((NOW - life.crossedMs!) / HOUR - 6) < 2, String(life.crossedMs));
  assert.equal(
    lifeVerb({ ...life, crossedMs: NOW - 6 * HOUR }, "90 °C", NOW),
    "has been beyond 90 °C for 6 h",
  );
});

Deno.test("remainingLife: says why it is unknown", async () => {
  const still = await ask(historyOf(14 * 24, (_, i) => 60 + noise(i)));
  assert.ok(!still.known);
  assert.match(still.text, /unknown: no trend stands out/);
  const none = await ask(historyOf(24, () => 60), []);
  assert.match(none.text, /no sensor of this machine has a limit/);
  const short = await ask(historyOf(0.05, () => 60));
  assert.match(short.text, /not enough for a trend/);
});
