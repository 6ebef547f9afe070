import assert from "node:assert/strict";
import { limitJudge } from "../app/judge.ts";
import { directoryOf } from "../../tests/support/directory.ts";
import { groupOf, openEngine, withDatabase } from "../../tests/support/storage.ts";
import { DEFAULT_SETTINGS, type SensorSettings } from "../machines/sensor_settings.ts";
import { createTrends, lasted, type Trend } from "./timeline.ts";

const START_MS = Date.UTC(2026, 0, 1);
const LIMITS = { warning_high: 80, critical_high: 90 };

/** The trend over readings given as [seconds, value], one sensor of 1 s; `nowS` ends what is judged. */
async function trendOf(
  given: readonly (readonly [number, number])[],
  settings: Partial<SensorSettings>,
  range: { fromS: number; toS: number; points?: number },
): Promise<Trend> {
  let trend: Trend | null = null;
  await withDatabase(async (url) => {
    const { store, close } = await openEngine({ url });
    const [sensor] = directoryOf([{
      name: "hall/press/s",
      settings: { ...DEFAULT_SETTINGS, ...settings },
    }]).all();
    for (let i = 0; i < given.length; i += 5000) {
      const part = given.slice(i, i + 5000);
      const readings = part.map(([s, value]) => ({ sensor: 1, tMs: START_MS + s * 1000, value }));
      await store.append(groupOf(readings), []);
    }
    const nowMs = START_MS + 1e6 * 1000;
    const trends = createTrends({
      readings: store,
      judge: limitJudge,
      silenceMs: () => 3000,
      nowMs: () => nowMs,
    });
    trend = await trends.of(sensor, {
      fromMs: START_MS + range.fromS * 1000,
      toMs: START_MS + range.toS * 1000,
      points: range.points ?? 500,
    });
    await close();
  });
  return trend!;
}

const shown = ({ spans }: Trend) =>
  spans.map(({ fromMs, toMs, status }) =>
    `${(fromMs - START_MS) / 1000}-${(toMs - START_MS) / 1000} ${status}`
  );

const every = (fromS: number, toS: number, value: number) =>
  Array.from({ length: toS - fromS }, (_, i) => [fromS + i, value] as const);

Deno.test("createTrends tells the status over a range, with gaps as gaps", async () => {
  const trend = await trendOf(
    [...every(0, 10, 50), ...every(10, 20, 85), ...every(20, 25, 95), ...every(40, 50, 50)],
    LIMITS,
    { fromS: 5, toS: 60 },
  );
  assert.deepEqual(shown(trend), [
    "5-10 normal",
    "10-20 warning",
    "20-24.001 critical",
    "24.001-40 none",
    "40-49.001 normal",
    "49.001-60 none",
  ]);
  assert.deepEqual(lasted(trend.spans).warning, 10_000);
});

Deno.test("createTrends counts hysteresis and delay as they were, also from before the range", async () => {
  const held = await trendOf(
    [...every(0, 5, 85), ...every(5, 20, 78), ...every(20, 22, 70)],
    { ...LIMITS, hysteresis: 5 },
    { fromS: 10, toS: 22 },
  );
  assert.deepEqual(shown(held), ["10-20 warning", "20-22 normal"]);
  const late = await trendOf(
    [...every(0, 10, 50), ...every(10, 30, 85)],
    { ...LIMITS, delay_ms: 5500 },
    { fromS: 0, toS: 30 },
  );
  assert.deepEqual(shown(late), ["0-16 normal", "16-30 warning"]);
  const between = await trendOf(
    [[0, 50], [10, 85], [12, 85]],
    { ...LIMITS, delay_ms: 1000 },
    { fromS: 10, toS: 13 },
  );
  assert.deepEqual(shown(between), ["10-11 normal", "11-13 warning"]);
});

Deno.test("createTrends keeps a spike of one reading in a long range visible", async () => {
  const readings = every(0, 50_000, 50).map(([s, v]) => [s, s === 30_123 ? 99 : v] as const);
  const trend = await trendOf(readings, LIMITS, { fromS: 0, toS: 50_000, points: 500 });
  assert.equal(trend.buckets.bucketMs, 120_000);
  assert.deepEqual(shown(trend), ["0-30120 normal", "30120-30240 critical", "30240-50000 normal"]);
});

Deno.test("createTrends without limits knows normal and none only", async () => {
  const trend = await trendOf([...every(0, 5, 1e6)], {}, { fromS: 0, toS: 20 });
  assert.deepEqual(shown(trend), ["0-4.001 normal", "4.001-20 none"]);
});
