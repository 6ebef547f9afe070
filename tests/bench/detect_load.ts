/**
 * Detection under load: 1 000 sensors at 1 Hz through the intake of the whole application, with every detector
 * that a sensor can have (streaming, z-score, stuck, silence, thresholds), and the same without detection.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import { systemActor } from "../../lib/access/audit.ts";
import { planOf, STREAMING_THRESHOLD } from "../../lib/detect/runner/plan.ts";
import { Watched } from "../../lib/detect/runner/watched.ts";
import { runApp } from "../support/app_client.ts";
import { type BenchOptions, type BenchResult, quantile } from "../support/bench.ts";

const SENSORS = 1000;
/** Requests per second; each carries the readings of as many sensors as fall to it. */
const REQUESTS_PER_S = 20;
/** Readings of each sensor before anything is measured. */
const LEARN_S = 300;
const LIMITS = { warning_high: 60, critical_high: 80, warning_low: 0, hysteresis: 1 };

/**
 * Figures: CPU of the whole process as a share of one core, busy time of the runner, ingest latency from
 * request to answer and event-loop delay, each with and without detection; the size of a sensor's checkpoint.
 */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const seconds = options.quick ? 5 : 60 * (options.minutes ?? 0.5);
  const without = await measure(seconds, false);
  const withAll = await measure(seconds, true);
  const named = (prefix: string, figures: Record<string, number>) =>
    Object.fromEntries(Object.entries(figures).map(([key, value]) => [`${prefix}_${key}`, value]));
  return {
    name: "detect_load",
    figures: {
      sensors: SENSORS,
      seconds,
      ...named("without", without),
      ...named("with", withAll),
      checkpoint_bytes_per_sensor: checkpointBytes(),
    },
    notes: ["The load generator runs in the same process and is part of its CPU and loop delay."],
  };
}

async function measure(seconds: number, detect: boolean): Promise<Record<string, number>> {
  const app = await runApp({ MQTT_PORT: "0" });
  try {
    const { registry, detection, machines } = app.parts;
    await app.ingest(readingsOf(0, SENSORS, 0));
    if (detect) {
      const note = (change: object) =>
        app.parts.access.audit.statement({
          actor: systemActor("bench"),
          action: "sensor.update",
          resource: "sensor",
          ...change,
        });
      for (const sensor of registry.all()) await machines.patchSensor(sensor.id, LIMITS, note);
    } else {
      // Groups still come in; they are simply not taken.
      detection.runner.take = () => {};
    }
    // Detectors cost what they cost once they have learned.
    for (let second = 1; second <= LEARN_S; second++) {
      await app.ingest(readingsOf(0, SENSORS, second));
    }
    await load(app.ingest, 3, LEARN_S + 1);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const before = { cpu: process.cpuUsage(), ...detection.runner.stats() };
    delay.enable();
    const startMs = performance.now();
    const latencies = await load(app.ingest, seconds, LEARN_S + 4);
    delay.disable();
    const tookMs = performance.now() - startMs;
    const cpu = process.cpuUsage(before.cpu);
    const after = detection.runner.stats();
    const share = (ms: number) => 100 * ms / tookMs;
    return {
      cpu_percent: share((cpu.user + cpu.system) / 1000),
      runner_percent: share(after.busyMs - before.busyMs),
      judged: after.readings - before.readings,
      findings: after.findings - before.findings,
      ingest_p50_ms: quantile(latencies, 0.5),
      ingest_p99_ms: quantile(latencies, 0.99),
      loop_p99_ms: delay.percentile(99) / 1e6,
      loop_max_ms: delay.max / 1e6,
    };
  } finally {
    await app.stop();
  }
}

/** Sends every sensor's reading once a second; gives the latency of each request in ms. */
async function load(
  ingest: (readings: unknown[]) => Promise<void>,
  seconds: number,
  fromS: number,
): Promise<number[]> {
  const latencies: number[] = [];
  const open = new Set<Promise<void>>();
  const startMs = performance.now();
  const each = SENSORS / REQUESTS_PER_S;
  for (let i = 0; i < seconds * REQUESTS_PER_S; i++) {
    const waitMs = startMs + i * 1000 / REQUESTS_PER_S - performance.now();
    if (waitMs > 0) await new Promise((r) => setTimeout(r, waitMs));
    const sentMs = performance.now();
    const first = (i % REQUESTS_PER_S) * each;
    const second = fromS + Math.floor(i / REQUESTS_PER_S);
    const sent = ingest(readingsOf(first, first + each, second))
      .then(() => void latencies.push(performance.now() - sentMs));
    open.add(sent);
    sent.finally(() => open.delete(sent));
  }
  await Promise.all(open);
  return latencies;
}

const epochMs = Date.now() - 3_600_000;

function readingsOf(from: number, to: number, second: number): unknown[] {
  return Array.from({ length: to - from }, (_, i) => ({
    machine: `hall/machine-${Math.floor((from + i) / 10)}`,
    sensor: `sensor-${(from + i) % 10}`,
    ts: epochMs + second * 1000 + (from + i),
    value: valueAt(from + i, second),
  }));
}

const valueAt = (sensor: number, second: number) =>
  Math.round(1000 * (40 + 5 * Math.sin(second / 30 + sensor) + Math.random())) / 1000;

/** Bytes that a sensor with a day behind it writes per checkpoint. */
function checkpointBytes(): number {
  const watched = new Watched(
    1,
    planOf({
      kind: "number",
      limits: null,
      expectedMs: null,
      maxPerMinute: 10,
      streamingThreshold: STREAMING_THRESHOLD,
    }),
  );
  for (let s = 0; s < 86_400; s++) watched.read(s * 1000, valueAt(1, s), s * 1000, () => {});
  return watched.save().length;
}
