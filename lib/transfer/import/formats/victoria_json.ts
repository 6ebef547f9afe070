import { stretchesOf } from "../bytes_source.ts";
import { placeAt } from "../cursor.ts";
import { inspectByReading, type Readable } from "../inspecting.ts";
import { quoted, type SegmentBuilder } from "../segment.ts";
import { segmentsOf } from "../segments.ts";
import { timeOfMs } from "../times.ts";
import { addSample, namesOfMetric } from "./prometheus_values.ts";

/** A line holds a whole series, if nobody asked for shorter ones: about half a million samples. */
const LINE_BYTES_MOST = 16 * 1024 * 1024;
const HINT = "; export it again with max_rows_per_line=100000";

/** VictoriaMetrics `/api/v1/export`: a line of JSON for each series, or some of its samples. */
export const victoriaJson: Readable = {
  id: "victoria-json",
  title: "VictoriaMetrics, JSON lines",

  detect(head) {
    const text = new TextDecoder().decode(head.subarray(0, 4096)).trimStart();
    return /^(?:\ufeff)?\{\s*"metric"\s*:\s*\{/.test(text) ? 1 : 0;
  },

  inspect: (source, options) =>
    inspectByReading(victoriaJson, source, options, [
      "Counters are kept as they are; a computed sensor makes a rate of them.",
    ]),

  async *read(source, _options, cursor, signal, most?: number) {
    const rules = { lineBytesMost: LINE_BYTES_MOST };
    const stretches = stretchesOf(source, placeAt(cursor).place, signal, rules);
    yield* segmentsOf(stretches, (segment, { bytes, from }) => {
      const lines = new TextDecoder().decode(bytes).split("\n");
      lines.forEach((text, i) => {
        if (text.trim() !== "") addLine(segment, text, from.line + i);
      });
    }, { most, hint: HINT });
  },
};

function addLine(segment: SegmentBuilder, text: string, line: number): void {
  segment.read++;
  let series: { metric?: unknown; values?: unknown; timestamps?: unknown };
  try {
    series = JSON.parse(text);
  } catch {
    return segment.reject(line, `the line is no JSON: ${quoted(text)}`);
  }
  const names = namesOfMetric(series?.metric);
  if (names === null) return segment.reject(line, 'the line has no "metric" with labels');
  const { values, timestamps } = series;
  if (!Array.isArray(values) || !Array.isArray(timestamps) || values.length !== timestamps.length) {
    return segment.reject(line, '"values" and "timestamps" are not lists of the same length');
  }
  for (let i = 0; i < values.length; i++) {
    const tMs = timeOfMs(typeof timestamps[i] === "number" ? timestamps[i] : NaN);
    const fault = addSample(segment, names, tMs, values[i]);
    if (fault !== null) segment.reject(line, fault);
  }
}
