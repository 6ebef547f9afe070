import { join } from "node:path";

/** The dead-letter files of a data directory, oldest first: rotated ones, then the one being written. */
export async function deadLetterFiles(dataDir: string): Promise<string[]> {
  const rotated: [number, string][] = [];
  let current: string | null = null;
  for await (const { name, isFile } of Deno.readDir(dataDir)) {
    if (!isFile) continue;
    const nth = /^rejected\.(\d+)\.jsonl$/.exec(name)?.[1];
    if (nth !== undefined) rotated.push([Number(nth), join(dataDir, name)]);
    else if (name === "rejected.jsonl") current = join(dataDir, name);
  }
  const paths = rotated.sort((a, b) => b[0] - a[0]).map(([, path]) => path);
  return current === null ? paths : [...paths, current];
}

/** Lines of the files in order, without holding a file in memory. A line without its end is left out. */
export async function* linesOf(paths: readonly string[]): AsyncGenerator<string> {
  for (const path of paths) {
    const file = await Deno.open(path).catch((error) => {
      // Rotated away between listing and opening.
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    });
    if (file === null) continue;
    yield* file.readable.pipeThrough(new TextDecoderStream()).pipeThrough(wholeLines());
  }
}

/** Cuts text into lines. What follows the last line break is being written still and is left out. */
function wholeLines(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(text, controller) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (line !== "") controller.enqueue(line);
    },
  });
}
