export interface BenchOptions {
  /** Folder for the files of the run; its disk is what is measured. Default: the system's temporary folder. */
  data?: string;
}

export interface BenchResult {
  name: string;
  figures: Record<string, number>;
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
