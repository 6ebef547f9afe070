/**
 * InfluxDB's line protocol: what `influx_inspect export` (1.x) and `influxd inspect export-lp` (2.x) write, also
 * packed with gzip, and what was made by hand for `influx -import`.
 */
import { PerchError } from "../../../base/errors.ts";
import { headOf, type Stretch, stretchesOf } from "../bytes_source.ts";
import { cursorAt, placeAt } from "../cursor.ts";
import type {
  ImportFormat,
  ImportOptions,
  ImportSeries,
  ImportSource,
  Inspection,
  Segment,
} from "../format.ts";
import { DumpHead, type HeadState, isOpenText } from "./line_protocol/dump_head.ts";
import { LineParser } from "./line_protocol/parser.ts";
import { SERIES_MOST, TooManySeries } from "./line_protocol/series_book.ts";
import { isBare } from "./line_protocol/text.ts";
import { guessPrecision, precisionQuestion } from "./line_protocol/precision.ts";
import { importSeriesOf } from "./line_protocol/series.ts";
import { inspectByReading } from "../inspecting.ts";
import type { Precision } from "../times.ts";

/** A segment ends with the stretch that reaches so many readings, or bytes. */
const SEGMENT_READINGS = 1 << 19;
/** What the last stretch may bring beyond it. */
const STRETCH_READINGS = 1 << 15;
const FIRST_ROOM = 4_096;
const SEGMENT_BYTES = 64 * 1024 * 1024;
const REJECTED_LISTED = 100;
const ROWS_SHOWN = 100;

export const influxLine: ImportFormat = {
  id: "influx-line",
  title: "InfluxDB line protocol (influx_inspect export, influxd inspect export-lp)",
  detect,
  inspect,
  read: readLines,
};

/** Reads a file of line protocol; `most`: readings of a segment, for tests. */
export async function* readLines(
  source: ImportSource,
  options: ImportOptions,
  cursor: string | null,
  signal: AbortSignal,
  most = SEGMENT_READINGS,
): AsyncGenerator<Segment> {
  const { place, kept } = placeAt<HeadState>(cursor);
  const room = Math.min(most + STRETCH_READINGS, source.bytes >> 5);
  const reader = new Reader(options.precision ?? "ns", kept ?? null, room);
  let from = place;
  for await (const stretch of stretchesOf(source, place, signal, { isOpen: isOpenText })) {
    try {
      reader.take(stretch);
    } catch (error) {
      if (!(error instanceof TooManySeries)) throw error;
      throw new PerchError(
        "validation",
        `"${source.name}" has more than ${SERIES_MOST} series: a tag that is different in every line is a value, ` +
          "and has to be one before it is imported",
      );
    }
    if (reader.readings >= most || stretch.next.byte - from.byte >= SEGMENT_BYTES) {
      yield reader.segment(stretch);
      from = stretch.next;
    }
  }
  const rest = reader.rest();
  if (rest !== null) yield rest;
}

/** Takes stretches, and gives segments. */
class Reader {
  readonly #parser: LineParser;
  readonly #head: DumpHead;
  readonly #series: ImportSeries[] = [];
  #read = 0;
  #rejected: Segment["rejected"] = [];
  #rejectedCount = 0;
  #last: Stretch | null = null;

  constructor(precision: Precision, head: HeadState | null, room: number) {
    const onRejected = (line: number, reason: string) => this.#reject(line, reason);
    this.#parser = new LineParser(precision, onRejected, Math.max(FIRST_ROOM, room));
    this.#head = new DumpHead(head);
    if (head?.database && head.database !== head.first) this.#parser.book.database = head.database;
  }

  get readings(): number {
    return this.#parser.columns.n;
  }

  take(stretch: Stretch): void {
    const { bytes, rejected } = stretch;
    this.#last = stretch;
    if (rejected !== null) {
      this.#read++;
      this.#reject(rejected.line, rejected.reason);
    }
    const end = bytes.length;
    this.#parser.columns.reserve(end >> 5);
    let { line } = stretch.from;
    for (let at = 0; at < end; line++) {
      if (this.#head.isInDdl || isBare(bytes, at, end)) {
        at = this.#head.take(bytes, at, end, this.#parser.book);
        continue;
      }
      this.#read++;
      at = this.#parser.readLine(bytes, at, end, line);
      line += this.#parser.innerLines;
    }
  }

  segment(stretch: Stretch): Segment {
    const texts = this.#parser.takeTexts();
    const { all: series } = this.#parser.book;
    for (let i = this.#series.length; i < series.length; i++) {
      this.#series.push(importSeriesOf(series[i]));
    }
    const parts = this.#parser.columns.takeParts(series.length, (i) => {
      const list = texts.get(i)?.list;
      return { series: this.#series[i], ...(list === undefined ? {} : { texts: list }) };
    });
    const segment: Segment = {
      next: cursorAt(stretch.next, this.#head.state() ?? undefined),
      read: this.#read,
      parts,
      empty: 0,
      rejected: this.#rejected,
      rejectedCount: this.#rejectedCount,
      share: stretch.share,
    };
    this.#read = this.#rejectedCount = 0;
    this.#rejected = [];
    this.#last = null;
    return segment;
  }

  /** What no segment has given yet. */
  rest(): Segment | null {
    return this.#last === null ? null : this.segment(this.#last);
  }

  #reject(line: number, reason: string): void {
    if (this.#rejectedCount++ < REJECTED_LISTED) this.#rejected.push({ line, reason });
  }
}

/** How many of the first lines are line protocol. */
function detect(head: Uint8Array): number {
  const start = new TextDecoder().decode(head.subarray(0, 64));
  if (/^\uFEFF?# (INFLUXDB EXPORT|DDL|DML|CONTEXT-DATABASE)/.test(start)) return 1;
  let [good, lines] = [0, 0];
  const parser = new LineParser(guessPrecision(head) ?? "ns", () => good--);
  const last = head.lastIndexOf(10);
  const end = last < 0 ? head.length : last + 1;
  for (let at = 0; at < end && lines < ROWS_SHOWN;) {
    if (isBare(head, at, end)) {
      const lf = head.indexOf(10, at);
      at = lf < 0 ? end : lf + 1;
      continue;
    }
    lines++;
    good++;
    at = parser.readLine(head, at, end, lines);
  }
  return lines === 0 ? 0 : 0.9 * good / lines;
}

async function inspect(source: ImportSource, options: ImportOptions): Promise<Inspection> {
  const guess = guessPrecision(await headOf(source));
  const precision = options.precision ?? guess ?? "ns";
  const read: ImportFormat["read"] = (...[of, as, cursor, signal]) =>
    readLines(of, as, cursor, signal, 1);
  const found = await inspectByReading({ read }, source, { precision }, [
    "Times are kept to the millisecond.",
  ]);
  return { ...found, questions: precisionQuestion(options.precision, guess) };
}
