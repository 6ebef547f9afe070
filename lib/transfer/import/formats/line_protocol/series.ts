/** How a series of line protocol is named: in the file, and as a sensor. */
import type { ImportSeries } from "../../format.ts";
import { influxNames, pathOf, type Tags } from "../../series_names.ts";
import type { LineSeries } from "./series_book.ts";
import { split } from "./text.ts";

/** `measurement/tag values/field`; tags in order, as the same series may be written in another. */
export function importSeriesOf({ database, head, field, kind }: LineSeries): ImportSeries {
  const [measurement, ...given] = split(head, ",");
  const tags: Tags = given.map((tag) => {
    const [name, ...value] = split(tag, "=");
    return [plain(name), plain(value.join("="))];
  });
  const names = influxNames(plain(measurement), tags, plain(field));
  if (database === "") return { ...names, kind };
  return {
    ...{ ...names, kind, key: `${database}: ${names.key}` },
    suggested: pathOf([database, ...names.suggested.split("/")]),
  };
}

/** Without the backslashes before what would end it. */
function plain(text: string): string {
  return text.replace(/\\([ ,=])/g, "$1");
}
