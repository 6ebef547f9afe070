/**
 * A Raspberry Pi as a whole: Perch within the memory of one, with 200 readings a second, detection, a live view, two
 * cameras (one of them looked at), trainings, backups, reports, pages and queries. Before and after it, readings and the
 * live view alone: that is what the acknowledgements of the full house are compared with.
 */
import { doing, quantile } from "../bench.ts";
import { ffmpegsOf } from "../../bench/cameras/site.ts";
import { processMemory } from "../../bench/ingest/setup.ts";
import { startFaultyHttp } from "../cameras/faulty_http.ts";
import { haveRtspServer, startRtspServer } from "../cameras/rtsp_server.ts";
import type { MemoryGroup } from "../memory_group.ts";
import { addKey, startPerch } from "../perch.ts";
import { type ChoreTimes, startChores } from "./chores.ts";
import { FED_SENSORS, READINGS_PER_S, startFeed } from "./feed.ts";
import { addCamera, fillTrained, type PiSite, piSite, untilTrained } from "./site.ts";

export interface PiOptions {
  /** The compiled program, with what stands before it on this host. */
  binary: string[];
  /** Perch and all that it starts live in it. */
  group: MemoryGroup;
  dataDir: string;
  /** Of the full house. */
  minutes: number;
  /** Rows of ten seconds that a training reads. */
  rows: number;
  /** How much slower than this host's own programs it may be: 1, more under qemu. */
  patience: number;
}

const CAMERA = { width: 1280, height: 720, fps: 10, keyframeEvery: 10, pattern: "ball" } as const;
const BASE_SHARE = 0.1;
const BASE_LEAST_MS = 15_000;
const SETTLE_MS = 5_000;
const LOOK_MS = 500;
const MINUTE_MS = 60_000;

/** Runs it; figures by name. @throws Error where something is refused, fails or ends */
export async function runPi(options: PiOptions): Promise<Record<string, number>> {
  const { binary, group, dataDir, minutes, patience } = options;
  const key = await addKey({ dataDir, role: "admin", binary });
  doing("Perch starts");
  const perch = await startPerch({
    ...{ dataDir, binary, under: group.under, readyMs: 60_000 * patience },
    env: { LOG_LEVEL: "warn", MQTT_PORT: "0", OUTGOING_NETWORKS: "127.0.0.0/8" },
  });
  const site = piSite(perch.url, key);
  const memory = watchMemory(group, perch.pid);
  try {
    await site.json("PATCH", "/api/settings/host.emergency", { value: false });
    doing("a history to learn from");
    await fillTrained(site, options.rows);
    const viewer = await openStream(site);
    const fromMs = Date.now();
    const feed = startFeed(perch.url, site.headers);
    try {
      await wait(SETTLE_MS);
      await untilTrained(site, MINUTE_MS * patience);
      const baseMs = Math.max(BASE_LEAST_MS, minutes * MINUTE_MS * BASE_SHARE) / 2;
      const base = await alone(feed, baseMs);
      memory.mark();
      const full = await fullHouse(site, feed, options);
      const { base: baseMb, most: fullMb } = memory.taken();
      await wait(SETTLE_MS);
      base.push(...await alone(feed, baseMs));
      const acknowledged = await feed.stop();
      doing("what was acknowledged is counted");
      const stored = await storedSince(site, fromMs);
      if (stored !== acknowledged) throw new Error(`${stored} of ${acknowledged} are stored`);
      const { peakMb, kills } = group.counts();
      const [p99, meanwhile] = [quantile(base, 0.99), quantile(full.latencies, 0.99)];
      return {
        ...{ minutes, readings_per_s: READINGS_PER_S, acknowledged, stored, kills },
        ack_p50_base_ms: quantile(base, 0.5),
        ack_p50_full_ms: quantile(full.latencies, 0.5),
        ...{ ack_p99_base_ms: p99, ack_p99_full_ms: meanwhile, ack_p99_ratio: meanwhile / p99 },
        ack_longest_full_ms: Math.max(...full.latencies),
        group_peak_mb: peakMb,
        ...{ anonymous_base_mb: baseMb, anonymous_peak_mb: fullMb },
        perch_peak_mb: processMemory(perch.pid).peakMb,
        ...{ stream_mb: viewer.megabytes(), ...full.done },
      };
    } finally {
      await feed.stop().catch(() => {});
      await viewer.stop();
    }
  } catch (error) {
    throw new Error(`${error}\n${group.counts().kills} kills\n${perch.output()}`, { cause: error });
  } finally {
    memory.stop();
    await perch.stop();
  }
}

