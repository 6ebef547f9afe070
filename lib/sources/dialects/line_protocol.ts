import { nameFault } from "../../machines/names.ts";
import { DraftColumns } from "../../readings/draft_columns.ts";
import { EARLIEST_MS, LATEST_MS } from "../../readings/reading.ts";
import { addReject, type Decoded, type Draft } from "../../readings/reading.ts";
import { type Fault, isFault, shown } from "./dialect.ts";
import { levelOf } from "./level.ts";
import { type FieldValue, type Line, parseLines, type Point } from "./line_parser.ts";
import { PlainLines } from "./plain_lines.ts";
import { type SeriesName, SeriesNames } from "./series_names.ts";
import { stateOf } from "./value.ts";

/*
 * How a point becomes readings, one for each field:
 *   machine  the tag `machine` (may hold `/` for areas), else `host`, else `device`, else `default`;
 *            a tag `area` or `site` goes before it
 *   sensor   the tag `sensor`, else the measurement and the values of all other tags in order of their
 *            keys, joined by `.`; the field's key is added unless it is `value`
 * So `cpu,cpu=cpu0,host=pi usage_idle=98` is `pi/cpu.cpu0.usage_idle`, and
 * `reading,machine=hall1/press3,sensor=temperature value=21.5` is `hall1/press3/temperature`.
 * A `/` elsewhere (a mount point), `+`, `#` and invisible characters become `_`. Where that gives two tags
 * one name (`C++` and `C##`), the later one is refused with the reason.
 */

/** Digits after the second, by the name of the precision. */
export const PRECISIONS = { s: 0, ms: 3, us: 6, ns: 9 } as const;
export type Precision = keyof typeof PRECISIONS;

const MACHINE_TAGS = ["machine", "host", "device"] as const;
const AREA_TAGS = ["area", "site"] as const;
/** A timestamp in a wrong precision is distinguished from a clock that is not set by these years. */
const LIKELY_FROM_MS = Date.UTC(2020, 0, 1);
const LIKELY_TO_MS = Date.UTC(2040, 0, 1);
const SERIES_MOST = 4_096;
const FIELDS_MOST = 1_024;
/** Most readings of a request, and characters of the sensors' names that it makes. */
export const READINGS_MOST = 100_000;
const NAME_CHARS_TOTAL_MOST = 8 * 1024 * 1024;
/** Longest name that a level is made of, and that is shown. */
const LEVEL_CHARS_MOST = 128;
/** Changed names that are remembered from request to request. */
const NAMES_MOST = 10_000;

/** Readings of a text in line protocol. */
export interface DecodedLines extends Decoded {
  /** Where the lines are, without comments. Their numbers from 0 are the `index` of drafts and rejects. */
  lines: LinePlaces;
  /** Why the request as a whole is refused; null: it is not. */
  tooMuch: string | null;
}

/** Places of the lines of a text: a line is cut out of it only when it is asked for. */
export class LinePlaces {
  readonly #nos: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** Lines whose places are not kept: each is a line of the text as it is. */
  plain = 0;
  #whole: string[] | null = null;

  constructor(private readonly text: () => string) {}

  get size(): number {
    return this.#nos.length + this.plain;
  }

  add({ no, start, end }: Line): void {
    this.#nos.push(no);
    this.#starts.push(start);
    this.#ends.push(end);
  }

  /** The line of this number as it was written; empty when there is none. */
  at(no: number): string {
    let low = 0;
    let high = this.#nos.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#nos[middle] < no) low = middle + 1;
      else high = middle;
    }
    if (this.#nos[low] === no) return this.text().slice(this.#starts[low], this.#ends[low]);
    if (this.plain === 0) return "";
    this.#whole ??= this.text().split("\n");
    return this.#whole[no] ?? "";
  }
}

/** What sensors are called in line protocol whose names had to be changed, over all requests. */
export class LineNames {
  /** Names that stand against none, as they are written. */
  readonly series = new SeriesNames();
  readonly #written = new Map<string, string>();

