/** The formats that are known. Loaded by the import worker alone. */
import type { ImportFormat } from "../format.ts";
import { haHistoryCsv } from "./ha_history_csv.ts";
import { haSqlite } from "./ha_sqlite.ts";
import { influxLine } from "./influx_line.ts";

/** Asked in this order which of them a file is; the surest wins, the first of equals. */
export const IMPORT_FORMATS: readonly ImportFormat[] = [
  haHistoryCsv,
  haSqlite,
  influxLine,
];
