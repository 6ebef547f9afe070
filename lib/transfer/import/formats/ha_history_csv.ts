import { type CsvRow, csvStretches } from "../csv_rows.ts";
import { placeAt } from "../cursor.ts";
import { inspectByReading, type Readable } from "../inspecting.ts";
import { quoted, type SegmentBuilder } from "../segment.ts";
import { segmentsOf } from "../segments.ts";
import { createTimeReader, type TimeReader } from "../times.ts";
import { addState, isEntity } from "./ha_states.ts";
import { HOUR_MS } from "../../../words/times.ts";

const HEADER = "entity_id,state,last_changed";

/** The history page of Home Assistant, “Download data”: changes of states. */
export const haHistoryCsv: Readable = {
  id: "ha-history-csv",
  title: "Home Assistant, history (CSV)",

  detect(head) {
    const text = new TextDecoder().decode(head.subarray(0, 200));
    return /^[^\r\n]*/.exec(text)![0].trim() === HEADER ? 1 : 0;
  },

  async inspect(source, options) {
    const inspection = await inspectByReading(haHistoryCsv, source, options);
    inspection.notes.push(
      "Home Assistant writes changes only: a silence between two rows is no gap.",
    );
    const onHours = inspection.rows.filter(({ tMs }) => tMs % HOUR_MS === 0).length;
    if (onHours > 2) {
      inspection.notes.push(
        `${onHours} of the first ${inspection.rows.length} rows lie on full hours: where Home ` +
          "Assistant has no states any more, it writes hourly means instead. They are read as they stand.",
      );
    }
    return inspection;
  },

  async *read(source, _options, cursor, signal, most?: number) {
    const times = createTimeReader({});
    const { place } = placeAt(cursor);
    yield* segmentsOf(csvStretches(source, ",", place, signal), (segment, { rows }) => {
      for (const row of rows) addRow(segment, row, times);
    }, { most });
  },
};

function addRow(segment: SegmentBuilder, { line, cells }: CsvRow, times: TimeReader): void {
  const [entity, state, changed] = cells;
  const isHeader = line === 1 && entity === "entity_id";
  if (isHeader || (cells.length === 1 && entity.trim() === "")) return;
  segment.read++;
  if (cells.length !== 3) {
    return segment.reject(line, `the line has ${cells.length} cells, not 3 (${HEADER})`);
  }
  if (!isEntity(entity)) {
    return segment.reject(line, `${quoted(entity)} is no entity, as sensor.loft_temperature is`);
  }
  const tMs = times.read(changed, entity);
  if (typeof tMs === "string") segment.reject(line, tMs);
  else addState(segment, entity, state, tMs);
}