  /** What else has this name already; null: nothing has. */
  other(sensor: string, written: string): string | null {
    const known = this.#written.get(sensor);
    if (known !== undefined) return known === written ? null : known;
    if (sensor !== written) {
      if (this.#written.size < NAMES_MOST) this.#written.set(sensor, written);
      this.series.clear();
    }
    return null;
  }
}

/** Decodes line protocol. Line numbers are those of an editor, less one. */
export function decodeLines(
  text: string,
  precision: Precision = "ns",
  names = new LineNames(),
): DecodedLines {
  return decode(() => text, requestOf(precision, names, null));
}

/**
 * The same from the bytes of a text in ASCII, into columns: `drafts` is empty.
 * @param text the same as text, asked for when a line is not plain
 */
export function decodeLineBytes(
  bytes: Uint8Array,
  text: () => string,
  precision: Precision,
  names: LineNames,
): DecodedLines & { columns: DraftColumns } {
  const columns = new DraftColumns(16 + (bytes.length >> 5));
  const request = requestOf(precision, names, columns);
  const { series } = names;
  const plain = new PlainLines({
    bytes,
    columns,
    series,
    request: series.begin(),
    places: PRECISIONS[precision],
    readingsMost: READINGS_MOST,
    onName(name) {
      request.used.push(name);
      request.nameChars += name.sensor.length;
    },
  });
  return { ...decode(text, request, plain), columns };
}

function requestOf(
  precision: Precision,
  names: LineNames,
  columns: DraftColumns | null,
): Request {
  return {
    precision,
    names,
    columns,
    series: new Map(),
    written: new Map(),
    used: [],
    nameChars: 0,
  };
}

function decode(text: () => string, request: Request, plain?: PlainLines): DecodedLines {
  const lines = new LinePlaces(text);
  const out: DecodedLines = { drafts: [], rejects: [], lines, tooMuch: null };
  parseLines(text, (line) => {
    lines.add(line);
    if ("error" in line) {
      addReject(out, { code: "bad_payload", message: line.error, index: line.no });
    } else point(line.point, line.no, request, out);
    out.tooMuch = excess(request, out);
    return out.tooMuch === null;
  }, plain);
  if (plain !== undefined) {
    lines.plain = plain.lines;
    out.tooMuch ??= excess(request, out);
  }
  return out;
}

function excess(request: Request, out: Decoded): string | null {
  if (taken(request, out) + out.rejects.length + (out.more ?? 0) > READINGS_MOST) {
    return `a request has at most ${READINGS_MOST} fields; send it in parts`;
  }
  return request.nameChars <= NAME_CHARS_TOTAL_MOST
    ? null
    : `the request makes sensors' names of more than ${NAME_CHARS_TOTAL_MOST} characters; ` +
      "send it in parts";
}

/** Readings so far. */
function taken({ columns }: Request, { drafts }: Decoded): number {
  return columns === null ? drafts.length : columns.n;
}

interface Request {
  precision: Precision;
  names: LineNames;
  /** Where readings go to; null: to the drafts. */
  columns: DraftColumns | null;
  /** By the text before the fields. */
  series: Map<string, Series>;
  /** What each sensor's name was made of. */
  written: Map<string, string>;
  /** Names that plain lines used, and that do not stand in `written` yet. */
  used: SeriesName[];
  nameChars: number;
}

/** Sensor names by field key: computed once for each series of a request. */
interface Series {
  /** Measurement and tags as they are written. */
  head: string;
  machine: string;
  base: string;
  /** The same without replaced characters. */
  written: string;
  fault: Fault | null;
  sensors: Map<string, string | Fault>;
}

function point(
  { head, measurement, tags, fields, time }: Point,
  index: number,
  request: Request,
  out: Decoded,
): void {
  let tMs: number | undefined;
  let noTime: string | undefined;
  if (time !== null) {
    const writtenMs = timeMs(time, request.precision);
    if (writtenMs >= EARLIEST_MS && writtenMs < LATEST_MS) tMs = writtenMs;
    else {
      const meant = otherPrecision(time, request.precision);
      if (meant !== null) {
        const message = `timestamp ${time} in ${request.precision} is outside 2000 to 2099; ` +
          `it looks like ${meant}: write with precision=${meant}`;
        return addReject(out, { code: "bad_time", message, index });
      }
      noTime = time.slice(0, 30);
    }
  }
  let series = request.series.get(head);
  if (series === undefined) {
    series = seriesOf(head, measurement, tags);
    if (request.series.size < SERIES_MOST) request.series.set(head, series);
  }
  // A fault of the series is one fault, not one of each field.
  if (series.fault !== null) return addReject(out, { ...series.fault, index });
  for (const [key, value] of fields) {
    const sensor = sensorOf(series, key, request);
    const found = typeof sensor === "string" ? valueOf(value) : sensor;
    if ("code" in found) {
      // A text that says "no value" is no fault of the line.
      if (found.code === "no_value") continue;
      addReject(out, { code: found.code, message: `${shown(key)}: ${found.message}`, index });
    } else {
      const draft: Draft = { sensor: sensor as string, value: found.value, index };
      if (tMs !== undefined) draft.tMs = tMs;
      else if (noTime !== undefined) draft.noTime = noTime;
      if (request.columns === null) out.drafts.push(draft);
      else request.columns.addOther(draft, index);
    }
    if (taken(request, out) > READINGS_MOST || request.nameChars > NAME_CHARS_TOTAL_MOST) return;
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

function seriesOf(head: string, measurement: string, tags: readonly [string, string][]): Series {
  const byKey = new Map(tags);
  const machineTag = MACHINE_TAGS.find((key) => byKey.has(key));
  const name = machineTag === undefined ? "default" : byKey.get(machineTag)!;
  const areas = AREA_TAGS.filter((key) => byKey.has(key)).map((key) => byKey.get(key)!);
  const used = new Set<string | undefined>([machineTag, ...AREA_TAGS, "sensor"]);
  const rest = [...byKey].filter(([key]) => !used.has(key))
    .sort(([a], [b]) => a < b ? -1 : 1).map(([, value]) => value);
  const base = byKey.get("sensor") ?? [measurement, ...rest].join(".");
  const machine = machineTag === "machine" ? name.split("/").map(levelOf).join("/") : levelOf(name);
  const series: Series = {
    head,
    machine: [...areas.map(levelOf), machine].join("/"),
    base: levelOf(base),
    written: [...areas, name, base].join("/"),
    fault: null,
    sensors: new Map(),
  };
  const sensor = `${series.machine}/${series.base}`;
  const fault = sensor.isWellFormed() ? nameFault(sensor) : "the name is not valid Unicode";
  if (fault !== null) series.fault = { code: "bad_name", message: fault };
  return series;
}

function sensorOf(series: Series, key: string, request: Request): string | Fault {
  const known = series.sensors.get(key);
  if (known !== undefined) return known;
  const result = newSensor(series, key, request);
  if (series.sensors.size < FIELDS_MOST) series.sensors.set(key, result);
  return result;
}

function newSensor(series: Series, key: string, request: Request): string | Fault {
  const { machine, base, written } = series;
  if (key.length > LEVEL_CHARS_MOST) {
    return { code: "bad_name", message: `a field's key has ${key.length} characters` };
  }
  const sensor = key === "value" ? `${machine}/${base}` : `${machine}/${base}.${levelOf(key)}`;
  request.nameChars += sensor.length;
  const fault = sensor.isWellFormed() ? nameFault(sensor) : "the name is not valid Unicode";
  if (fault !== null) return { code: "bad_name", message: fault };
  const whole = key === "value" ? written : `${written}.${key}`;
  for (const used of request.used.splice(0)) request.written.set(used.sensor, used.sensor);
  const before = request.written.get(sensor);
  const other = before !== undefined && before !== whole
    ? before
    : request.names.other(sensor, whole);
  if (other !== null) {
    const message = `${named(whole)} would get the name of ${named(other)}: ${named(sensor)}`;
    return { code: "bad_name", message };
  }
  request.written.set(sensor, whole);
  // Written with a backslash, neither would be found again as it stands here.
  if (sensor === whole && !/\\/.test(series.head) && !/[ ,=\\]/.test(key)) {
    request.names.series.add(series.head, key, sensor);
  }
  return sensor;
}

/** A name in a message, in quotes and whole unless it is too long to be one. */
function named(text: string): string {
  return JSON.stringify(text.length <= LEVEL_CHARS_MOST ? text : `${text.slice(0, 127)}…`);
}

function valueOf(value: FieldValue): { value: number | boolean | string } | Fault {
  if (typeof value === "object") {
    if ("fault" in value) return { code: "bad_value", message: value.fault };
    const state = stateOf(value.text, true);
    return isFault(state) ? state : { value: state.value };
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    return { code: "bad_value", message: "the number is outside the range of float64" };
  }
  return { value };
}
