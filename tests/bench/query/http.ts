/** The same month asked for over HTTP, as people and programs do: each Perch a process of its own. */
import { doing, median } from "../../support/bench.ts";
import { addKey, type PerchProcess, startPerch } from "../../support/perch.ts";

const SENSOR = "hall/press/temperature";
const REPEATS = 30;
const NO_BROKER = { MQTT_PORT: "0" };

/** Makes a data directory whose first sensor is known by its name; gives a key for its Perch. */
export async function makeSite(dataDir: string, beforeMs: number): Promise<string> {
  const perch = await startPerch({ dataDir, env: NO_BROKER });
  try {
    const key = await addKey({ dataDir, role: "engineer" });
    const [machine, sensor] = [SENSOR.slice(0, SENSOR.lastIndexOf("/")), "temperature"];
    const answer = await fetch(`${perch.url}/api/ingest/batch`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify([{ machine, sensor, ts: beforeMs, value: 20.11, unit: "°C" }]),
    });
    const text = await answer.text();
    if (answer.status !== 200 || JSON.parse(text).accepted !== 1) throw new Error(text);
    return key;
  } finally {
    await perch.stop();
  }
}

/**
 * Figures in ms over loopback, from the request to the last byte: the first query of a process that is ready, the
 * median of 30 that follow it at once, and that of 30 for one bucket of one hour: what is not the query.
 */
export async function httpFigures(
  { dataDir, key, fromMs, toMs, processes }: {
    dataDir: string;
    key: string;
    fromMs: number;
    toMs: number;
    processes: number;
  },
): Promise<Record<string, number>> {
  const [first, warm, small]: number[][] = [[], [], []];
  const month = queryOf(fromMs, toMs, 1000);
  const hour = queryOf(toMs - 3_600_000, toMs, 1);
  for (let round = 1; round <= processes; round++) {
    doing("queries over HTTP", round, processes);
    const perch = await startPerch({ dataDir, env: NO_BROKER });
    try {
      const [ms, counted] = await timed(perch, month, key);
      if (counted !== (toMs - fromMs) / 1000) throw new Error(`${counted} readings were counted`);
      first.push(ms);
      warm.push(await repeated(perch, month, key));
      small.push(await repeated(perch, hour, key));
    } finally {
      await perch.stop();
    }
  }
  return {
    http_month_first_ms: median(first),
    http_month_warm_ms: median(warm),
    http_one_bucket_warm_ms: median(small),
  };
}

function queryOf(fromMs: number, toMs: number, points: number): string {
  return `/api/readings?sensor=${
    encodeURIComponent(SENSOR)
  }&from=${fromMs}&to=${toMs}&points=${points}`;
}

/** Ms from the request to the last byte, and how many readings the answer counts. */
async function timed(
  perch: PerchProcess,
  path: string,
  key: string,
): Promise<[ms: number, counted: number]> {
  const startMs = performance.now();
  const answer = await fetch(perch.url + path, { headers: { authorization: `Bearer ${key}` } });
  const text = await answer.text();
  const ms = performance.now() - startMs;
  if (answer.status !== 200) throw new Error(text);
  return [ms, (JSON.parse(text).n as number[]).reduce((sum, n) => sum + n, 0)];
}

async function repeated(perch: PerchProcess, path: string, key: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) times.push((await timed(perch, path, key))[0]);
  return median(times);
}
