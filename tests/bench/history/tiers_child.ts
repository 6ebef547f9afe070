/** One fresh process of the tiers' part: prints its times as JSON. */
import { openStorage } from "../../../lib/app/storage.ts";
import { silentLog } from "../../../lib/base/log.ts";
import { DAY_MS } from "../../../lib/words/times.ts";
import { median } from "../../support/bench.ts";

const REPEATS = 30;
const POINTS = 1_000;
const [url, startText, daysText] = Deno.args;
const fromMs = Number(startText);
const toMs = fromMs + Number(daysText) * DAY_MS;
const TIERS = { raw: { sensor: 1, stepMs: 1_000 }, minute: { sensor: 2, stepMs: 1_000 } };
const ALL = { ...TIERS, hour: { sensor: 3, stepMs: 20_000 } };

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

/** The median, and the best: what it takes when nothing else has the processor. */
async function warm(work: () => Promise<unknown>): Promise<[number, number]> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) times.push(await timed(work));
  return [median(times), Math.min(...times)];
}

const startMs = performance.now();
const storage = await openStorage({ url, log: silentLog() });
const figures: Record<string, number> = { start_ms: performance.now() - startMs };
const { readings, db } = storage;
const ask = (sensor: number, points: number) => readings.buckets({ sensor, fromMs, toMs, points });
const width = (await ask(3, POINTS)).bucketMs;
const plain = () =>
  db.query({
    sql: "SELECT t / ?1, min(min), max(max), sum(sum) / sum(n), sum(n) FROM plain_hours " +
      "WHERE sensor = 1 AND t >= ?2 AND t < ?3 GROUP BY 1",
    args: [width, fromMs, toMs],
  });

figures.plain_group_by_cold_ms = await timed(plain);
[figures.plain_group_by_ms, figures.plain_group_by_best_ms] = await warm(plain);
for (const [tier, { sensor, stepMs }] of Object.entries(ALL)) {
  figures[`${tier}_year_cold_ms`] = await timed(() => ask(sensor, POINTS));
  const [usual, best] = await warm(() => ask(sensor, POINTS));
  Object.assign(figures, { [`${tier}_year_ms`]: usual, [`${tier}_year_best_ms`]: best });
  figures[`${tier}_year_to_plain`] = figures[`${tier}_year_ms`] / figures.plain_group_by_ms;
  const { n } = await ask(sensor, POINTS);
  const counted = n.reduce((sum, one) => sum + one, 0);
  const expected = (toMs - fromMs) / stepMs;
  if (counted !== expected) throw new Error(`${counted} instead of ${expected} of ${tier}`);
}
figures.points = (await ask(1, POINTS)).tMs.length;
for (const { sensor, stepMs } of Object.values(TIERS)) {
  const tier = sensor === 1 ? "raw" : "minute";
  const table = sensor === 1 ? "chunks" : "summaries";
  const { rows } = await db.query({
    sql: `SELECT total(bytes) FROM ${table} WHERE sensor = ? ${
      sensor === 1 ? "" : "AND tier = 'minute'"
    }`,
    args: [sensor],
  });
  figures[`${tier}_bytes_per_reading`] = Number(rows[0][0]) / ((toMs - fromMs) / stepMs);
}
figures.minute_year_without_index_ms = await timed(() => ask(2, 4 * POINTS));
figures.raw_year_without_index_ms = await timed(() => ask(1, 4 * POINTS));
figures.index_bytes = Number(
  (await db.query({
    sql: "SELECT sum(bytes) FROM summaries WHERE source = 'index' AND sensor = 1",
  }))
    .rows[0][0],
);
await storage.close();
console.log(JSON.stringify(figures));
