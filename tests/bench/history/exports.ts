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
/** A minute after the start a plant of this age trains its twenty models, with a worker for each. */
const SETTLE_MS = 90_000, SETTLE_QUICK_MS = 2_000;
/** Between two exports: what one leaves to be collected is not counted with the next. */
const REST_MS = 5_000, REST_QUICK_MS = 500;
const ORDERS: Record<string, Record<string, unknown>> = {
  csv: { format: "csv" },
  json: { format: "json" },
  ndjson: { format: "ndjson" },
  parquet: { format: "parquet" },
  sqlite: { format: "sqlite" },
  /** A column for each sensor, a row a minute. */
  wide: { format: "csv", layout: "wide", step: "1m" },
};

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
    // What was more before does not count.
    watching.take();
    const { rssMb: baseMb } = watching.take();
    const figures: BenchResult["figures"] = { readings, base_rss_mb: baseMb };
    const rest = async () => {
      await new Promise((resolve) => setTimeout(resolve, quick ? REST_QUICK_MS : REST_MS));
      watching.take();
    };
    for (const [name, order] of Object.entries(ORDERS)) {
      await rest();
      doing(`exported as ${name}, by a job`);
      const { seconds, bytes } = await ordered(perch.url, headers, "/api/exports", {
        ...range,
        ...order,
      });
      figures[`${name}_readings_per_s`] = readings / seconds;
      figures[`${name}_bytes_per_reading`] = bytes / readings;
      figures[`${name}_rss_over_base_mb`] = watching.take().rssMb - baseMb;
    }
    await rest();
    doing("exported as csv, at once");
    const startMs = performance.now();
    const query = `all=true&format=csv&from=${range.from}&to=${range.to}`;
    const rows = await lines(await fetch(`${perch.url}/api/export?${query}`, { headers }));
    if (rows - 1 !== readings) throw new Error(`${rows - 1} rows of ${readings} readings`);
    figures.csv_at_once_readings_per_s = readings / (performance.now() - startMs) * 1000;
    figures.csv_at_once_rss_over_base_mb = watching.take().rssMb - baseMb;
    doing("the same readings, dumped by sqlite3");
    figures.sqlite3_dump_readings_per_s = readings / await dumpS(perch.url, headers, folder, range);
    figures.csv_of_sqlite3_dump = figures.csv_readings_per_s / figures.sqlite3_dump_readings_per_s;
    return figures;
  } finally {
    watching.stop();
    await perch.stop();
  }
}

/** Seconds in which `sqlite3` writes the same readings as text, from a file of them. */
async function dumpS(
  url: string,
  headers: Record<string, string>,
  folder: string,
  { from, to }: { from: number; to: number },
): Promise<number> {
  const path = join(folder, "plant.sqlite");
  const file = await fetch(`${url}/api/export?all=true&format=sqlite&from=${from}&to=${to}`, {
    headers,
  });
  await Deno.writeFile(path, file.body!);
  const out = await Deno.open(join(folder, "dump.sql"), { write: true, create: true });
  const startMs = performance.now();
  const child = new Deno.Command("sqlite3", { args: [path, ".dump readings"], stdout: "piped" })
    .spawn();
  await child.stdout.pipeTo(out.writable);
  await child.status;
  return (performance.now() - startMs) / 1000;
}

async function lines(answer: Response): Promise<number> {
  if (!answer.ok) throw new Error(await answer.text());
  let count = 0;
  for await (const bytes of answer.body!) {
    for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i + 1)) count++;
  }
  return count;
}
