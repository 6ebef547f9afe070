/** The formats that are known. Loaded by the import worker alone. */
import type { ImportFormat } from "../format.ts";
import { csv } from "./csv.ts";
import { haHistoryCsv } from "./ha_history_csv.ts";
import { haHistoryJson } from "./ha_history_json.ts";
import { haSqlite } from "./ha_sqlite.ts";
import { haStatisticsJson } from "./ha_statistics_json.ts";
import { influxLine } from "./influx_line.ts";
import { influxCsv } from "./influx_csv.ts";
import { influxQueryCsv } from "./influx_query_csv.ts";
import { openmetrics } from "./openmetrics.ts";
import { perchNdjson } from "./perch_ndjson.ts";
import { prometheusMatrix } from "./prometheus_matrix.ts";
import { victoriaCsv } from "./victoria_csv.ts";
import { victoriaJson } from "./victoria_json.ts";

/** Asked in this order which of them a file is; the surest wins, the first of equals. */
export const IMPORT_FORMATS: readonly ImportFormat[] = [
  haHistoryCsv,
  haHistoryJson,
  haSqlite,
  haStatisticsJson,
  influxLine,
  influxCsv,
  influxQueryCsv,
  openmetrics,
  perchNdjson,
  prometheusMatrix,
  victoriaJson,
  victoriaCsv,
  csv,
];
