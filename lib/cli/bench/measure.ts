/**
 * A whole Perch in a folder of its own, without a listener, a source or what runs by itself, but for detection: what is
 * measured is the way of every reading to the disk, from the text of a request to its acknowledgement.
 */
import { join } from "node:path";
import process from "node:process";
import { buildApp } from "../../app.ts";
import type { Parts } from "../../app/parts.ts";
import { parseConfig } from "../../base/config.ts";
import { createKernelFiles } from "../../base/kernel_files.ts";
import { silentLog } from "../../base/log.ts";
import { VERSION } from "../../base/version.ts";
import { LineNames } from "../../sources/dialects/mod.ts";
import { parseLinesBody } from "../../sources/http_bodies.ts";
import { type BenchFigures, spreadOf } from "./figures.ts";

export interface BenchPlan {
  /** Empty, on the disk that is measured. */
  folder: string;
  /** Whose disk, as it is shown. */
  dir: string;
  seconds: number;
  commitIntervalMs: number;
  signal: AbortSignal;
  /** Called with what is measured from now on. */
  doing(part: string): void;
}

/** Of all the time. */
const SHARES = { fsync: 0.1, ingest: 0.4, detection: 0.1, month: 0.25, queries: 0.1 };
const FSYNCS_MOST = 500;
const FSYNC_BYTES = 4_096;
const SENSORS = 50;
const BATCH = 1_000;
const SENDERS = 4;
/** Bounds what is written: some 20 bytes of each in the journal. */
const READINGS_MOST = 3_000_000;
const MONTH_READINGS = 30 * 86_400;
const MONTH_GROUP = 10_000;
/** Some of it is sealed then. */
const MONTH_LEAST = 30_000;
const MACHINE = "bench/press";
/** Where readings come from, as the intake is told. */
const AT = { source: "bench", topic: "/api/v2/write" };
const POINTS = 1_000;
const QUERIES_MOST = 30;
const CATCH_UP_MS = 3_000;
/** Of detection alone. */
const JUDGED_BATCHES = 100;

/** Measures everything, in this order. @throws what `plan.signal` says as soon as it is aborted */
export async function measure(plan: BenchPlan): Promise<BenchFigures> {
  const startMs = performance.now();
  plan.doing("how long the disk takes for an fsync");
  const fsync = spreadOf(await fsyncTimes(plan));
  plan.doing("readings through the intake, with detection");
  const { storage, ...flow } = await withPerch(plan, async (parts) => {
    const flow = await ingestFigures(parts, plan);
    plan.doing("a month of one sensor");
    return { ...flow, storage: await storeMonth(parts, plan) };
  });
  plan.doing("queries over it");
  const openedMs = performance.now();
  const { opened, query } = await withPerch(plan, async (parts) => ({
    opened: performance.now() - openedMs,
    query: await queryFigures(parts, plan, storage),
  }));
  return {
    ...{ dir: plan.dir, cores: navigator.hardwareConcurrency },
    seconds: (performance.now() - startMs) / 1000,
    ...{ fsync, ...flow },
    storage: { readings: storage.readings, bytes_per_reading: storage.bytesPerReading },
    ...{ open_ms: opened, query, memory_peak_bytes: await peakBytes() },
  };
}

async function withPerch<T>(plan: BenchPlan, use: (parts: Parts) => Promise<T>): Promise<T> {
  plan.signal.throwIfAborted();
  const config = parseConfig({
    PERCH_DATA: join(plan.folder, "data"),
    COMMIT_INTERVAL_MS: `${plan.commitIntervalMs}`,
  });
  const app = buildApp({ config, version: VERSION, log: silentLog() });
  try {
    return await use(await app.open());
  } finally {
    await app.stop();
  }
}

const untilOf = (plan: BenchPlan, share: keyof typeof SHARES) =>
  performance.now() + plan.seconds * 1000 * SHARES[share];

