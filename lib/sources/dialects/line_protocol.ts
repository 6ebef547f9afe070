import { nameFault } from "../../machines/names.ts";
import { EARLIEST_MS, LATEST_MS } from "../../readings/reading.ts";
import type { Decoded } from "../../readings/reading.ts";
import { type Fault, isFault, shown } from "./dialect.ts";
import { type FieldValue, parseLines, type Point } from "./line_parser.ts";
import { stateOf } from "./value.ts";

/*
 * How a point becomes readings, one for each field:
 *   machine  the tag `machine` (may hold `/` for areas), else `host`, else `device`, else `default`;
 *            a tag `area` or `site` goes before it
 *   sensor   the tag `sensor`, else the measurement and the values of all other tags in order of their
 *            keys, joined by `.`; the field's key is added unless it is `value`
 * So `cpu,cpu=cpu0,host=pi usage_idle=98` is `pi/cpu.cpu0.usage_idle`, and
 * `reading,machine=hall1/press3,sensor=temperature value=21.5` is `hall1/press3/temperature`.
 * A `/` elsewhere (a mount point) becomes `_`.
 */

/** Digits after the second, by the name of the precision. */
export const PRECISIONS = { s: 0, ms: 3, us: 6, ns: 9 } as const;
export type Precision = keyof typeof PRECISIONS;

const MACHINE_TAGS = ["machine", "host", "device"] as const;
const AREA_TAGS = ["area", "site"] as const;
/** A timestamp in a wrong precision is told from a clock that is not set by these years. */
const LIKELY_FROM_MS = Date.UTC(2020, 0, 1);
const LIKELY_TO_MS = Date.UTC(2040, 0, 1);
const SERIES_MOST = 4_096;
const FIELDS_MOST = 1_024;

/** Readings of a text in line protocol, and its lines as they were written, comments left out. */
export interface DecodedLines extends Decoded {
  lines: string[];
}

/** Decodes line protocol. `index` of drafts and rejects is the place in `lines`. */
export function decodeLines(text: string, precision: Precision = "ns"): DecodedLines {
  const out: DecodedLines = { drafts: [], rejects: [], lines: [] };
  const series = new Map<string, Series>();
  parseLines(text, (line) => {
    const index = out.lines.push(line.text) - 1;
    if ("error" in line) {
      out.rejects.push({ code: "bad_payload", message: line.error, index });
    } else point(line.point, index, precision, series, out);
  });
  return out;
}

/** Sensor names by field key: computed once for each series of a request. */
interface Series {
  machine: string;
  base: string;
  sensors: Map<string, string | Fault>;
}

function point(
  { head, measurement, tags, fields, time }: Point,
  index: number,
  precision: Precision,
  known: Map<string, Series>,
  out: Decoded,
): void {
  let when: { tMs: number } | { noTime: string } | undefined;
  if (time !== null) {
    const tMs = timeMs(time, precision);
    if (tMs >= EARLIEST_MS && tMs < LATEST_MS) when = { tMs };
    else {
      const meant = otherPrecision(time, precision);
      if (meant !== null) {
        const message = `timestamp ${time} in ${precision} is outside 2000 to 2099; ` +
          `it looks like ${meant}: write with precision=${meant}`;
        out.rejects.push({ code: "bad_time", message, index });
        return;
      }
      when = { noTime: time.slice(0, 30) };
    }
  }
  let series = known.get(head);
  if (series === undefined) {
    series = seriesOf(measurement, tags);
    if (known.size < SERIES_MOST) known.set(head, series);
  }
  for (const [key, value] of fields) {
    const sensor = sensorOf(series, key);
    const found = typeof sensor === "string" ? valueOf(value) : sensor;
    if ("code" in found) {
      out.rejects.push({ code: found.code, message: `${shown(key)}: ${found.message}`, index });
    } else if (when === undefined) {
      out.drafts.push({ sensor: sensor as string, value: found.value, index });
    } else out.drafts.push({ sensor: sensor as string, value: found.value, ...when, index });
  }
}

/** Epoch ms of a timestamp. What is finer than a millisecond is cut; the points keep their order. */
function timeMs(digits: string, precision: Precision): number {
  const places = PRECISIONS[precision];
  if (places <= 3) return Number(digits) * (places === 3 ? 1 : 1000);
  // Cut as text: nanoseconds do not fit into a float64.
  return digits.length > places - 3 ? Number(digits.slice(0, 3 - places)) : 0;
}

/** The precision in which a timestamp would be a time of these years, when it is none in the asked one. */
function otherPrecision(digits: string, precision: Precision): Precision | null {
  const names = Object.keys(PRECISIONS) as Precision[];
  return names.find((name) => {
    const tMs = timeMs(digits, name);
    return name !== precision && tMs >= LIKELY_FROM_MS && tMs < LIKELY_TO_MS;
  }) ?? null;
}

function seriesOf(measurement: string, tags: readonly [string, string][]): Series {
  const byKey = new Map(tags);
  const machineTag = MACHINE_TAGS.find((key) => byKey.has(key));
  const name = machineTag === undefined ? "default" : byKey.get(machineTag)!;
  const machine = [
    ...AREA_TAGS.filter((key) => byKey.has(key)).map((key) => level(byKey.get(key)!)),
    machineTag === "machine" ? name : level(name),
  ].join("/");
  const used = new Set<string | undefined>([machineTag, ...AREA_TAGS, "sensor"]);
  const rest = [...byKey].filter(([key]) => !used.has(key))
    .sort(([a], [b]) => a < b ? -1 : 1).map(([, value]) => value);
  const base = byKey.get("sensor") ?? [measurement, ...rest].join(".");
  return { machine, base: level(base), sensors: new Map() };
}

function sensorOf(series: Series, key: string): string | Fault {
  const known = series.sensors.get(key);
  if (known !== undefined) return known;
  const last = key === "value" ? series.base : `${series.base}.${level(key)}`;
  const sensor = `${series.machine}/${last}`;
  const fault = sensor.isWellFormed() ? nameFault(sensor) : "the name is not valid Unicode";
  const result = fault === null ? sensor : { code: "bad_name" as const, message: fault };
  if (series.sensors.size < FIELDS_MOST) series.sensors.set(key, result);
  return result;
}

function level(text: string): string {
  return text.includes("/") ? text.replaceAll("/", "_") : text;
}

function valueOf(value: FieldValue): { value: number | boolean | string } | Fault {
  if (typeof value === "object") {
    const state = stateOf(value.text, true);
    return isFault(state) ? state : { value: state.value };
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    return { code: "bad_value", message: "the number is outside the range of float64" };
  }
  return { value };
}
