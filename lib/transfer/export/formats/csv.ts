import {
  BYTE_ORDER_MARK,
  COMMA_CSV,
  type CsvCell,
  csvCell,
  csvLine,
  PLAIN_CSV,
} from "../../../words/csv.ts";
import { headingOf, isText, noteAt, numberOf, textOf, valueOf } from "../cells.ts";
import type { ExportHead, TableWriter } from "../table.ts";
import { createZonedTime } from "../zoned_time.ts";
import { textWriter } from "./text_writer.ts";

/**
 * CSV. For a spreadsheet with decimal commas: a byte-order mark, semicolons, and beside each time one that it takes for
 * a date.
 */
export function csvWriter(head: ExportHead): TableWriter {
  const forSpreadsheet = head.decimal === "comma";
  const dialect = forSpreadsheet ? COMMA_CSV : PLAIN_CSV;
  const { delimiter } = dialect;
  const zoned = createZonedTime(head.zone);
  const times = forSpreadsheet
    ? (tMs: number) => zoned.iso(tMs) + delimiter + zoned.local(tMs)
    : zoned.iso;
  const timeHeadings = forSpreadsheet ? ["time", "local_time"] : ["time"];
  const steps = head.stepMs !== null;
  const cell = (value: CsvCell) => csvCell(value, dialect);
  const number = (value: number) => {
    const text = String(value);
    return forSpreadsheet ? text.replace(".", ",") : text;
  };

  function headings(): string[] {
    if (head.layout === "wide") return [...timeHeadings, ...head.series.map(headingOf)];
    const figures = steps ? ["value", "min", "max", "n"] : ["value"];
    return [...timeHeadings, "sensor", ...figures, "unit", "note"];
  }

  return textWriter({
    begin: () => (forSpreadsheet ? BYTE_ORDER_MARK : "") + csvLine(headings(), dialect),
    long(block, from, to) {
      const series = head.series[block.series];
      const name = delimiter + cell(series.name) + delimiter;
      const unit = delimiter + cell(series.unit) + delimiter;
      const { tMs, value, spread } = block;
      let lines = "";
      for (let i = from; i < to; i++) {
        const shown = isText(series)
          ? cell(textOf(series, value[i]))
          : number(numberOf(series, value[i]));
        let line = times(tMs[i]) + name + shown;
        if (steps) {
          line += spread === null
            ? delimiter.repeat(3)
            : delimiter + number(numberOf(series, spread.min[i])) +
              delimiter + number(numberOf(series, spread.max[i])) +
              delimiter + spread.n[i];
        }
        lines += line + unit + cell(noteAt(block, i, head.stepMs)) + "\r\n";
      }
      return lines;
    },
    wide({ tMs, values }, from, to) {
      let lines = "";
      for (let i = from; i < to; i++) {
        let line = times(tMs[i]);
        for (let column = 0; column < values.length; column++) {
          const value = values[column][i];
          line += delimiter;
          if (!Number.isNaN(value)) line += cell(valueOf(head.series[column], value));
        }
        lines += line + "\r\n";
      }
      return lines;
    },
    end: () => "",
  });
}
