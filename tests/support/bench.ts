/** What every benchmark may be told; each takes what it understands. */
export interface BenchOptions {
  /** `--data DIR`: a data set to read, or the folder whose disk is measured. */
  data?: string;
  /** `--out DIR`: where result files of a data set go. */
  out?: string;
  /** `--threshold X` of a detector. */
  threshold?: number;
  /** `--minutes N`, where a benchmark waits. */
  minutes?: number;
  /** `--seeds 1,2,3` or `--seeds 1-10`, where a benchmark makes its data up. */
  seeds?: string;
  /** `--quick`: shorter and rougher, to see that it works. */
  quick?: boolean;
  /** `--profile`: where the time goes, instead of how much of it there is. */
  profile?: boolean;
}

export interface BenchResult {
  name: string;
  figures: Record<string, number>;
  /** Conditions that belong beside the figures: a broker's configuration, what was missing. */
  notes?: string[];
}

/** A new folder below `--data`, and how to get rid of it. */
export async function benchFolder(options: BenchOptions): Promise<{
  path: string;
  remove(): Promise<void>;
}> {
  const path = await Deno.makeTempDir({ dir: options.data, prefix: "perch-bench-" });
  return { path, remove: () => Deno.remove(path, { recursive: true }) };
}

/** Median of a list that is not empty. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Quantile (0…1) of a list that is not empty. */
export function quantile(numbers: readonly number[], q: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

/** What is done now stays said: again after so long. */
const AGAIN_MS = 15_000;
const begunMs = performance.now();
let timer: ReturnType<typeof setInterval> | undefined;

/**
 * Says on standard error what a benchmark does from now on, and now and then that it still does:
 * `[ 75 s] Perch through mosquitto, round 2 of 5`.
 */
export function doing(part: string, round?: number, rounds?: number): void {
  const text = round === undefined ? part : `${part}, round ${round} of ${rounds}`;
  const say = (words: string) => {
    const seconds = Math.round((performance.now() - begunMs) / 1000);
    console.error(`[${String(seconds).padStart(3)} s] ${words}`);
  };
  say(text);
  clearInterval(timer);
  timer = setInterval(() => say(`${text} …`), AGAIN_MS);
  // Saying so is no reason to stay.
  Deno.unrefTimer(timer as unknown as number);
}

/** What `--seeds` says. */
export function seedsOf(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const [from, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
