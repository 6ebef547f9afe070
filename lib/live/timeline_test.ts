import assert from "node:assert/strict";
import { directoryOf } from "../../tests/support/directory.ts";
import { groupOf, openEngine, withDatabase } from "../../tests/support/storage.ts";
import { DEFAULT_SETTINGS, type SensorSettings } from "../machines/sensor_settings.ts";
import { PERCH } from "./past.ts";
import type { StatusChange } from "./past_store.ts";
import { createTrends, lasted, type Trend } from "./timeline.ts";

const START_MS = Date.UTC(2026, 0, 1);
type Change = readonly [atS: number, status: StatusChange["status"]];

/** The trend over readings given as [seconds, value], one sensor of 1 s, and how it was judged when. */
async function trendOf(
  given: readonly (readonly [number, number])[],
  { own, perch = [[0, "normal"]], settings = {} }: {
    own: readonly Change[];
    perch?: readonly Change[];
    settings?: Partial<SensorSettings>;
  },
  { fromS, toS, nowS = 1e6 }: { fromS: number; toS: number; nowS?: number },
): Promise<Trend> {
  const changes = (all: readonly Change[]) =>
    all.map(([s, status]) => ({ tMs: START_MS + s * 1000, status }));
  let trend: Trend | null = null;
  await withDatabase(async (url) => {
    const { store, close } = await openEngine({ url });
    const [sensor] = directoryOf([{
      name: "hall/press/s",
      settings: { ...DEFAULT_SETTINGS, ...settings },
    }]).all();
    const readings = given.map(([s, value]) => ({ sensor: 1, tMs: START_MS + s * 1000, value }));
    await store.append(groupOf(readings), []);
    const trends = createTrends({
      readings: store,
      past: (subject) => Promise.resolve(changes(subject === PERCH ? perch : own)),
      silenceMs: () => 3000,
      nowMs: () => START_MS + nowS * 1000,
    });
    trend = await trends.of(sensor, {
      fromMs: START_MS + fromS * 1000,
      toMs: START_MS + toS * 1000,
      points: 500,
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

Deno.test("createTrends tells how it was judged then, whatever the limits are now", async () => {
  const own: Change[] = [[0, "normal"], [10, "warning"], [20, "critical"], [25, "offline"], [
    40,
    "normal",
  ]];
  const readings = [...every(0, 10, 50), ...every(10, 20, 85), ...every(20, 25, 95)];
  const raised = { warning_high: 200, critical_high: 300 };
  const trend = await trendOf(readings, { own, settings: raised }, { fromS: 5, toS: 60, nowS: 50 });
  assert.deepEqual(shown(trend), [
    "5-10 normal",
    "10-20 warning",
    "20-25 critical",
    "25-40 none",
    "40-50 normal",
  ]);
  assert.equal(lasted(trend.spans).critical, 5_000);
});

Deno.test("createTrends says what nobody judged: readings of before, and without Perch", async () => {
  const trend = await trendOf(
    [...every(0, 10, 95), ...every(20, 40, 95)],
    { own: [[20, "normal"]], perch: [[20, "normal"], [30, "unknown"], [35, "normal"]] },
    { fromS: 0, toS: 40 },
  );
  assert.deepEqual(shown(trend), [
    "0-9.1 unknown",
    "9.1-20 none",
    "20-30 normal",
    "30-35 unknown",
    "35-40 normal",
  ]);
});
