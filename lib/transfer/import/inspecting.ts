import type { ImportFormat, ImportOptions, ImportSource, Inspection, Segment } from "./format.ts";

const ROWS_MOST = 100;
const SERIES_MOST = 1_000;
const SEGMENTS_MOST = 4;
/** Of a segment that is looked at: it ends sooner than those of an import. */
export const LOOKED_AT = 2_000;
const REASONS_MOST = 3;
const never = new AbortController().signal;

/** A format that can be told how many readings a segment has. */
export interface Readable extends ImportFormat {
  read(...how: [...Parameters<ImportFormat["read"]>, most?: number]): AsyncGenerator<Segment>;
}

/** What the first rows say, read as the import will read them. */
export async function inspectByReading(
  format: Pick<Readable, "read">,
  source: ImportSource,
  options: ImportOptions,
  notes: string[] = [],
): Promise<Inspection> {
  const segments: Segment[] = [];
  let rows = 0;
  for await (const segment of format.read(source, options, null, never, LOOKED_AT)) {
    segments.push(segment);
    for (const { tMs } of segment.parts) rows += tMs.length;
    if (rows >= ROWS_MOST || segments.length >= SEGMENTS_MOST) break;
  }
  return { ...previewOf(segments), options, questions: [], notes: [...notes, ...faults(segments)] };
}

/** A question stands before anything can be read. */
export function asked(
  options: ImportOptions,
  questions: Inspection["questions"],
  notes: string[] = [],
): Inspection {
  return { options, questions, rows: [], series: [], notes };
}

/** Series in the order of their first appearance, and their first rows by time. */
export function previewOf(segments: readonly Segment[]): Pick<Inspection, "rows" | "series"> {
  const parts = segments.flatMap((segment) => segment.parts);
  const series = new Map(parts.map((part) => [part.series.kind + part.series.key, part.series]));
  const rows = parts.flatMap(({ series, tMs, value, texts }) => {
    const { key, suggested, unit } = series;
    return Array.from(tMs.subarray(0, ROWS_MOST), (t, i) => ({
      ...{ key, suggested, unit, tMs: t },
      value: texts === undefined ? value[i] : texts[value[i]],
    }));
  });
  return {
    series: [...series.values()].slice(0, SERIES_MOST),
    rows: rows.toSorted((a, b) => a.tMs - b.tMs).slice(0, ROWS_MOST),
  };
}

function faults(segments: readonly Segment[]): string[] {
  const rejected = segments.flatMap((segment) => segment.rejected);
  return rejected.slice(0, REASONS_MOST).map(({ line, reason }) => `Line ${line}: ${reason}.`);
}
