import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { groupOf, openEngine, withDatabase } from "../../tests/support/storage.ts";
import { silentLog } from "../base/log.ts";
import type { Settings } from "../settings/settings.ts";
import { DAY_MS } from "../words/times.ts";
import type { Storage } from "./storage.ts";
import { TRIM_MOST } from "../live/past_store.ts";
import { houseKeeping, readingsUpkeep } from "./upkeep.ts";

const OLD_MS = Date.UTC(2024, 0, 1);
const DAYS: Record<string, number> = { "retention.days": 30, "retention.minute_days": 60 };

Deno.test("upkeep: a minute that an import is in the middle of is not summed up before the rest of it comes", async () => {
  await withDatabase(async (url) => {
    const { store: readings, close } = await openEngine({ url });
    const clock = fakeClock();
    const newest = { sensor: 1, tMs: OLD_MS + 400 * DAY_MS, value: 0 };
    await readings.append(groupOf([newest]), []);
    let isImporting = true;
    const stop = new AbortController();
    const task = readingsUpkeep({
      clock: { ...clock, deletionMs: () => newest.tMs, isTrusted: () => true } as never,
      log: silentLog(),
      storage: { readings } as Storage,
      settings: { get: (key: string) => DAYS[key] ?? 0 } as unknown as Settings,
      paused: () => false,
      mayGo: () => "all",
      importing: () => Promise.resolve(isImporting),
    });
    const running = task.run(stop.signal).catch((error) => {
      if (!stop.signal.aborted) throw error;
    });
    /** Half a minute. */
    const importHalf = (n: number) =>
      readings.importReadings({
        sensor: Uint32Array.of(1),
        n: Uint32Array.of(30),
        tMs: Float64Array.from({ length: 30 }, (_, i) => OLD_MS + (30 * n + i) * 1000),
        value: new Float64Array(30).fill(n),
        importer: { name: "one", cursor: "", done: 0 },
      });
    const rounds = async () => {
      for (let i = 0; i < 100; i++) await clock.advance(20_000);
    };
    await importHalf(0);
    await rounds();
    assert.equal((await importHalf(1)).stored, 30, "nothing of it is taken for what was there");
    isImporting = false;
    await rounds();
    const range = { sensor: 1, fromMs: OLD_MS, toMs: OLD_MS + DAY_MS };
    const { n, tier } = await readings.buckets({ ...range, points: 1 });
    assert.deepEqual([[...n], tier], [[60], "hour"]);
    stop.abort();
    await running;
    await close();
  });
});

Deno.test("house-keeping: past statuses are trimmed until no more are too many, a step at a time", async () => {
  const clock = fakeClock();
  const trimmed: number[] = [];
  const write = (statements: readonly { sql: string }[]) => {
    const isTrim = statements.length === 1 && statements[0].sql.includes("status_changes");
    const rowsAffected = isTrim && trimmed.length < 3 ? TRIM_MOST : 7;
    if (isTrim) trimmed.push(rowsAffected);
    return Promise.resolve([{ rows: [], rowsAffected }]);
  };
  const stop = new AbortController();
  const running = houseKeeping({
    clock: { ...clock, deletionMs: clock.now } as never,
    storage: { db: { write } } as unknown as Storage,
  }).run(stop.signal).catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  await clock.advance(60_000);
  assert.deepEqual(trimmed, [TRIM_MOST, TRIM_MOST, TRIM_MOST, 7]);
  stop.abort();
  await running;
});
