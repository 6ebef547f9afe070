import { Tail } from "./tail.ts";

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
  /** Largest seq ever stored; a larger one cannot be a duplicate. */
  maxSeq = -Infinity;
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

  constructor(readonly sensor: number) {}

  /** Takes a committed reading into the tail. */
  add(
    groupId: number,
    tMs: number,
    exponent: number,
    mantissa: number,
    value: number,
    flags: number,
    seq: number,
    hasSeq: boolean,
  ): void {
    if (this.tail.n === 0) this.firstGroup = groupId;
    this.tail.add(tMs, exponent, mantissa, flags, seq);
    if (tMs >= this.newestMs) {
      this.newestMs = tMs;
      this.newestValue = value;
    }
    if (hasSeq && seq > this.maxSeq) this.maxSeq = seq;
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
