import { FLAG_HAS_SEQ, LATEST_MS } from "../readings/reading.ts";
import type { Copy } from "./copy.ts";

const PAGE = 20_000;

/** A reading of one time. */
export interface MomentReading {
  value: number;
  seq: number | null;
}

/** Those of `readings` that are not among `others`, each of which counts once. */
export function missingIn(
  others: readonly MomentReading[],
  readings: readonly MomentReading[],
): MomentReading[] {
  const left = new Map<string, number>();
  for (const other of others) left.set(keyOf(other), (left.get(keyOf(other)) ?? 0) + 1);
  return readings.filter((one) => {
    const n = left.get(keyOf(one)) ?? 0;
    if (n > 0) left.set(keyOf(one), n - 1);
    return n === 0;
  });
}

const keyOf = ({ value, seq }: MomentReading) => `${Object.is(value, -0) ? "-0" : value} ${seq}`;

interface Moment {
  tMs: number;
  readings: MomentReading[];
}

/** The readings of one sensor, one time after the other. */
export class Moments {
  /** Readings in damaged parts that were passed. */
  damaged = 0;
  #page: { tMs: Float64Array; readings: (i: number) => MomentReading } | null = null;
  #i = 0;
  #cursor: string | null | undefined = undefined;
  #ahead: Moment | null = null;

  constructor(
    private readonly copy: Copy,
    private readonly sensor: number,
    private readonly fromMs: number,
  ) {}

  async next(): Promise<Moment | null> {
    let moment: Moment | null = null;
    for (;;) {
      if (this.#page === null || this.#i === this.#page.tMs.length) {
        if (!await this.#turn()) return moment;
        continue;
      }
      const tMs = this.#page.tMs[this.#i];
      if (moment !== null && moment.tMs !== tMs) return moment;
      moment ??= { tMs, readings: [] };
      moment.readings.push(this.#page.readings(this.#i++));
    }
  }

  /** Those of one time, which is not before that of the call before. */
  async at(tMs: number): Promise<MomentReading[]> {
    while (this.#ahead === null || this.#ahead.tMs < tMs) {
      this.#ahead = await this.next() ?? { tMs: Infinity, readings: [] };
    }
    return this.#ahead.tMs === tMs ? this.#ahead.readings : [];
  }

  /** Reads the next page; false: there is none. */
  async #turn(): Promise<boolean> {
    if (this.#cursor === null) return false;
    const { tMs, value, flags, seq, next, damaged } = await this.copy.raw({
      sensor: this.sensor,
      fromMs: this.fromMs,
      toMs: LATEST_MS + 1,
      limit: PAGE,
      cursor: this.#cursor,
      withSeq: true,
    });
    this.damaged += damaged.reduce((sum, { readings }) => sum + Math.max(1, readings), 0);
    this.#page = {
      tMs,
      readings: (i) => ({
        value: value[i],
        seq: seq !== undefined && (flags[i] & FLAG_HAS_SEQ) !== 0 ? seq[i] : null,
      }),
    };
    this.#i = 0;
    this.#cursor = next;
    return true;
  }
}
