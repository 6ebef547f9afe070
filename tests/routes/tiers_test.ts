/** Over HTTP: what was summed up is answered by the minute or hour, and never left out without a word. */
import assert from "node:assert/strict";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/words/times.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";

const COUNT = 12_000;
const STEP_MS = 60_000;
const SENSOR = "hall/press/oil";

/** A sensor whose first days were summed up: to hours, then to minutes; what is not sealed yet is kept. */
async function withTiers(
  run: (app: RunningApp, startMs: number) => Promise<void>,
): Promise<void> {
  const app = await runApp({});
  try {
    const endMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const startMs = endMs - COUNT * STEP_MS;
    for (let from = 0; from < COUNT; from += 4_000) {
      await app.ingest(Array.from({ length: 4_000 }, (_, i) => ({
        machine: "hall/press",
        sensor: "oil",
        value: (from + i) % 100,
        ts: startMs + (from + i) * STEP_MS,
      })));
    }
    const { readings } = app.parts.storage;
    const kept = { keepMs: DAY_MS, keepMinutesMs: 4 * DAY_MS };
    while ((await readings.retain({ nowMs: endMs, ...kept })).more);
    await run(app, startMs);
  } finally {
    await app.stop();
  }
}

Deno.test("GET /api/readings answers from hours, minutes and readings alike, and says so", () =>
  withTiers(async (app, startMs) => {
    const ask = async (query: string) => await (await app.ask(`/api/readings?${query}`)).json();
    const range = (fromMs: number, toMs: number) => `sensor=${SENSOR}&from=${fromMs}&to=${toMs}`;
    const all = await ask(`${range(startMs, startMs + COUNT * STEP_MS)}&points=10000`);
    assert.deepEqual([all.tier, all.bucket_ms], ["hour", HOUR_MS]);
    assert.equal(all.n.reduce((sum: number, n: number) => sum + n, 0), COUNT);
    const endMs = startMs + COUNT * STEP_MS;
    const minutes = await ask(`${range(endMs - 3 * DAY_MS, endMs)}&points=10000`);
    assert.deepEqual([minutes.tier, minutes.bucket_ms], ["minute", MINUTE_MS]);
    assert.ok(minutes.summed_until_ms > endMs - 3 * DAY_MS && minutes.summed_until_ms < endMs);
    const raw = await ask(`${range(endMs - HOUR_MS, endMs)}&points=10000`);
    assert.deepEqual([raw.tier, raw.summed_until_ms], ["raw", undefined]);

    const readings = await ask(`${range(startMs, endMs)}&points=0`);
    assert.equal(readings.summed_until_ms, minutes.summed_until_ms);
    assert.equal(readings.t[0], readings.summed_until_ms);
    const csv = await (await app.ask(`/api/readings?${range(startMs, endMs)}&points=0&format=csv`))
      .text();
    assert.match(csv.split("\n")[1], /,summed up until \S+: ask for buckets,,summed up\r?$/);
    const lines = await app.ask(`/api/readings?${range(startMs, endMs)}&points=0&format=ndjson`);
    assert.deepEqual(JSON.parse((await lines.text()).split("\n")[0]), {
      sensor: SENSOR,
      error: "summed up",
      from_ms: startMs,
      to_ms: readings.summed_until_ms,
    });
    const { storage } = await (await app.ask("/api/stats")).json();
    const held = Object.values<{ readings: number }>(storage.tiers);
    assert.equal(held.reduce((sum, tier) => sum + tier.readings, 0), COUNT);
  }));

Deno.test("PATCH /api/settings refuses a tier that is kept shorter than the one above it", () =>
  withTiers(async (app) => {
    const set = async (key: string, value: number) => {
      const body = JSON.stringify({ value });
      const headers = { "content-type": "application/json" };
      const path = `/api/settings/retention.${key}`;
      const answer = await app.ask(path, { role: "admin", method: "PATCH", body, headers });
      return [answer.status, (await answer.json()).detail];
    };
    assert.deepEqual(await set("days", 500), [
      400,
      "retention.days is 500: retention.minute_days is 400, and what is summed up is kept at " +
      "least as long; raise that first, or set it to 0",
    ]);
    assert.deepEqual((await set("days", 100))[0], 200);
    assert.deepEqual(await set("minute_days", 90), [
      400,
      "retention.minute_days is 90: give at least the 100 of retention.days, as what is summed " +
      "up is kept at least as long, or 0",
    ]);
    assert.deepEqual((await set("hour_days", 399))[0], 400);
    assert.deepEqual((await set("hour_days", 400))[0], 200);
    assert.deepEqual((await set("minute_days", 401))[0], 400);
    assert.deepEqual((await set("minute_days", 0))[0], 200);
  }));