async function fsyncTimes(plan: BenchPlan): Promise<number[]> {
  const untilMs = untilOf(plan, "fsync");
  using file = await Deno.open(join(plan.folder, "fsync"), { create: true, write: true });
  const bytes = crypto.getRandomValues(new Uint8Array(FSYNC_BYTES));
  const times: number[] = [];
  while (times.length < FSYNCS_MOST && (times.length === 0 || performance.now() < untilMs)) {
    plan.signal.throwIfAborted();
    const begunMs = performance.now();
    await file.write(bytes);
    await file.syncData();
    times.push(performance.now() - begunMs);
  }
  return times;
}

/** Readings of each sensor once a second, in the order in which a plant sends them; the newest is now. */
function bodyOf(batch: number, startMs: number): string {
  const lines = Array.from({ length: BATCH }, (_, i) => {
    const n = batch * BATCH + i;
    const value = 20 + n % SENSORS + Math.round(Math.sin(n * 12.9898) * 100) / 100;
    const tMs = startMs + Math.floor(n / SENSORS) * 1_000;
    return `press,machine=${MACHINE},sensor=s${n % SENSORS} value=${value.toFixed(2)} ${tMs}`;
  });
  return lines.join("\n");
}

/** Offers batches as the intake gets them from a request. */
function createSender({ intake }: Parts, { signal }: BenchPlan) {
  const startMs = Date.now() - READINGS_MOST / SENSORS * 1_000;
  const encoder = new TextEncoder();
  const names = new LineNames();
  let batches = 0;
  return {
    sent: () => batches * BATCH,
    /** Ms from its offer to its acknowledgement. */
    async next(): Promise<number> {
      signal.throwIfAborted();
      const text = bodyOf(batches++, startMs);
      const bytes = encoder.encode(text);
      const sentMs = performance.now();
      const answer = await intake.careful(
        { ...AT, payload: bytes },
        () =>
          intake.offerBatch({
            ...AT,
            ...parseLinesBody({ bytes, ascii: true, text }, "ms", names),
          }),
      );
      if (answer.accepted !== BATCH) throw new Error(`${answer.accepted} of ${BATCH} were taken`);
      return performance.now() - sentMs;
    },
  };
}

type Sender = ReturnType<typeof createSender>;

/** Four senders while detection runs. The processor's time is counted until detection is done too. */
async function ingestFigures(
  parts: Parts,
  plan: BenchPlan,
): Promise<Pick<BenchFigures, "ingest" | "detection">> {
  const sender = createSender(parts, plan);
  // Tables, sensors and compiled code are there after these.
  for (let i = 0; i < SENDERS; i++) await sender.next();
  const acknowledged: number[] = [];
  let seconds = 0;
  const { cpuUs } = await whileDetecting(parts, plan, sender, async () => {
    const [begunMs, untilMs] = [performance.now(), untilOf(plan, "ingest")];
    await Promise.all(Array.from({ length: SENDERS }, async () => {
      do acknowledged.push(await sender.next()); while (
        performance.now() < untilMs && sender.sent() < READINGS_MOST
      );
    }));
    seconds = (performance.now() - begunMs) / 1000;
  });
  const readings = acknowledged.length * BATCH;
  return {
    ingest: {
      readings,
      readings_per_s: readings / seconds,
      cpu_us_per_reading: cpuUs / readings,
      acknowledged: spreadOf(acknowledged),
    },
    detection: await detectionFigures(parts, plan, sender),
  };
}

/** What is stored while nobody judges is judged afterwards, with nothing else to do. */
async function detectionFigures(
  parts: Parts,
  plan: BenchPlan,
  sender: Sender,
): Promise<BenchFigures["detection"]> {
  const untilMs = untilOf(plan, "detection");
  for (let i = 0; i < JUDGED_BATCHES && performance.now() < untilMs; i++) await sender.next();
  const { cpuUs, judged } = await whileDetecting(parts, plan, sender, () => Promise.resolve());
  return { readings: judged, us_per_reading: judged === 0 ? null : cpuUs / judged };
}

