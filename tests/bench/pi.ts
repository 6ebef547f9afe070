/**
 * A Raspberry Pi as a whole: the compiled Perch within 900 MB (a control group of the kernel, so as root) with all that
 * it does at once, for `--minutes` (30; `--quick` 1). Needs `deno task compile`; ffmpeg, and GStreamer's RTSP server for
 * a camera of the network.
 */
import { benchFolder, type BenchOptions, type BenchResult, doing } from "../support/bench.ts";
import { memoryGroup } from "../support/memory_group.ts";
import { ROOT } from "../support/perch.ts";
import { runPi } from "../support/pi/scenario.ts";

const BINARY = `${ROOT}dist/perch`;
const MEMORY_MB = 900;
const ROWS = 20_000;
const MINUTES = 30;

/** Figures of one run: acknowledgements alone and in a full house, memory, and what was done. */
export async function run(options: BenchOptions): Promise<BenchResult> {
  try {
    Deno.statSync(BINARY);
  } catch {
    throw new Error(`${BINARY} is missing: deno task compile`);
  }
  const group = memoryGroup(MEMORY_MB);
  if (group === null) {
    throw new Error(
      "no control group can be made here (it takes root, and cgroup v2 or v1 memory)",
    );
  }
  await using bounded = group;
  const folder = await benchFolder(options);
  try {
    doing(`a ${bounded.kind} of ${MEMORY_MB} MB`);
    const figures = await runPi({
      ...{ binary: [BINARY], group: bounded, dataDir: folder.path, rows: ROWS, patience: 1 },
      minutes: options.minutes ?? (options.quick ? 1 : MINUTES),
    });
    const load = Deno.loadavg().map((one) => one.toFixed(1)).join(" ");
    return {
      name: "pi",
      figures: { memory_limit_mb: MEMORY_MB, ...figures },
      notes: [`bounded by ${bounded.kind}`, `load of the host at the end: ${load}`],
    };
  } finally {
    await folder.remove();
  }
}
