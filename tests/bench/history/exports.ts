/**
 * Ten million readings exported by a running Perch: as jobs in each format, and at once as CSV. How many readings a
 * second, and how much memory over what it had before.
 */
import { join } from "node:path";
import { type BenchOptions, type BenchResult, doing } from "../../support/bench.ts";
import { addKey, startPerch } from "../../support/perch.ts";
import { freePort } from "../../support/port.ts";
import { watch } from "../backup/watch.ts";
import { ordered } from "./orders.ts";
import { fillPast } from "./report_plant.ts";

const DAY_MS = 86_400_000;
const DAYS = 30, MACHINES = 20, SENSORS_OF_EACH = 5;
const READINGS = 10_000_000, READINGS_QUICK = 500_000;
const SETTLE_MS = 15_000, SETTLE_QUICK_MS = 2_000;
const FORMATS = ["csv", "json", "ndjson", "parquet"] as const;

export async function exportFigures(
  folder: string,
  { quick }: BenchOptions,
): Promise<BenchResult["figures"]> {
  const wanted = quick ? READINGS_QUICK : READINGS;
  const endMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  doing(`a plant of ${wanted} readings`);
  const everyMs = Math.floor(DAYS * DAY_MS * MACHINES * SENSORS_OF_EACH / wanted);
  const dataDir = join(folder, "data");
  await Deno.mkdir(dataDir);
  const readings = await fillPast(dataDir, { machines: MACHINES, days: DAYS, everyMs, endMs });
  const headers = { authorization: `Bearer ${await addKey({ dataDir, role: "admin" })}` };
  const perch = await startPerch({
    dataDir,
    env: { MQTT_PORT: String(freePort()), LOG_LEVEL: "warn", RETENTION_DAYS: "0" },
  });
  const watching = watch(perch.pid, join(dataDir, "perch.db"));
  const range = { all: true, from: endMs - DAYS * DAY_MS, to: endMs };
  try {
    doing("the start settles");
    await new Promise((resolve) => setTimeout(resolve, quick ? SETTLE_QUICK_MS : SETTLE_MS));
    const { rssMb: baseMb } = watching.take();
    const figures: BenchResult["figures"] = { readings, base_rss_mb: baseMb };
    for (const format of FORMATS) {
      doing(`exported as ${format}, by a job`);
      const { seconds, bytes } = await ordered(perch.url, headers, "/api/exports", {
        ...range,
        format,
      });
      figures[`${format}_readings_per_s`] = readings / seconds;
      figures[`${format}_bytes_per_reading`] = bytes / readings;
      figures[`${format}_rss_over_base_mb`] = watching.take().rssMb - baseMb;
    }
    doing("exported as csv, at once");
    const startMs = performance.now();
    const query = `all=true&format=csv&from=${range.from}&to=${range.to}`;
    const rows = await lines(await fetch(`${perch.url}/api/export?${query}`, { headers }));
    if (rows - 1 !== readings) throw new Error(`${rows - 1} rows of ${readings} readings`);
    figures.csv_at_once_readings_per_s = readings / (performance.now() - startMs) * 1000;
    figures.csv_at_once_rss_over_base_mb = watching.take().rssMb - baseMb;
    return figures;
  } finally {
    watching.stop();
    await perch.stop();
  }
}

async function lines(answer: Response): Promise<number> {
  if (!answer.ok) throw new Error(await answer.text());
  let count = 0;
  for await (const bytes of answer.body!) {
    for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i + 1)) count++;
  }
  return count;
}
