import { type GroupColumns, valueAt } from "./columns.ts";
import { FLAG_HAS_SEQ, isPast } from "./reading.ts";
import { Tail } from "./tail.ts";
import type { SummaryTotals } from "./tiers/summary.ts";

/** Seqs strictly between two bounds, none of which is stored within the time in which seqs are compared. */
export class SeqGap {
  #from = 0;
  #to = 0;

  holds(seq: number): boolean {
    return seq > this.#from && seq < this.#to;
  }

  /** A reading with `seq` is being stored: the gap begins above it. */
  took(seq: number): void {
    if (this.holds(seq)) this.#from = seq;
  }

  /** Nothing is stored above `seq` and below `end`. */
  open(seq: number, end: number): void {
    this.#from = seq;
    this.#to = end;
  }
}

/** Of a sensor whose newest reading was imported: up to when, and what it said last itself. */
export interface OwnLast {
  importedUntilMs: number;
  /** −Infinity: nothing. */
  tMs: number;
  value: number;
}

/** What the engine keeps in memory about one sensor. */
export class Series {
  /** Unsealed readings. */
  tail = new Tail();
  /** Journal row that holds the first reading of the tail; meaningless while the tail is empty. */
  firstGroup = 0;
  /** Readings in journal rows up to this id are in chunks. */
  sealedGroup = 0;
  /** Newest time in the chunks; −Infinity without chunks. */
  sealedNewestMs = -Infinity;
  /** Newest reading, sealed or not; among equal times the one that came last. */
  newestMs = -Infinity;
  newestValue = 0;
  /** Null: it said its newest reading itself. */
  ownLast: OwnLast | null = null;
  /** Largest seq ever stored; a larger one cannot be a duplicate. */
  maxSeq = -Infinity;
  /** Known not to be stored, below `maxSeq`: a device that counts from zero again is not looked for each time. */
  readonly seqGap = new SeqGap();
  /** `newestMs` and `maxSeq` as they will be after the group under way. */
  stagedNewestMs = -Infinity;
  stagedMaxSeq = -Infinity;
  /** Decimal exponent that values of this sensor usually need. */
  exponentHint = 0;
  /** The latest value did not fit `exponentHint`: a second one in a row raises it, an odd one does not. */
  exponentMissed = false;
  /** Waits to be sealed. */
  due = false;
  /** Earliest time in the chunks, and totals over them. */
  sealedOldestMs = Infinity;
  sealedChunks = 0;
  sealedReadings = 0;
  sealedBytes = 0;
  /** What was summed up of it. */
  summed: SummaryTotals = {};

  constructor(readonly sensor: number) {}

  /** Takes reading `i` of a committed group into the tail. */
  take(groupId: number, columns: GroupColumns, i: number): void {
    const tMs = columns.tMs[i];
    const flags = columns.flags[i];
    const seq = columns.seq[i];
    if (this.tail.n === 0) this.firstGroup = groupId;
    this.tail.add(tMs, columns.exponent[i], columns.mantissa[i], flags, seq);
    if (tMs >= this.newestMs) {
      this.newestMs = tMs;
      this.newestValue = valueAt(columns, i);
    }
    if ((flags & FLAG_HAS_SEQ) && seq > this.maxSeq) this.maxSeq = seq;
    if (this.ownLast !== null) this.said(columns, i);
  }

  /** Reading `i` of a group is its own, and perhaps its last. */
  said(columns: GroupColumns, i: number): void {
    const tMs = columns.tMs[i];
    if (this.ownLast === null || isPast(columns.flags[i]) || tMs < this.ownLast.tMs) return;
    if (tMs > this.ownLast.importedUntilMs) this.ownLast = null;
    else this.ownLast = { ...this.ownLast, tMs, value: valueAt(columns, i) };
  }

  /** Nothing is under way: what is staged is what is stored. */
  settle(): void {
    this.stagedNewestMs = this.newestMs;
    this.stagedMaxSeq = this.maxSeq;
  }
}

/** All sensors by storage number. */
export class SeriesTable {
  readonly #bySensor: (Series | undefined)[] = [];
  readonly #all: Series[] = [];
  /** Unsealed readings of all sensors. */
  tailReadings = 0;

  get(sensor: number): Series | undefined {
    return this.#bySensor[sensor];
  }

  getOrCreate(sensor: number): Series {
    let series = this.#bySensor[sensor];
    if (series === undefined) {
      series = new Series(sensor);
      this.#bySensor[sensor] = series;
      this.#all.push(series);
    }
    return series;
  }

  all(): readonly Series[] {
    return this.#all;
  }
}
