import { type BenchPerch, benchPerch } from "./setup.ts";

/** Readings of a batch. */
export const BATCH = 1_000;
const CONNECTIONS = 4;

/** Readings/s over HTTP in batches of 1 000 from four connections, JSON and line protocol. */
export async function httpThroughput(
  options: { batches: number; env: Record<string, string> },
): Promise<{ json: number; line: number }> {
  const json = await run(
    options,
    "/api/ingest/batch",
    "application/json",
    (n) =>
      JSON.stringify(each(n, (sensor, ts, value) => ({ machine: "bench/m", sensor, ts, value }))),
  );
  const line = await run(options, LINES.path, LINES.type, lineBody);
  return { json, line };
}

/** Where and as what line protocol is sent. */
export const LINES = { path: "/api/v2/write?precision=ms", type: "text/plain" };

/** The readings of batch `n` in line protocol: five of each of 200 sensors, a second apart. */
export function lineBody(n: number): string {
  return each(n, (sensor, ts, value) => `m,machine=bench/m ${sensor}=${value} ${ts}`).join("\n");
}

function each<T>(batch: number, make: (sensor: string, ts: number, value: number) => T): T[] {
  const startMs = Date.UTC(2026, 0, 1) + batch * 5_000;
  return Array.from(
    { length: BATCH },
    (_, i) =>
      make(`s${i % 200}`, startMs + Math.floor(i / 200) * 1_000, ((i * 7919) % 4_000) / 100),
  );
}

async function run(
  options: { batches: number; env: Record<string, string> },
  path: string,
  type: string,
  body: (batch: number) => string,
): Promise<number> {
  const perch = await benchPerch({ MQTT_PORT: "0", ...options.env });
  try {
    const bodies = Array.from({ length: options.batches }, (_, n) => body(n));
    const startMs = performance.now();
    await sendAll(perch, path, type, bodies);
    const seconds = (performance.now() - startMs) / 1000;
    const stored = await perch.metric("perch_readings_stored_total");
    if (stored !== options.batches * BATCH) {
      throw new Error(`${stored} stored of ${options.batches * BATCH}`);
    }
    return stored / seconds;
  } finally {
    await perch.stop();
  }
}

/** Sends bodies from four connections; resolves when all are acknowledged. */
export async function sendAll(
  { perch, headers }: Pick<BenchPerch, "perch" | "headers">,
  path: string,
  type: string,
  bodies: readonly BodyInit[],
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    while (next < bodies.length) {
      const response = await fetch(perch.url + path, {
        method: "POST",
        headers: { ...headers, "content-type": type },
        body: bodies[next++],
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${text}`);
    }
  }));
}
