import { processCpuS } from "../ingest/setup.ts";

const LOOK_MS = 250;
/** Calm: so many looks in a row in which it took less than this of one core. */
const LOOKS = 4;
const SHARE = 0.1;
const MOST_MS = 20_000;

/**
 * Waits until a process has done what it put off (at most 20 s). Gives the processor seconds that it has used by then,
 * those of the calm looks included, which are a hundredth or two.
 */
export async function quiet(pid: number): Promise<number> {
  const untilMs = performance.now() + MOST_MS;
  let usedS = processCpuS(pid);
  for (let calm = 0; calm < LOOKS && performance.now() < untilMs;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const nowS = processCpuS(pid);
    calm = nowS - usedS < SHARE * LOOK_MS / 1000 ? calm + 1 : 0;
    usedS = nowS;
  }
  return usedS;
}
