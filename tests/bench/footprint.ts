/**
 * What the compiled binary costs: start, memory, size, script per page. Needs `deno task compile`.
 * `--minutes N` is the length of the simulator's run (10). In all it takes two minutes more than that.
 */
import { type BenchOptions, type BenchResult, doing, median } from "../support/bench.ts";
import { addKey, ROOT, startPerch } from "../support/perch.ts";
import { freePort } from "../support/port.ts";
import { processMemory } from "./ingest/setup.ts";
import { idleDay } from "./footprint/idle_day.ts";
import { hostSampleCost } from "./footprint/host_sample.ts";
import { scriptBytes } from "./footprint/scripts.ts";

const BINARY = `${ROOT}dist/perch`;
const STARTS = 9;
/** Until the start-up's garbage is collected. */
const IDLE_MS = 40_000;
/** The simulator fills six hours of past first. */
const FILL_MS = 15_000;

/**
 * Figures: median ms from spawning to the first 200 of `/health/ready` with existing data; resident and
 * anonymous memory (MB) idle and after minutes of simulator; size of the binary (MB); script per page as
 * gzip (bytes); CPU time of one look at the host (ms); what an idle day gives the disk to write (MB).
 */
export async function run(options: BenchOptions): Promise<BenchResult> {
  const minutes = options.minutes ?? (options.quick ? 0.5 : 10);
  const dataDir = await Deno.makeTempDir({ prefix: "perch-footprint-" });
  try {
    const figures: Record<string, number> = {
      binary_mb: Deno.statSync(BINARY).size / 1e6,
    };
    doing(`the simulator fills six hours, then runs for ${minutes} minutes; beside it an idle day`);
    // Both wait nearly all of the time, and what one of them writes is counted by its process.
    const beside = await Promise.allSettled([
      simulated(dataDir, minutes),
      idleDay(options.quick ? 2 : undefined),
    ]);
    for (const one of beside) {
      if (one.status === "rejected") throw one.reason;
      Object.assign(figures, one.value);
    }
    Object.assign(figures, await serving(dataDir));
    doing("samples of the host");
    Object.assign(figures, await hostSampleCost());
    return { name: "footprint", figures };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`${BINARY} is missing: deno task compile`, { cause: error });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

async function simulated(dataDir: string, minutes: number): Promise<Record<string, number>> {
  const sim = await start(dataDir, ["sim"]);
  await sleep(FILL_MS + minutes * 60_000);
  const busy = processMemory(sim.pid);
  await sim.stop();
  return {
    sim_minutes: minutes,
    sim_rss_mb: busy.rssMb,
    sim_anonymous_mb: busy.anonymousMb,
    sim_peak_rss_mb: busy.peakMb,
  };
}

async function serving(dataDir: string): Promise<Record<string, number>> {
  const key = await addKey({ dataDir, role: "viewer", binary: [BINARY] });
  const readyMs: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    doing("start to ready", i + 1, STARTS);
    const perch = await start(dataDir, ["serve"]);
    readyMs.push(perch.readyAfterMs);
    await perch.stop();
  }
  doing(`idle for ${IDLE_MS / 1000} s`);
  const perch = await start(dataDir, ["serve"]);
  try {
    await sleep(IDLE_MS);
    const idle = processMemory(perch.pid);
    return {
      start_to_ready_ms: median(readyMs),
      start_to_ready_slowest_ms: Math.max(...readyMs),
      idle_rss_mb: idle.rssMb,
      idle_anonymous_mb: idle.anonymousMb,
      ...await scriptBytes(perch.url, key),
    };
  } finally {
    await perch.stop();
  }
}

function start(dataDir: string, args: string[]) {
  const env = { MQTT_PORT: String(freePort()), LOG_LEVEL: "warn" };
  return startPerch({ dataDir, binary: [BINARY], args, env });
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
