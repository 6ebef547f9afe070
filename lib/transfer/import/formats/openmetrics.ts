import { headOf, stretchesOf } from "../bytes_source.ts";
import { placeAt } from "../cursor.ts";
import type { ImportOptions, ImportSource } from "../format.ts";
import { asked, inspectByReading, type Readable } from "../inspecting.ts";
import { quoted, type SegmentBuilder } from "../segment.ts";
import { segmentsOf } from "../segments.ts";
import { prometheusNames } from "../series_names.ts";
import { guessPrecision, type Precision, PRECISION_WORDS, timeOfEpoch } from "../times.ts";
import type { Names } from "./influx_values.ts";
import { addSample } from "./prometheus_values.ts";

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
/** Name, labels, value, time; an example of a trace may follow. */
const SAMPLE = new RegExp(
  `^(?<series>(?:${NAME})?(?:\\{(?:${QUOTED}|[^"}])*\\})?)\\s+(?<value>\\S+)(?:\\s+(?<time>[^#\\s]+))?\\s*(?:#.*)?$`,
);
const LABEL = new RegExp(`\\s*(?:(${NAME})\\s*=\\s*|)(${QUOTED})\\s*(?:,|$)`, "y");
const EOF = "# EOF";
const TAIL_BYTES = 256;
const FIRST = 100;
const NAMES_MOST = 10_000;
/** A series as it is written, and what it is called. */
type KnownNames = Map<string, Names>;

/** Text of `promtool tsdb dump-openmetrics`, and the text that Prometheus reads, with times. */
export const openmetrics: Readable = {
  id: "openmetrics",
  title: "OpenMetrics text",

  detect(head) {
    const lines = new TextDecoder().decode(head).split("\n", 40).map((line) => line.trimEnd());
    const says = lines.some((line) => /^# (TYPE|HELP|UNIT) \S+ /.test(line));
    const filled = lines.slice(0, -1).filter((line) => line !== "" && !line.startsWith("#"));
    const first = filled.length === 0 ? lines.slice(0, 1) : filled;
    const isOne = first.every((line) => {
      const { value = "", time } = SAMPLE.exec(line)?.groups ?? {};
      return time !== undefined && Number.isFinite(Number(time)) &&
        /^([+-]?[\d.]|[+-]?inf|nan)/i.test(value);
    });
    if (isOne && filled.length > 0) return says || /^\S*\{/.test(first[0]) ? 0.95 : 0.7;
    return says ? 0.5 : 0;
  },

  async inspect(source, given) {
    const options = await withPrecision(source, given);
    if (options.precision === undefined) {
      return asked(given, [{
        field: "precision",
        message: "The first times fit no precision: say whether they are seconds or milliseconds.",
      }]);
    }
    return inspectByReading(openmetrics, source, options, [
      `Times are ${PRECISION_WORDS[options.precision]} since 1970.`,
    ]);
  },

  async *read(source, given, cursor, signal, most?: number) {
    const { precision = "s" } = await withPrecision(source, given);
    const stretches = stretchesOf(source, placeAt(cursor).place, signal);
    const known: KnownNames = new Map();
    yield* segmentsOf(stretches, (segment, { bytes, from }) => {
      const lines = new TextDecoder().decode(bytes).split("\n");
      lines.forEach((text, i) => addLine(segment, text.trim(), from.line + i, precision, known));
    }, { most });
  },
};

/** OpenMetrics ends with `# EOF` and has seconds; the text format of Prometheus has milliseconds and no end. */
async function withPrecision(source: ImportSource, options: ImportOptions): Promise<ImportOptions> {
  if (options.precision !== undefined) return options;
  const head = new TextDecoder().decode(await headOf(source));
  const times = head.split("\n").slice(0, -1)
    .map((line) => SAMPLE.exec(line.trim())?.groups?.time ?? "")
    .filter((time) => time !== "").slice(0, FIRST);
  const looksLike = guessPrecision(times);
  const says: Precision | null = await endsWithEof(source) ? "s" : null;
  // A file that is packed, or was cut off, does not show its end: then the size of the times says it.
  return { ...options, precision: says ?? looksLike ?? (times.length === 0 ? "s" : undefined) };
}

async function endsWithEof(source: ImportSource): Promise<boolean> {
  using file = await Deno.open(source.path);
  const { size } = await file.stat();
  await file.seek(Math.max(0, size - TAIL_BYTES), Deno.SeekMode.Start);
  const tail = new Uint8Array(TAIL_BYTES);
  const bytes = await file.read(tail) ?? 0;
  return new TextDecoder().decode(tail.subarray(0, bytes)).trimEnd().endsWith(EOF);
}

function addLine(
  segment: SegmentBuilder,
  text: string,
  line: number,
  precision: Precision,
  known: KnownNames,
): void {
  if (text === "" || text.startsWith("#")) return;
  segment.read++;
  const match = SAMPLE.exec(text)?.groups;
  const names = match === undefined ? null : namesOf(match.series, known);
  if (match === undefined || names === null) {
    return segment.reject(
      line,
      `${quoted(text)} is no sample, as name{label="a"} 20.1 1769904000 is`,
    );
  }
  if (match.time === undefined) return segment.reject(line, "the sample has no time");
  const isTime = Number.isFinite(Number(match.time));
  const tMs = isTime ? timeOfEpoch(match.time, precision) : `${quoted(match.time)} is no time`;
  const fault = addSample(segment, names, tMs, match.value);
  if (fault !== null) segment.reject(line, fault);
}

function namesOf(series: string, known: KnownNames): Names | null {
  const found = known.get(series);
  if (found !== undefined) return found;
  const names = parsedNames(series);
  if (names === null) return null;
  if (known.size >= NAMES_MOST) known.clear();
  known.set(series, names);
  return names;
}

function parsedNames(series: string): Names | null {
  const brace = series.indexOf("{");
  let name = brace < 0 ? series : series.slice(0, brace);
  const body = brace < 0 ? "" : series.slice(brace + 1, -1).trimEnd();
  const labels: [string, string][] = [];
  for (let at = 0; at < body.length; at = LABEL.lastIndex) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(body);
    if (match === null) return null;
    const value = match[2].slice(1, -1)
      .replaceAll(/\\(.)/g, (_, sign) => sign === "n" ? "\n" : sign);
    // A name that is no word stands with the labels, in quotes.
    if (match[1] === undefined) name = value;
    else labels.push([match[1], value]);
  }
  return name === "" ? null : prometheusNames(name, labels);
}