/** Processor time of the whole process for `work`, and until all is judged or the wait for it is over. */
async function whileDetecting(
  { detection: { runner } }: Parts,
  { signal }: BenchPlan,
  sender: Sender,
  work: () => Promise<void>,
): Promise<{ cpuUs: number; judged: number }> {
  const detecting = new AbortController();
  const before = { cpu: process.cpuUsage(), judged: runner.stats().readings };
  const task = runner.task.run(detecting.signal);
  try {
    await work();
    const untilMs = performance.now() + CATCH_UP_MS;
    while (runner.stats().readings < sender.sent() && performance.now() < untilMs) {
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { user, system } = process.cpuUsage(before.cpu);
    return { cpuUs: user + system, judged: runner.stats().readings - before.judged };
  } finally {
    detecting.abort();
    await task.catch(() => {});
  }
}

interface Month {
  /** Storage number of the sensor. */
  sensor: number;
  fromMs: number;
  readings: number;
  /** Of those that are sealed. */
  bytesPerReading: number | null;
}

/** One reading a second of one sensor, two decimals, as much of thirty days as there is time for. */
async function storeMonth({ intake, registry, storage }: Parts, plan: BenchPlan): Promise<Month> {
  const before = await storage.readings.stats();
  const fromMs = Date.now() - MONTH_READINGS * 1_000;
  const name = `month,machine=${MACHINE},sensor=month value=20 ${fromMs}`;
  await intake.offerBatch({ ...AT, ...parseLinesBody(name, "ms") });
  const sensor = registry.find(`${MACHINE}/month`)!.num;
  const untilMs = untilOf(plan, "month");
  let away = 0;
  let stored = 1;
  const goesOn = () => stored < MONTH_LEAST || performance.now() < untilMs;
  while (stored < MONTH_READINGS && goesOn()) {
    plan.signal.throwIfAborted();
    const n = Math.min(MONTH_GROUP, MONTH_READINGS - stored);
    const from = stored;
    await intake.offerStored({
      sensor: new Uint32Array(n).fill(sensor),
      tMs: Float64Array.from({ length: n }, (_, i) => fromMs + (from + i) * 1_000),
      value: Float64Array.from({ length: n }, () => {
        away = 0.98 * away + (Math.random() - 0.5) / 5;
        return Math.round((20 + away) * 100) / 100;
      }),
      flags: new Uint8Array(n),
      ...{ seq: null, extra: [] },
    });
    stored += n;
  }
  const after = await storage.readings.stats();
  const sealed = (stats: typeof after) => stats.readings - stats.tailReadings;
  const more = sealed(after) - sealed(before);
  // What is not sealed stands in the journal.
  const bytes = ({ databaseBytes, journalBytes }: typeof after) => databaseBytes - journalBytes;
  return {
    ...{ sensor, fromMs, readings: stored },
    bytesPerReading: more === 0 ? null : (bytes(after) - bytes(before)) / more,
  };
}

async function queryFigures(
  { storage: { readings: store } }: Parts,
  plan: BenchPlan,
  { sensor, fromMs, readings }: Month,
): Promise<BenchFigures["query"]> {
  const untilMs = untilOf(plan, "queries");
  const asked = { sensor, fromMs, toMs: fromMs + readings * 1_000, points: POINTS };
  const times: number[] = [];
  let points = 0;
  while (times.length < 2 || (times.length < QUERIES_MOST && performance.now() < untilMs)) {
    plan.signal.throwIfAborted();
    const begunMs = performance.now();
    const { n } = await store.buckets(asked);
    times.push(performance.now() - begunMs);
    points = n.length;
    const counted = n.reduce((sum, one) => sum + one, 0);
    if (counted !== readings) throw new Error(`${counted} of ${readings} readings were found`);
  }
  const [first_ms, ...warm] = times;
  return { readings, points, first_ms, warm_ms: spreadOf(warm).p50_ms };
}

async function peakBytes(): Promise<number | null> {
  const path = "/proc/self/status";
  const status = await createKernelFiles({ roots: [path] }).read(path);
  const found = /^VmHWM:\s+(\d+) kB/m.exec(status ?? "")?.[1];
  return found === undefined ? null : Number(found) * 1024;
}
