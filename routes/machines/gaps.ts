/** How answers report that stored readings are damaged and left out. */
import type { DamagedPart } from "../../lib/live/shapes.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import type { DamagedRange, Elsewhere } from "../../lib/readings/store.ts";
import { csvLine } from "../../lib/words/csv.ts";

/** The field `damaged`, where something is damaged. */
export function damagedOf(ranges: readonly DamagedRange[]): { damaged?: DamagedPart[] } {
  return ranges.length === 0 ? {} : { damaged: ranges.map(partOf) };
}

function partOf({ fromMs, toMs, readings, reason }: DamagedRange): DamagedPart {
  return {
    from_ms: fromMs,
    from: fromMs,
    to_ms: toMs,
    to: toMs,
    readings: readings === 0 ? null : readings,
    reason,
  };
}

/** The field `history_server`, where it was asked. */
export function elsewhereOf(elsewhere: Elsewhere | undefined) {
  if (elsewhere === undefined) return {};
  return { history_server: { until_ms: elsewhere.untilMs, failure: elsewhere.failure } };
}

/** A line of a download that says that the history server did not answer; nothing where it did. */
export function elsewhereLine(
  sensor: Sensor,
  format: "csv" | "ndjson",
  columns: number,
  fromMs: number,
  elsewhere: Elsewhere | undefined,
): string {
  if (elsewhere === undefined || elsewhere.failure === null) return "";
  const { untilMs, failure } = elsewhere;
  if (format === "ndjson") {
    const range = { from_ms: fromMs, to_ms: untilMs, reason: failure };
    return JSON.stringify({ sensor: sensor.name, error: "history server", ...range }) + "\n";
  }
  const [from, to] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString());
  const cells = [fromMs, from, sensor.name, `not complete until ${to}: ${failure}`];
  const between = new Array(columns - cells.length - 1).fill(null);
  return csvLine([...cells, ...between, "history server"]);
}

/** The field `summed_until_ms`, where readings were summed up. */
export function summedOf(summedUntilMs: number | null): { summed_until_ms?: number } {
  return summedUntilMs === null ? {} : { summed_until_ms: summedUntilMs };
}

/** A line of a download that says that the readings before a time were summed up and are not in it. */
export function summedLine(
  sensor: Sensor,
  format: "csv" | "ndjson",
  columns: number,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
): string {
  if (format === "ndjson") {
    const line = { sensor: sensor.name, error: "summed up", from_ms: fromMs, to_ms: untilMs };
    return JSON.stringify(line) + "\n";
  }
  const [from, to] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString());
  const cells = [fromMs, from, sensor.name, `summed up until ${to}: ask for buckets`];
  const between = new Array(columns - cells.length - 1).fill(null);
  return csvLine([...cells, ...between, "summed up"]);
}

/**
 * Lines of a download that report what is damaged: in NDJSON with `error` instead of a value, in CSV with words
 * instead of a number and in the last column, `note`, so that nobody mistakes a gap for silence. Each range is
 * reported once.
 */
export function damagedLines(
  sensor: Sensor,
  format: "csv" | "ndjson",
  columns: number,
): (ranges: readonly DamagedRange[]) => string {
  let reportedMs = -Infinity;
  return (ranges) =>
    ranges.filter(({ toMs }) => toMs > reportedMs).map((range) => {
      reportedMs = Math.max(reportedMs, range.toMs);
      const part = partOf(range);
      if (format === "ndjson") {
        return JSON.stringify({ sensor: sensor.name, error: "damaged", ...part }) + "\n";
      }
      const [from, to] = [part.from_ms, part.to_ms].map((ms) => new Date(ms).toISOString());
      const cells = [part.from_ms, from, sensor.name, `damaged until ${to}`];
      const between = new Array(columns - cells.length - 1).fill(null);
      return csvLine([...cells, ...between, "damaged"]);
    }).join("");
}
