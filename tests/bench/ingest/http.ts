import { benchPerch } from "./setup.ts";

const BATCH = 1_000;
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
  const line = await run(
    options,
    "/api/v2/write?precision=ms",
    "text/plain",
    (n) => each(n, (sensor, ts, value) => `m,machine=bench/m ${sensor}=${value} ${ts}`).join("\n"),
  );
  return { json, line };
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
    let next = 0;
    await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
      while (next < bodies.length) {
        const response = await fetch(perch.perch.url + path, {
          method: "POST",
          headers: { ...perch.headers, "content-type": type },
          body: bodies[next++],
        });
        const text = await response.text();
        if (!response.ok) throw new Error(`${response.status} ${text}`);
      }
    }));
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
