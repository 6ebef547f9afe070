/** One fresh process of the query benchmark: prints its times as JSON. */
import { silentLog } from "../../../lib/base/log.ts";
import { openStorage } from "../../../lib/app/storage.ts";
import { median } from "../../support/bench.ts";

const REPEATS = 30;
const [url, startText, readingsText] = Deno.args;
const fromMs = Number(startText);
const toMs = fromMs + Number(readingsText) * 1000;

async function timed<T>(work: () => Promise<T>): Promise<[number, T]> {
  const startMs = performance.now();
  const value = await work();
  return [performance.now() - startMs, value];
}

async function repeated(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) times.push((await timed(work))[0]);
  return median(times);
}

const [start_ms, storage] = await timed(() => openStorage({ url, log: silentLog() }));
const { readings } = storage;
const month = () => readings.buckets({ sensor: 1, fromMs, toMs, points: 1000 });
const hour = () => readings.raw({ sensor: 1, fromMs: toMs - 3_600_000, toMs, limit: 10_000 });

const [month_1000_points_cold_ms, first] = await timed(month);
const counted = first.n.reduce((sum, n) => sum + n, 0);
if (counted !== Number(readingsText)) throw new Error(`${counted} readings were counted`);
const month_1000_points_warm_ms = await repeated(month);
const [hour_raw_first_ms, raw] = await timed(hour);
if (raw.tMs.length !== 3600) throw new Error(`${raw.tMs.length} readings in the last hour`);
const hour_raw_warm_ms = await repeated(hour);
const last_values_warm_ms = await repeated(() => readings.lastValues());
if ((await readings.lastValues()).length !== 50) throw new Error("not 50 sensors");
await storage.close();

console.log(JSON.stringify({
  start_ms,
  month_points: first.tMs.length,
  month_1000_points_cold_ms,
  month_1000_points_warm_ms,
  hour_raw_first_ms,
  hour_raw_warm_ms,
  last_values_warm_ms,
}));
