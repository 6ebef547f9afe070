import { noteAt, numberOf, valueOf } from "../cells.ts";
import { stepText } from "../steps.ts";
import type { ExportHead, ExportSeries, LongBlock, TableWriter } from "../table.ts";
import { textWriter } from "./text_writer.ts";

/** What the file is: the site comes first, in a line of its own (`../../site_head.ts`). */
function headFields(head: ExportHead) {
  return {
    made_ms: head.madeMs,
    from_ms: head.fromMs,
    to_ms: head.toMs,
    layout: head.layout,
    ...(head.stepMs === null ? {} : { step: stepText(head.stepMs) }),
    ...(head.layout === "wide" ? { of: head.of } : {}),
  };
}

/** The fields of a row beside time and value, as JSON text that begins with a comma; empty: none. */
function moreFields(block: LongBlock, head: ExportHead, i: number): string {
  const { spread } = block;
  const series = head.series[block.series];
  const note = noteAt(block, i, head.stepMs);
  const figures = spread === null
    ? ""
    : `,"min":${json(numberOf(series, spread.min[i]))},"max":${
      json(numberOf(series, spread.max[i]))
    },"n":${spread.n[i]}`;
  return note === null ? figures : `${figures},"note":"${note}"`;
}

const json = (value: unknown): string => JSON.stringify(value);

/** A line for each reading (or row), after a line about the file. */
export function ndjsonWriter(head: ExportHead): TableWriter {
  const names = head.layout === "wide" ? head.series.map(({ name }) => json(name) + ":") : [];
  return textWriter({
    begin: () => json({ perch: head.site, ...headFields(head) }) + "\n",
    long(block, from, to) {
      const series = head.series[block.series];
      const { tMs, value } = block;
      const unit = series.unit === null ? "" : `,"unit":${json(series.unit)}`;
      // Zeros and ones alone do not tell.
      const kind = series.kind === "binary" ? ',"kind":"binary"' : "";
      const begin = `{"sensor":${json(series.name)}${unit}${kind},"ts":`;
      let lines = "";
      for (let i = from; i < to; i++) {
        const shown = json(valueOf(series, value[i]));
        lines += `${begin}${tMs[i]},"value":${shown}${moreFields(block, head, i)}}\n`;
      }
      return lines;
    },
    wide({ tMs, values }, from, to) {
      let lines = "";
      for (let i = from; i < to; i++) {
        const cells: string[] = [];
        for (let column = 0; column < values.length; column++) {
          const value = values[column][i];
          if (!Number.isNaN(value)) {
            cells.push(names[column] + json(valueOf(head.series[column], value)));
          }
        }
        lines += `{"ts":${tMs[i]},"values":{${cells.join(",")}}}\n`;
      }
      return lines;
    },
    end: () => "",
  });
}

/** One document: the site in the first line, then a list of series with their rows, or one list of rows. */
export function jsonWriter(head: ExportHead): TableWriter {
  return head.layout === "wide" ? wideJson(head) : longJson(head);
}

function firstLine(head: ExportHead): string {
  return `{"perch":${json(head.site)},\n${json(headFields(head)).slice(1, -1)},\n`;
}

function longJson(head: ExportHead): TableWriter {
  let open: number | null = null;
  let isFirst = true;
  return textWriter({
    begin: () => `${firstLine(head)}"series":[`,
    long(block, from, to) {
      const series = head.series[block.series];
      let text = "";
      if (open !== block.series) {
        if (open !== null) text += "]},";
        const { id, name, unit, kind } = series;
        text += "\n" + json({ sensor: name, id, unit, kind }).slice(0, -1) + ',"readings":[';
        open = block.series;
        isFirst = true;
      }
      for (let i = from; i < to; i++) {
        const shown = json(valueOf(series, block.value[i]));
        const more = moreFields(block, head, i);
        text += `${isFirst ? "" : ","}\n{"ts":${block.tMs[i]},"value":${shown}${more}}`;
        isFirst = false;
      }
      return text;
    },
    wide: () => "",
    end: () => (open === null ? "]}\n" : "]}]}\n"),
  });
}

function wideJson(head: ExportHead): TableWriter {
  let isFirst = true;
  const columns = head.series.map(({ id, name, unit, kind }) => ({ sensor: name, id, unit, kind }));
  const cellOf = (series: ExportSeries, value: number) =>
    Number.isNaN(value) ? "null" : json(valueOf(series, value));
  return textWriter({
    begin: () =>
      `${firstLine(head)}"columns":[${columns.map((one) => "\n" + json(one)).join()}],\n"rows":[`,
    long: () => "",
    wide({ tMs, values }, from, to) {
      let rows = "";
      for (let i = from; i < to; i++) {
        const cells = values.map((column, at) => cellOf(head.series[at], column[i]));
        rows += `${isFirst ? "" : ","}\n[${tMs[i]},${cells.join(",")}]`;
        isFirst = false;
      }
      return rows;
    },
    end: () => "]}\n",
  });
}
