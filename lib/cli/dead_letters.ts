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

/** The messages that were set aside because they ended Perch, each a dead letter in a file of its own. */
export async function quarantinedFiles(dataDir: string): Promise<string[]> {
  const folder = join(dataDir, "quarantine");
  try {
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    return names.filter((name) => /^[0-9a-f]{32}\.json$/.test(name)).sort()
      .map((name) => join(folder, name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
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

/** Longest line that can be a letter. */
const LINE_CHARS_MOST = 2 * 1024 * 1024;

/**
 * Cuts text into lines. What follows the last line break is being written still and is left out. Of a line that
 * is too long to be a letter only the beginning is given, which is none.
 */
export function wholeLines(): TransformStream<string, string> {
  let parts: string[] = [];
  let chars = 0;
  const keep = (text: string) => {
    if (chars < LINE_CHARS_MOST) parts.push(text);
    chars += text.length;
  };
  return new TransformStream({
    transform(text, controller) {
      for (let at = 0;;) {
        const end = text.indexOf("\n", at);
        if (end < 0) return keep(text.slice(at));
        keep(text.slice(at, end));
        if (chars > 0) controller.enqueue(parts.join("").slice(0, LINE_CHARS_MOST));
        [parts, chars] = [[], 0];
        at = end + 1;
      }
    },
  });
}
