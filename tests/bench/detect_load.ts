/**
 * Detection under load: 1 000 sensors at 1 Hz through the intake of the whole application, with every detector
 * that a sensor can have (streaming, z-score, rate of change, stuck, silence, thresholds); the same while
 * models are trained one after the other and all states are saved again and again; and without detection.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import { systemActor } from "../../lib/access/audit_row.ts";
import { planOf } from "../../lib/detect/runner/plan.ts";
import { Watched } from "../../lib/detect/runner/watched.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { type BenchOptions, type BenchResult, doing, quantile } from "../support/bench.ts";

const SENSORS = 1000;
/** Requests per second; each carries the readings of as many sensors as fall to it. */
const REQUESTS_PER_S = 20;
/** Readings of each sensor before anything is measured, and the time between them. */
const LEARN = 400;
const LEARN_STEP_S = 10;
const LIMITS = {
  ...{ warning_high: 60, critical_high: 80, warning_low: 0, hysteresis: 1 },
  max_per_minute: 100,
  stuck_after_ms: 3_600_000,
};
/** A machine with as long a history as training reads: 2.3 days by ten seconds. */
const TRAINED = "hall/trained";
const TRAINED_ROWS = 20_000;
const TRAINED_SENSORS = 10;
/** Pause between checkpoints where they are measured; the product has ten minutes. */
const CHECKPOINT_MS = 10_000;

type Load = "without" | "with" | "busy";
const LOAD_WORDS: Record<Load, string> = {
  without: "without detection",
  with: "with detection",
  busy: "with detection, training and checkpoints",
};

/**
 * Figures: CPU of the whole process as a share of one core, busy time of the runner, ingest latency from
 * request to answer, event-loop delay and the longest work of one turn, without detection, with it, and `busy`: with it while a forest
 * trains and states are saved; the ingest p99 of the latter two over the first; the size of a checkpoint.
 */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const seconds = options.quick ? 12 : 60 * (options.minutes ?? 0.5);
  const figures: Record<string, number> = { sensors: SENSORS, seconds };
  for (const load of ["without", "with", "busy"] as const) {
    for (const [key, value] of Object.entries(await measure(seconds, load))) {
      figures[`${load}_${key}`] = value;
    }
  }
  doing("the size of a checkpoint");
  return {
    name: "detect_load",
    figures: {
      ...figures,
      with_ingest_p99_ratio: figures.with_ingest_p99_ms / figures.without_ingest_p99_ms,
      busy_ingest_p99_ratio: figures.busy_ingest_p99_ms / figures.without_ingest_p99_ms,
      checkpoint_bytes_per_sensor: checkpointBytes(),
    },
    notes: [
      "The load generator runs in the same process and is part of its CPU and loop delay.",
      "loop_work_max is processor time of the main thread in one turn; loop_max also waits for a core.",
      `busy: models of ${TRAINED_ROWS} rows of ${TRAINED_SENSORS} sensors, one after the other, and a ` +
      `checkpoint of all states begun ${CHECKPOINT_MS / 1000} s after the last.`,
    ],
  };
}

async function measure(seconds: number, load: Load): Promise<Record<string, number>> {
  const busy = load === "busy";
  const detection = busy ? { saveMs: CHECKPOINT_MS } : {};
  const app = await runApp({ MQTT_PORT: "0", NEW_SENSORS_PER_HOUR: "2000" }, { detection });
  try {
    doing(`${LOAD_WORDS[load]}: what detectors learn from`);
    await teach(app, load);
    doing(`${LOAD_WORDS[load]}: ${SENSORS} readings/s for ${seconds} s`);
    const { runner } = app.parts.detection;
    await send(app.ingest, 3, 1);
    const stopTraining = busy ? keepTraining(app) : null;
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const stopWork = longestWork();
    const before = { cpu: process.cpuUsage(), ...runner.stats() };
    delay.enable();
    const startMs = performance.now();
    const latencies = await send(app.ingest, seconds, 4);
    delay.disable();
    const workMaxMs = stopWork();
    const tookMs = performance.now() - startMs;
    const cpu = process.cpuUsage(before.cpu);
    const after = runner.stats();
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
      loop_work_max_ms: workMaxMs,
      ...(stopTraining === null ? {} : {
        checkpoints: after.saves - before.saves,
        trainings: stopTraining(),
      }),
    };
  } finally {
    await app.stop();
  }
}

/** Sensors, their limits, and what detectors learn from: they cost what they cost once they have learned. */
async function teach({ parts, ingest }: RunningApp, load: Load): Promise<void> {
  const { registry, detection, machines, access } = parts;
  await ingest(readingsOf(0, SENSORS, -LEARN * LEARN_STEP_S));
  if (load === "without") {
    // Groups still come in; they are simply not taken.
    detection.runner.take = () => {};
  } else {
    const note = (change: object) =>
      access.audit.statement({
        ...{ actor: systemActor("bench"), action: "sensor.update", resource: "sensor" },
        ...change,
      });
    for (const sensor of registry.all()) await machines.patchSensor(sensor.id, LIMITS, note);
  }
  for (let i = 1; i < LEARN; i++) {
    await ingest(readingsOf(0, SENSORS, (i - LEARN) * LEARN_STEP_S));
  }
  if (load !== "busy") return;
  for (let row = 0; row < TRAINED_ROWS; row += 100) {
    await ingest(Array.from({ length: 100 * TRAINED_SENSORS }, (_, i) => ({
      machine: TRAINED,
      sensor: `sensor-${i % TRAINED_SENSORS}`,
      ts: epochMs - 10_000 * (TRAINED_ROWS - row - Math.floor(i / TRAINED_SENSORS)),
      value: valueAt(i % TRAINED_SENSORS, row + i),
    })));
  }
  while (detection.runner.stats().queuedReadings > 0) await pause(50);
}

/**
 * Follows the longest processor time of the main thread between two turns of its loop: what blocks it by its
 * own work, whatever else the host does. Gives what ends it. NaN where the system does not say.
 */
function longestWork(): () => number {
  const usedMs = () => {
    try {
      const [onCpuNs] = Deno.readTextFileSync(`/proc/self/task/${Deno.pid}/schedstat`).split(" ");
      return Number(onCpuNs) / 1e6;
    } catch {
      return NaN;
    }
  };
  let lastMs = usedMs(), mostMs = 0;
  const timer = setInterval(() => {
    mostMs = Math.max(mostMs, usedMs() - lastMs);
    lastMs = usedMs();
  }, 1);
  return () => {
    clearInterval(timer);
    return mostMs;
  };
}

/** Trains the long machine again as soon as it was trained. Gives what ends it: how often it was. */
function keepTraining({ parts: { predictions } }: RunningApp): () => number {
  const before = predictions.status().trained;
  const timer = setInterval(() => {
    if (predictions.training().length === 0) predictions.retrain(TRAINED, "bench");
  }, 20);
  return () => {
    clearInterval(timer);
    return predictions.status().trained - before;
  };
}

/** Sends every sensor's reading once a second; gives the latency of each request in ms. */
async function send(
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
    if (waitMs > 0) await pause(waitMs);
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

/** Where the measured readings begin. */
const epochMs = Date.now() - 3_600_000;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

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
      stuckMs: 3_600_000,
      nature: "level",
    }),
  );
  for (let s = 0; s < 86_400; s++) {
    watched.read(s * 1000, valueAt(1, s), { journalMs: s * 1000, heardMs: -Infinity }, () => {});
  }
  return watched.save().length;
}
