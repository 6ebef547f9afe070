import assert from "node:assert/strict";
import type { ImportOptions, ImportSource, Segment } from "../../lib/transfer/import/format.ts";
import type { Readable } from "../../lib/transfer/import/inspecting.ts";

const never = new AbortController().signal;

/** What a format read of a file, in a form that tests compare. */
export interface ReadFile {
  /** `key @ time = value unit`, part by part. */
  readings: string[];
  /** `key @ hour = min mean max unit`. */
  hours: string[];
  suggested: Record<string, string>;
  read: number;
  empty: number;
  rejected: string[];
  segments: Segment[];
}

/** Writes the file, hands it over, and removes it. */
export async function withFile<T>(
  content: string | Uint8Array,
  use: (source: ImportSource) => Promise<T>,
  name = "history.csv",
): Promise<T> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, bytes);
    return await use({ path, name, bytes: bytes.length });
  } finally {
    await Deno.remove(path);
  }
}

/**
 * Reads a file from end to end, and from its first cursors again: what comes after them has to be the same. `most`:
 * readings of a segment.
 */
export async function readAll(
  format: Pick<Readable, "read">,
  source: ImportSource,
  options: ImportOptions = {},
  most?: number,
): Promise<ReadFile> {
  const read = (cursor: string | null) =>
    Array.fromAsync(format.read(source, options, cursor, never, most));
  const segments = await read(null);
  for (let i = 0; i < Math.min(segments.length, 5); i++) {
    const rest = await read(segments[i].next);
    assert.deepEqual(rest, segments.slice(i + 1), `from ${segments[i].next}`);
  }
  return summary(segments);
}

export function readText(
  format: Pick<Readable, "read">,
  content: string | Uint8Array,
  options?: ImportOptions,
  most?: number,
) {
  return withFile(content, (source) => readAll(format, source, options, most));
}

function summary(segments: Segment[]): ReadFile {
  const out: ReadFile = {
    ...{ readings: [], hours: [], suggested: {}, read: 0, empty: 0, rejected: [], segments },
  };
  for (const segment of segments) {
    out.read += segment.read;
    out.empty += segment.empty;
    out.rejected.push(...segment.rejected.map(({ line, reason }) => `${line}: ${reason}`));
    for (const { series, tMs, value, texts, hours } of segment.parts) {
      out.suggested[series.key] = series.suggested;
      const unit = series.unit === null ? "" : ` ${series.unit}`;
      tMs.forEach((t, i) => {
        const at = `${series.key} @ ${new Date(t).toISOString().replace(".000Z", "Z")}`;
        const shown = texts === undefined ? value[i] : JSON.stringify(texts[value[i]]);
        if (hours === undefined) out.readings.push(`${at} = ${shown}${unit}`);
        else out.hours.push(`${at} = ${hours.min[i]} ${shown} ${hours.max[i]}${unit}`);
      });
    }
  }
  return out;
}
