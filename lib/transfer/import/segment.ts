import type { ImportSeries, RejectedLine, Segment, SegmentPart } from "./format.ts";

const REJECTED_MOST = 100;
const FIRST_ROOM = 64;
export const SHOWN_CHARS = 60;

/** Collects the readings of a segment, series by series. */
export interface SegmentBuilder {
  /** Lines or rows that were read. */
  read: number;
  /** The part of a series; `suggested` is asked when it is met first. */
  part(
    key: string,
    kind: ImportSeries["kind"],
    unit: string | null,
    suggested: () => string,
  ): Part;
  /** A gap that the file names. */
  empty(): void;
  reject(line: number, reason: string): void;
  readonly rows: number;
  finish(next: string, share: number): Segment;
}

export interface Part {
  reading(tMs: number, value: number): void;
  text(tMs: number, text: string): void;
  /** An hour's mean with what it lay between. */
  hour(tMs: number, min: number, mean: number, max: number): void;
}

export function createSegment(): SegmentBuilder {
  /** By key: nearly always one. */
  const parts = new Map<string, GrowingPart[]>();
  const ordered: GrowingPart[] = [];
  const rejected: RejectedLine[] = [];
  let rejectedCount = 0, empty = 0, rows = 0;
  const counted = () => void rows++;
  return {
    read: 0,
    get rows() {
      return rows;
    },
    part(key, kind, unit, suggested) {
      let own = parts.get(key);
      if (own === undefined) parts.set(key, own = []);
      for (const part of own) {
        if (part.series.kind === kind && part.series.unit === unit) return part;
      }
      const part = createPart({ key, suggested: suggested(), unit, kind }, counted);
      own.push(part);
      ordered.push(part);
      return part;
    },
    empty: () => void empty++,
    reject(line, reason) {
      rejectedCount++;
      if (rejected.length < REJECTED_MOST) rejected.push({ line, reason });
    },
    finish(next, share) {
      return {
        next,
        read: this.read,
        parts: ordered.flatMap((part) => part.done()),
        empty,
        rejected,
        rejectedCount,
        share,
      };
    },
  };
}

interface GrowingPart extends Part {
  series: ImportSeries;
  /** Hours and readings are different parts. */
  done(): SegmentPart[];
}

function createPart(series: ImportSeries, counted: () => void): GrowingPart {
  const tMs = growing(), value = growing();
  const hours = { tMs: growing(), min: growing(), mean: growing(), max: growing() };
  const texts: string[] = [];
  const codes = new Map<string, number>();
  return {
    series,
    reading(t, v) {
      counted();
      tMs.push(t);
      value.push(v);
    },
    text(t, text) {
      let code = codes.get(text);
      if (code === undefined) {
        codes.set(text, code = texts.length);
        texts.push(text);
      }
      this.reading(t, code);
    },
    hour(t, min, mean, max) {
      counted();
      hours.tMs.push(t);
      hours.min.push(min);
      hours.mean.push(mean);
      hours.max.push(max);
    },
    done() {
      const out: SegmentPart[] = [];
      if (tMs.length > 0) {
        const base = { series, tMs: tMs.done(), value: value.done() };
        out.push(series.kind === "text" ? { ...base, texts } : base);
      }
      if (hours.tMs.length > 0) {
        out.push({
          series,
          tMs: hours.tMs.done(),
          value: hours.mean.done(),
          hours: { min: hours.min.done(), max: hours.max.done() },
        });
      }
      return out;
    },
  };
}

function growing() {
  let held = new Float64Array(0);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(x: number) {
      if (length === held.length) {
        const larger = new Float64Array(Math.max(FIRST_ROOM, 2 * length));
        larger.set(held);
        held = larger;
      }
      held[length++] = x;
    },
    done: () => held.slice(0, length),
  };
}

/** A text of the file as a reason quotes it. */
export function quoted(text: string): string {
  const shown = text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS - 1)}…` : text;
  // deno-lint-ignore no-control-regex
  return `"${shown.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " ").toWellFormed()}"`;
}
