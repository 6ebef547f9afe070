import { startMosquitto } from "../support/mosquitto.ts";
import { writtenBytes } from "./ingest/bytes.ts";
import { httpThroughput } from "./ingest/http.ts";
import { streamLatency } from "./ingest/latency.ts";
import { profileIngest } from "./ingest/profile.ts";
import { type BenchOptions, type BenchResult, doing, median } from "../support/bench.ts";
import { slowFsync } from "./ingest/setup.ts";
import { BROKER_CONFIG, mosquittoAlone, perchThroughput, perMessage } from "./ingest/throughput.ts";

/*
 * Durable ingest, beside mosquitto alone and the ordinary design, all in one run and interleaved:
 * the box is noisy, so only the ratios mean something. `--quick` makes every part short. `--profile` prints instead where the
 * time of line protocol goes: µs of CPU per reading by thread, and on the main thread by room.
 */

const ROUNDS = 5;
const SD_CARD_MS = 5;

type Figures = BenchResult["figures"];

/** Runs all parts; see the names of the figures. */
export async function run({ quick = false, profile }: BenchOptions): Promise<BenchResult> {
  const figures: Figures = {};
  if (profile) return { name: "ingest-profile", ...await profileIngest(quick ? 100 : 600) };
  const notes = [`broker: ${BROKER_CONFIG.join("; ")}`];
  const sdCard = await slowFsync(SD_CARD_MS);
  if (sdCard === null) notes.push("no slow-fsync helper: the figures with 5 ms are missing");
  await throughput(figures, sdCard, quick);
  await http(figures, quick);
  await latency(figures, sdCard, quick ? 5 : 20);
  await bytes(figures, quick);
  return { name: "ingest", figures, notes };
}

/** A broker of its own for each measurement: it would go on queueing for the sessions of earlier ones. */
async function withBroker<T>(measure: (port: number) => Promise<T>): Promise<T> {
  await using broker = await startMosquitto({ config: BROKER_CONFIG });
  return await measure(broker.port);
}

async function throughput(
  figures: Figures,
  sdCard: Record<string, string> | null,
  quick: boolean,
): Promise<void> {
  const count = quick ? 60_000 : 300_000;
  const alone: number[] = [], perch: number[] = [], slow: number[] = [];
  const each: number[] = [], eachSlow: number[] = [];
  let peakMb = 0, cpuUs = 0;
  const rounds = quick ? 1 : ROUNDS;
  for (let round = 1; round <= rounds; round++) {
    doing("mosquitto alone", round, rounds);
    alone.push(await withBroker((port) => mosquittoAlone(port, count)));
    doing("Perch through mosquitto", round, rounds);
    const fast = await withBroker((port) => perchThroughput(port, count, {}));
    perch.push(fast.perS);
    peakMb = Math.max(peakMb, fast.peakMb);
    cpuUs = fast.cpuUsPerReading;
    doing("one commit per message", round, rounds);
    each.push(await withBroker((port) => perMessage(port, 20_000, {})));
    if (sdCard === null) continue;
    doing("Perch, 5 ms per fsync", round, rounds);
    slow.push((await withBroker((port) => perchThroughput(port, count, sdCard))).perS);
    doing("one commit per message, 5 ms per fsync", round, rounds);
    eachSlow.push(await withBroker((port) => perMessage(port, 600, sdCard)));
  }
  Object.assign(figures, {
    mosquitto_alone_per_s: median(alone),
    perch_mqtt_per_s: median(perch),
    one_commit_per_message_per_s: median(each),
    ratio_to_mosquitto_alone: median(perch) / median(alone),
    ratio_to_one_commit_per_message: median(perch) / median(each),
    perch_peak_rss_mb: peakMb,
    perch_cpu_us_per_reading: cpuUs,
  });
  if (sdCard === null) return;
  Object.assign(figures, {
    perch_mqtt_5ms_per_s: median(slow),
    one_commit_per_message_5ms_per_s: median(eachSlow),
    ratio_5ms_to_without: median(slow) / median(perch),
    ratio_5ms_to_one_commit_per_message: median(slow) / median(eachSlow),
  });
}

async function http(figures: Figures, quick: boolean): Promise<void> {
  doing("batches over HTTP");
  const { json, line } = await httpThroughput({ batches: quick ? 50 : 300, env: {} });
  Object.assign(figures, { http_batch_per_s: json, http_line_protocol_per_s: line });
}

async function latency(
  figures: Figures,
  sdCard: Record<string, string> | null,
  seconds: number,
): Promise<void> {
  const parts: [string, Record<string, string> | null][] = [
    ["default", {}],
    ["default_5ms", sdCard],
    ["commit_interval_0", { COMMIT_INTERVAL_MS: "0" }],
    ["default_50ms", await slowFsync(50)],
  ];
  for (const [name, env] of parts) {
    if (env === null) continue;
    doing(`from publishing to the event stream: ${name}, ${seconds} s`);
    const { p50, p99, received, loopLagP99Ms } = await withBroker((mqttPort) =>
      streamLatency({ mqttPort, seconds, env })
    );
    Object.assign(figures, {
      [`sse_${name}_p50_ms`]: p50,
      [`sse_${name}_p99_ms`]: p99,
      [`sse_${name}_received`]: received,
      [`loop_lag_${name}_p99_ms`]: loopLagP99Ms,
    });
  }
}

async function bytes(figures: Figures, quick: boolean): Promise<void> {
  const runs = [[50, "timed"], [100, "timed"], [250, "timed"], [50, "plain"]] as const;
  for (const [intervalMs, payload] of runs) {
    doing(`bytes written: ${payload} readings, commits every ${intervalMs} ms`);
    const { written, storage } = await withBroker((mqttPort) =>
      writtenBytes({
        mqttPort,
        warmS: quick ? 3 : 15,
        seconds: quick ? 10 : 90,
        env: { COMMIT_INTERVAL_MS: String(intervalMs) },
        payload,
      })
    );
    const name = `${payload === "plain" ? "plain_" : ""}${intervalMs}ms`;
    figures[`written_bytes_per_reading_${name}`] = written;
    figures[`storage_bytes_per_reading_${name}`] = storage;
  }
}
