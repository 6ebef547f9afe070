/** How a series of line protocol is named: in the file, and as a sensor. */
import type { ImportSeries } from "../../format.ts";
import { type LineSeries, split } from "./parser.ts";

/** `measurement/tag values/field`; the key has its tags in order, as the same series may be written in another. */
export function importSeriesOf({ database, head, field, kind }: LineSeries): ImportSeries {
  const [measurement, ...tags] = split(head, ",");
  tags.sort();
  const values = tags.map((tag) => unescaped(split(tag, "=").slice(1).join("=")));
  const levels = [database, unescaped(measurement), ...values].filter((level) => level !== "");
  const before = database === "" ? "" : `${database}: `;
  return {
    key: `${before}${[measurement, ...tags].join(",")} ${field}`,
    suggested: [...levels, unescaped(field)].map(levelOf).join("/"),
    unit: null,
    kind,
  };
}

function unescaped(text: string): string {
  return text.replace(/\\([ ,=\\])/g, "$1");
}
