import { PerchError } from "../../../base/errors.ts";
import { headOf } from "../bytes_source.ts";
import { type CsvRow, csvStretches, headRows } from "../csv_rows.ts";
import { placeAt } from "../cursor.ts";
import type { ImportOptions, ImportSource } from "../format.ts";
import { asked, inspectByReading, type Readable } from "../inspecting.ts";
import { quoted, type SegmentBuilder } from "../segment.ts";
import { segmentsOf } from "../segments.ts";
import { entityPath, pathOf, unitOfName } from "../series_names.ts";
import { checkZone, createTimeReader, type TimeReader, type Twice } from "../times.ts";
import { type Layout, layoutOf, timeText } from "./csv/layout.ts";
import { DELIMITER_WORDS, delimiterOf, DELIMITERS } from "./csv/separators.ts";
import { isGap, valueOf } from "./csv/values.ts";

/** Any table: a column of times, and a column for each sensor, or one that names the sensor. */
export const csv: Readable = {
  id: "csv",
  title: "CSV table",

  detect(head) {
    // Documents, whose commas separate other things.
    if (/^(?:\ufeff)?\s*[[{<]/.test(new TextDecoder().decode(head.subarray(0, 100)))) return 0;
    try {
      const delimiter = delimiterOf((one) => headRows(head, one));
      if (delimiter === null) return 0;
      const { time, value } = layoutOf(headRows(head, delimiter), { delimiter });
      return time.length > 0 && value.length > 0 ? 0.5 : 0.1;
    } catch {
      return 0;
    }
  },

  async inspect(source, options) {
    const layout = await layoutOfFile(source, options);
    if (layout.questions.length > 0) return asked(layout.options, layout.questions, layout.notes);
    return inspectByReading(csv, source, layout.options, layout.notes);
  },

  async *read(source, given, cursor, signal, most?: number) {
    const layout = await layoutOfFile(source, given);
    const { options, questions } = layout;
    if (questions.length > 0) {
      throw new PerchError("validation", questions[0].message, {
        errors: questions.map(({ field, message }) => ({ path: field, message })),
      });
    }
    const { place, kept } = placeAt<Twice>(cursor);
    const times = createTimeReader({ ...options, ...layout }, kept);
    const stem = source.name.replace(/(\.(csv|txt|tsv|gz))+$/i, "");
    const stretches = csvStretches(source, options.delimiter!, place, signal);
    yield* segmentsOf(stretches, (segment, { rows }) => {
      for (const row of rows) {
        const isEmpty = row.cells.every((cell) => cell.trim() === "");
        if (row.line >= layout.firstLine && !isEmpty) addRow(segment, row, layout, times, stem);
      }
    }, { most, kept: () => keptOf(times.twice()) });
  },
};

function keptOf(twice: Twice): Twice | undefined {
  return Object.keys(twice).length === 0 ? undefined : twice;
}

async function layoutOfFile(source: ImportSource, given: ImportOptions): Promise<Layout> {
  if (given.zone !== undefined) checkZone(given.zone);
  const head = await headOf(source);
  const named = /^(?:\ufeff)?"?sep=([,;\t])/i.exec(new TextDecoder().decode(head.subarray(0, 10)))
    ?.[1];
  const delimiter = given.delimiter ?? named as ImportOptions["delimiter"] ??
    delimiterOf((one) => headRows(head, one));
  const layout = layoutOf(headRows(head, delimiter ?? ","), {
    ...given,
    delimiter: delimiter ?? ",",
  });
  if (delimiter === null) {
    layout.questions.splice(0, Infinity, {
      field: "delimiter",
      message:
        "The file has no columns: neither semicolons, nor tabs, nor commas separate its cells.",
    });
  } else layout.notes.unshift(`Cells are separated by ${DELIMITER_WORDS[delimiter]}.`);
  return layout;
}

function addRow(
  segment: SegmentBuilder,
  row: CsvRow,
  layout: Layout,
  times: TimeReader,
  stem: string,
): void {
  segment.read++;
  const { cells, line } = row;
  const fault = widthFault(cells, layout);
  if (fault !== null) return segment.reject(line, fault);
  const named = layout.sensor.map(({ index }) => (cells[index] ?? "").trim()).join("/");
  if (layout.sensor.length > 0 && (named === "" || named.includes("\ufffd"))) {
    return segment.reject(
      line,
      named === "" ? "the row names no sensor" : `${quoted(named)} is not UTF-8`,
    );
  }
  const tMs = times.read(timeText(layout, cells), named);
  if (typeof tMs === "string") return segment.reject(line, tMs);
  const { decimalComma = false } = layout.options;
  for (const column of layout.value) {
    const cell = cells[column.index] ?? "";
    if (isGap(cell)) {
      segment.empty();
      continue;
    }
    const read = valueOf(cell, column.kind, decimalComma);
    if (typeof read === "string") {
      segment.reject(line, layout.value.length > 1 ? `${column.header}: ${read}` : read);
      continue;
    }
    const isLong = named !== "";
    const unit = layout.unit === null ? "" : (cells[layout.unit.index] ?? "").trim();
    const ownUnit = isLong ? unitOfName(named) ?? column.unit : column.unit;
    const part = segment.part(
      isLong ? named : column.header,
      read.kind,
      read.kind === "text" ? null : read.unit ?? (unit || ownUnit),
      () => suggested(isLong ? named.split("/") : [column.name ?? column.header], stem),
    );
    if (typeof read.value === "string") part.text(tMs, read.value);
    else part.reading(tMs, read.value);
  }
}

function suggested(levels: readonly string[], stem: string): string {
  if (levels.length > 1) return pathOf(levels);
  return /^(binary_)?sensor\.\w+$/.test(levels[0])
    ? entityPath(levels[0])
    : pathOf([stem, ...levels]);
}

/** Rows may lack empty cells at their end, or have some in excess. */
function widthFault(cells: readonly string[], { width, options, time }: Layout): string | null {
  const excess = cells.slice(width).some((cell) => cell.trim() !== "");
  const isShort = cells.length < width && time.some(({ index }) => index >= cells.length) ||
    (cells.length === 1 && width > 1);
  if (!excess && !isShort) return null;
  const mixed = DELIMITERS.find((other) =>
    other !== options.delimiter && cells.join(options.delimiter).split(other).length === width
  );
  const says = `the row has ${cells.length} ${
    cells.length === 1 ? "cell" : "cells"
  }, the first row ${width}`;
  if (mixed !== undefined) {
    return `${says}: it is separated by ${DELIMITER_WORDS[mixed]}, the file by ` +
      DELIMITER_WORDS[options.delimiter!];
  }
  return excess && options.delimiter === ","
    ? `${says}: decimal commas between commas need quotes, or semicolons between the cells`
    : says;
}
