/** Files in the layout of the Numenta Anomaly Benchmark: one value a row, and windows in which it is odd. */
import { join } from "node:path";
import { csvFiles, parseTime, readTable } from "./files.ts";
import type { Scored } from "./folds.ts";

export interface Series {
  key: string;
  stamps: string[];
  texts: string[];
  times: Float64Array;
  values: Float64Array;
}

/** All files below `root`, in order of their names. */
export function readSeries(root: string): Series[] {
  return csvFiles(root).map((key) => {
    const { head, rows } = readTable(join(root, key));
    const at = head.indexOf("timestamp"), of = head.indexOf("value");
    if (at < 0 || of < 0) throw new Error(`${key}: columns timestamp and value are needed`);
    return {
      key,
      stamps: rows.map((row) => row[at]),
      texts: rows.map((row) => row[of]),
      times: Float64Array.from(rows, (row) => parseTime(row[at])),
      values: Float64Array.from(rows, (row) => Number(row[of])),
    };
  });
}

/** Rows of the labelled windows; labels name the first row that has their time. */
export function windowsOf(series: Series, labels: readonly [string, string][]): Scored["windows"] {
  const row = (text: string) => series.times.indexOf(parseTime(text.replace(/\.0+$/, "")));
  return labels.map(([from, to]) => ({ from: row(from), to: row(to) }));
}
