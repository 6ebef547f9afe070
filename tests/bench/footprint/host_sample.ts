import { join } from "node:path";
import { systemClock } from "../../../lib/base/clock.ts";
import { createKernelFiles } from "../../../lib/base/kernel_files.ts";
import { createCollector, HOST_ROOTS } from "../../../lib/health/host/collector.ts";
import { parseProcessStat } from "../../../lib/health/host/process.ts";
import { ROOT } from "../../support/perch.ts";

const SAMPLES = 200;
/** Between two samples, so that they do not profit from threads that still run. */
const PAUSE_MS = 20;

/**
 * What a sample of the host costs: milliseconds of a core on this host, and with the files of a Pi 5, which has
 * more of them. Divided by the setting `host.sample_s` it is a share of a core.
 */
export async function hostSampleCost(): Promise<Record<string, number>> {
  return {
    host_sample_cpu_ms: await costOf(""),
    host_sample_cpu_ms_pi5: await costOf(join(ROOT, "tests/fixtures/hosts/pi5")),
  };
}

async function costOf(root: string): Promise<number> {
  const files = createKernelFiles({ root, roots: HOST_ROOTS });
  const clock = systemClock();
  const { sample } = createCollector({ files, clock, dataDir: ROOT });
  await sample();
  const sleepMs = await cpuMs(() => Promise.resolve());
  return (await cpuMs(sample) - sleepMs) / SAMPLES;
}

async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const beforeMs = await ownCpuMs();
  for (let n = 0; n < SAMPLES; n++) {
    await work();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return await ownCpuMs() - beforeMs;
}

async function ownCpuMs(): Promise<number> {
  return parseProcessStat(await Deno.readTextFile("/proc/self/stat"))!.cpuS * 1_000;
}
