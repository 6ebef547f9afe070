/** What another Perch exports, a line for each reading: after a line about the file, which names its site. */
import { PerchError } from "../../../base/errors.ts";
import { HOUR_MS } from "../../../words/times.ts";
import { readSiteHead } from "../../site_head.ts";
import { headOf, stretchesOf } from "../bytes_source.ts";
import { cursorAt, placeAt } from "../cursor.ts";
import type { ImportFormat, ImportOptions, ImportSource, Segment } from "../format.ts";
import { inspectByReading } from "../inspecting.ts";
import { createSegment, quoted, type SegmentBuilder } from "../segment.ts";
import { pathOf } from "../series_names.ts";
import { timeOfMs } from "../times.ts";

/** What of the first line matters for those after it. */
interface Head {
  /** Rows are hours. */
  hourly: boolean;
}

const FIRST_LINE_BYTES = 16 * 1024;

export const perchNdjson: ImportFormat = {
  id: "perch-ndjson",
  title: "Perch, export as NDJSON",

  detect: (head) => readSiteHead(firstLine(head)) === null ? 0 : 1,

  async inspect(source, options) {
    const { step, site } = await fileHead(source);
    const notes = [`The file is from ${quoted(site)}.`];
    if (step !== null && step !== "1h") {
      notes.push(`Its rows are means of ${step}; they are read as if they had been measured.`);
    }
    return await inspectByReading(perchNdjson, source, options, notes);
  },

  read,
};

async function* read(
  source: ImportSource,
  _options: ImportOptions,
  cursor: string | null,
  signal: AbortSignal,
): AsyncGenerator<Segment> {
  const { place, kept } = placeAt<Head>(cursor);
  const head = kept ?? { hourly: (await fileHead(source)).step === "1h" };
  const decoder = new TextDecoder();
  for await (const stretch of stretchesOf(source, place, signal)) {
    const segment = createSegment();
    let { line } = stretch.from;
    if (stretch.rejected !== null) segment.reject(stretch.rejected.line, stretch.rejected.reason);
    for (const text of decoder.decode(stretch.bytes).split("\n")) {
      if (text.trim() !== "" && line > 1) {
        segment.read++;
        addRow(segment, text, line, head);
      }
      line++;
    }
    yield segment.finish(cursorAt(stretch.next, head), stretch.share);
  }
}

function addRow(segment: SegmentBuilder, text: string, line: number, head: Head): void {
  let row: Record<string, unknown>;
  try {
    row = JSON.parse(text);
  } catch {
    return segment.reject(line, `${quoted(text)} is no JSON`);
  }
  const { sensor, unit = null, ts, value, min, max, note, kind } = row ?? {};
  if (typeof sensor !== "string" || sensor === "") {
    return segment.reject(line, "there is no sensor in it");
  }
  if (unit !== null && typeof unit !== "string") return segment.reject(line, "its unit is no text");
  if (value === undefined) return segment.reject(line, "there is no value in it");
  if (value === null) return segment.empty();
  const tMs = timeOfMs(typeof ts === "number" ? ts : NaN);
  if (typeof tMs === "string") return segment.reject(line, tMs);
  const suggested = () => pathOf(sensor.split("/"));
  if (typeof value === "string") {
    return segment.part(sensor, "text", null, suggested).text(tMs, value);
  }
  if (typeof value !== "number") return segment.reject(line, "its value is no number and no text");
  const part = segment.part(sensor, kind === "binary" ? "binary" : "number", unit, suggested);
  const isHour = tMs % HOUR_MS === 0 && (head.hourly || note === "mean_of_hour");
  if (isHour && typeof min === "number" && typeof max === "number") part.hour(tMs, min, value, max);
  else part.reading(tMs, value);
}

/** @throws PerchError `validation` for a table of steps */
async function fileHead(source: ImportSource): Promise<{ site: string; step: string | null }> {
  const line = firstLine(await headOf(source, FIRST_LINE_BYTES));
  const site = readSiteHead(line);
  const { layout, step } = parsed(line);
  if (site === null || (layout !== undefined && layout !== "long")) {
    throw new PerchError(
      "validation",
      `"${source.name}" is no list of readings: export it as NDJSON, with a row for each reading`,
    );
  }
  return { site: site.name, step: typeof step === "string" ? step : null };
}

function parsed(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line);
  } catch {
    // The first line of a JSON document: it has more than that one.
    return { layout: "document" };
  }
}

const firstLine = (head: Uint8Array) => new TextDecoder().decode(head).split("\n", 1)[0];
