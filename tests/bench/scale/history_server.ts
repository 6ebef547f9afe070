/**
 * Long history at a VictoriaMetrics beside the same on the disk of Perch, in one run: how fast it is sent, and what a
 * year of one sensor, of twenty, and a day to the second take to query there and here.
 */
import { createOutgoing } from "../../../lib/base/create_outgoing.ts";
import { createHistoryServer } from "../../../lib/history/server.ts";
import { BucketSums, bucketWidth } from "../../../lib/readings/buckets.ts";
import { DAY_MS } from "../../../lib/words/times.ts";
import { type BenchOptions, type BenchResult, doing } from "../../support/bench.ts";
import { startHistory } from "../../support/history_site.ts";
import { type OpenEngine, openEngine } from "../../support/storage.ts";
import { startVictoria } from "../../support/victoria.ts";

const START_MS = Date.UTC(2025, 0, 1);
const YEAR = { fromMs: START_MS, toMs: START_MS + 365 * DAY_MS };
const DAY = { fromMs: START_MS + 100 * DAY_MS, toMs: START_MS + 101 * DAY_MS };
/** The first sensor says something every 15 s, nineteen others every 10 min. */
const OFTEN_MS = 15_000;
const SELDOM_MS = 600_000;
const SENSORS = 20;
const BLOCK = 100_000;
const ROUNDS = 5;
/** By then the server has everything on its disk. */
const WRITTEN_MS = 15_000;

async function fill(
  { store }: OpenEngine,
  sensor: number,
  everyMs: number,
  range: typeof YEAR,
): Promise<number> {
  const n = Math.floor((range.toMs - range.fromMs) / everyMs);
  for (let from = 0; from < n; from += BLOCK) {
    const k = Math.min(BLOCK, n - from);
    const at = (i: number) => range.fromMs + (from + i) * everyMs;
    for (let taken = 0; taken < k;) {
      const rest = k - taken;
      const since = taken;
      const step = await store.importReadings({
        sensor: Uint32Array.of(sensor),
        n: Uint32Array.of(rest),
        tMs: Float64Array.from({ length: rest }, (_, i) => at(since + i)),
        value: Float64Array.from(
          { length: rest },
          (_, i) => Math.round(2_000 + 500 * Math.sin((from + since + i) / 900)) / 100,
        ),
        importer: { name: `bench-${sensor}`, cursor: "", done: 0 },
      });
      taken += step.taken;
    }
  }
  return n;
}

/** Median ms of some rounds. */
async function median(work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const atMs = performance.now();
    await work();
    took.push(performance.now() - atMs);
  }
  return took.sort((a, b) => a - b)[ROUNDS >> 1];
}

export async function historyServerFigures(
  folder: string,
  { quick }: BenchOptions,
): Promise<BenchResult["figures"]> {
  await using victoria = await startVictoria();
  const engine = await openEngine({ url: `file:${folder}/perch.db` });
  const range = quick ? { fromMs: YEAR.fromMs, toMs: YEAR.fromMs + 120 * DAY_MS } : YEAR;
  doing("history is stored");
  let readings = await fill(engine, 1, OFTEN_MS, range);
  for (let sensor = 2; sensor <= SENSORS; sensor++) {
    readings += await fill(engine, sensor, SELDOM_MS, range);
  }
  doing("history is sent");
  const sentFromMs = performance.now();
  const site = startHistory(engine, victoria.url, { settleMs: 0 });
  try {
    await site.sent();
    const sentMs = performance.now() - sentFromMs;
    const outgoing = createOutgoing({
      ...{ allowed: () => [], opened: ["127.0.0.1"], ownPorts: () => [] },
    });
    const place = { url: victoria.url, authorization: null, trusted: true };
    const server = createHistoryServer({ outgoing, place });
    await server.flush();
    const local = (sensor: number, part: typeof YEAR, points: number) =>
      engine.store.buckets({ sensor, ...part, points });
    const remote = (sensor: number, part: typeof YEAR, points: number) => {
      const width = bucketWidth(part.fromMs, part.toMs, points);
      const of = { site: "site-1", sensor_id: `s-${sensor}` };
      return server.addBuckets(new BucketSums(part.fromMs, part.toMs, width), of, part);
    };
    const all = Array.from({ length: SENSORS }, (_, i) => i + 1);
    doing("queries");
    const one = async (ask: typeof local | typeof remote, part: typeof YEAR, points: number) =>
      await median(() => ask(1, part, points));
    const many = async (ask: typeof local | typeof remote) =>
      await median(() => Promise.all(all.map((sensor) => ask(sensor, range, 365))));
    const figures = {
      readings,
      sent_per_s: readings / sentMs * 1000,
      year_one_server_ms: await one(remote, range, 365),
      year_one_disk_ms: await one(local, range, 365),
      year_twenty_server_ms: await many(remote),
      year_twenty_disk_ms: await many(local),
      day_fine_server_ms: await one(remote, DAY, 5_760),
      day_fine_disk_ms: await one(local, DAY, 5_760),
      disk_bytes_per_reading: (await engine.store.stats()).chunkBytes / readings,
    };
    doing("the server writes to its disk");
    await new Promise((resolve) => setTimeout(resolve, WRITTEN_MS));
    const bytes = (await server.facts()).bytes ?? 0;
    return { ...figures, server_bytes_per_reading: bytes / readings };
  } finally {
    await site.stop();
    await engine.close();
  }
}