async function alone(feed: ReturnType<typeof startFeed>, ms: number): Promise<number[]> {
  doing(`readings alone for ${Math.round(ms / 1000)} s`);
  feed.take();
  await wait(ms);
  return feed.take();
}

/** Cameras, and everything else at once; both are gone after it. */
async function fullHouse(
  site: PiSite,
  feed: ReturnType<typeof startFeed>,
  { minutes, patience, group }: PiOptions,
) {
  doing("two cameras");
  await using still = await startStill();
  const rtsp = haveRtspServer() ? await startRtspServer(CAMERA) : null;
  try {
    const patienceMs = 3 * MINUTE_MS * patience;
    const stream = rtsp === null
      ? await addCamera(site, "Gate", "http_mjpeg", still.camera.streamUrl, patienceMs)
      : await addCamera(site, "Gate", "rtsp", rtsp.url, patienceMs);
    const other = await addCamera(site, "Line", "http_mjpeg", still.camera.streamUrl, patienceMs);
    if (ffmpegsIn(group) === 0) throw new Error("no ffmpeg runs within the group");
    feed.take();
    doing(`everything for ${minutes} min`);
    const chores = startChores(site, stream, choreTimes(minutes, patienceMs));
    await wait(minutes * MINUTE_MS);
    const done = await chores.stop();
    const latencies = feed.take();
    for (const id of [stream, other]) {
      const { state } = await site.json("GET", `/api/cameras/${id}/status`);
      if (state !== "live") throw new Error(`a camera is ${state} in the end`);
      await (await site.ask("DELETE", `/api/cameras/${id}`)).body?.cancel();
    }
    return { latencies, done };
  } finally {
    await rtsp?.[Symbol.asyncDispose]();
  }
}

/** In half an hour six backups and reports; in a minute one. */
const choreTimes = (minutes: number, patienceMs: number): ChoreTimes => ({
  trainingMs: Math.min(30_000, minutes * 15_000),
  backupMs: 5 * MINUTE_MS,
  reportMs: 5 * MINUTE_MS,
  pageMs: 5_000,
  patienceMs,
});

async function startStill() {
  const camera = await startFaultyHttp();
  return { camera, [Symbol.asyncDispose]: async () => await camera.stop() };
}

const ffmpegsIn = (group: MemoryGroup) => group.pids().flatMap((pid) => ffmpegsOf(pid)).length;

/** Takes what the live stream sends. */
async function openStream({ ask }: PiSite) {
  const stream = await ask("GET", "/api/stream?types=reading");
  const reader = stream.body!.getReader();
  let bytes = 0;
  const reading = (async () => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      bytes += value.length;
    }
  })().catch(() => {});
  return {
    megabytes: () => bytes / 1e6,
    async stop() {
      await reader.cancel().catch(() => {});
      await reading;
    },
  };
}

/** The most anonymous memory of the group, before and after `mark`. */
function watchMemory(group: MemoryGroup, pid: number) {
  let base = 0, most = 0;
  let isMarked = false;
  const timer = setInterval(() => {
    const { anonymousMb, kills } = group.counts();
    if (isMarked) most = Math.max(most, anonymousMb);
    else base = Math.max(base, anonymousMb);
    if (kills > 0) console.error(`the kernel ended ${kills} processes; Perch is ${pid}`);
  }, LOOK_MS);
  return {
    mark: () => void (isMarked = true),
    taken: () => ({ base, most }),
    stop: () => clearInterval(timer),
  };
}

async function storedSince({ json }: PiSite, fromMs: number): Promise<number> {
  let sum = 0;
  for (const sensor of FED_SENSORS) {
    const { n } = await json(
      "GET",
      `/api/readings?sensor=${sensor}&from=${fromMs - 1_000}&to=${Date.now() + 60_000}&points=50`,
    );
    sum += (n as number[]).reduce((all, one) => all + one, 0);
  }
  return sum;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
