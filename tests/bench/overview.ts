/** The overview with 200 live sensors: server time and bytes, and the script of each page. */
import { gzipSync } from "node:zlib";
import { runApp } from "../support/app_client.ts";
import { type BenchOptions, type BenchResult, doing, quantile } from "../support/bench.ts";

const SENSORS = 200;
const PER_MACHINE = 8;

/** Figures: ms from request to last byte over loopback, bytes plain and compressed, script bytes (gzip). */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const app = await runApp({ MQTT_PORT: "0" });
  try {
    doing(`filling ${SENSORS} sensors`);
    const nowMs = Date.now();
    const readings = Array.from({ length: SENSORS * 90 }, (_, i) => {
      const sensor = i % SENSORS;
      return {
        machine: `hall/machine-${Math.floor(sensor / PER_MACHINE)}`,
        sensor: `sensor-${sensor % PER_MACHINE}`,
        ts: nowMs - 900_000 + Math.floor(i / SENSORS) * 10_000,
        value: 20 + Math.sin(i / SENSORS / 7 + sensor) * 5,
        unit: "°C",
      };
    });
    for (let i = 0; i < readings.length; i += 3_000) await app.ingest(readings.slice(i, i + 3_000));

    const times: number[] = [];
    let bytes = 0;
    const rounds = options.quick ? 40 : 300;
    doing(`asking for the overview ${rounds} times`);
    for (let i = 0; i < rounds + 20; i++) {
      const startMs = performance.now();
      const page = await app.ask("/", { headers: { accept: "text/html" } });
      bytes = (await page.arrayBuffer()).byteLength;
      if (page.status !== 200) throw new Error(`the overview answered ${page.status}`);
      if (i >= 20) times.push(performance.now() - startMs);
    }
    const html = await (await app.ask("/", { headers: { accept: "text/html" } })).text();
    return {
      name: "overview",
      figures: {
        sensors: SENSORS,
        p50_ms: quantile(times, 0.5),
        p99_ms: quantile(times, 0.99),
        html_bytes: bytes,
        html_gzip_bytes: gzipSync(html, { level: 4 }).length,
        script_gzip_bytes: await scriptBytes(app.url, html),
      },
    };
  } finally {
    await app.stop();
  }
}

/** Compressed size of all scripts that a page loads, the parts they import included. */
async function scriptBytes(url: string, html: string): Promise<number> {
  const seen = new Set<string>();
  const queue = [...html.matchAll(/<script type="module" src="([^"]+)"/g)].map(([, src]) => src);
  let total = 0;
  for (const path of queue) {
    const name = path.split("?")[0];
    if (seen.has(name)) continue;
    seen.add(name);
    const text = await (await fetch(url + path)).text();
    total += gzipSync(text).length;
    for (const [, part] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) {
      queue.push(`/static/built/${part}`);
    }
  }
  return total;
}
