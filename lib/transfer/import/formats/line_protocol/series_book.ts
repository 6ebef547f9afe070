/** The series of a file, by number: a text is made of each once. */
import type { SensorKind } from "../../../../readings/reading.ts";
import { Names } from "./names.ts";
import { headFault, split } from "./text.ts";

/** A field of a series as it was first seen. */
export interface LineSeries {
  /** Empty: the first that the file names, or none. */
  database: string;
  /** Measurement and tags as written, the tags in order. */
  head: string;
  /** As written. */
  field: string;
  kind: SensorKind;
}

const KINDS = ["number", "binary", "text"] as const;
export const [NUMBER, BINARY, TEXT] = [0, 1, 2];
/** Most that are known of one file: beyond that tags are no series, but values. */
export const SERIES_MOST = 100_000;

export class TooManySeries extends Error {}

export class SeriesBook {
  readonly all: LineSeries[] = [];
  readonly #heads = new Names();
  /** By name: written with its tags in another order, a series is the same. */
  readonly #headOf: number[] = [];
  readonly #headsInOrder = new Map<string, number>();
  readonly #headTexts: Pick<LineSeries, "database" | "head">[] = [];
  readonly #databases = [""];
  #database = 0;
  /** In the scope of their head and kind. */
  readonly #fields = new Names();
  readonly #decoder = new TextDecoder();

  /** What follows is of this database; empty: of the first that the file names. */
  set database(name: string) {
    const known = this.#databases.indexOf(name);
    this.#database = known < 0 ? this.#databases.push(name) - 1 : known;
  }

  /** The number of measurement and tags in `bytes[from, to)`, whose hash is `hash`; or why they are none. */
  head(bytes: Uint8Array, from: number, to: number, hash: number): number | string {
    const known = this.#heads.find(bytes, from, to, hash, this.#database);
    if (known >= 0) return this.#headOf[known];
    const text = this.#decoder.decode(bytes.subarray(from, to));
    const fault = headFault(text);
    if (fault !== null) return fault;
    if (this.#heads.size >= SERIES_MOST) throw new TooManySeries();
    const added = this.#heads.add(bytes, from, to, hash, this.#database);
    return this.#headOf[added] = this.#inOrder(text);
  }

  /** The number of a field with values of a kind. */
  field(
    bytes: Uint8Array,
    from: number,
    to: number,
    hash: number,
    head: number,
    kind: number,
  ): number {
    const scope = head * KINDS.length + kind;
    const known = this.#fields.find(bytes, from, to, hash, scope);
    if (known >= 0) return known;
    if (this.all.length >= SERIES_MOST) throw new TooManySeries();
    const field = this.#decoder.decode(bytes.subarray(from, to));
    this.all.push({ ...this.#headTexts[head], field, kind: KINDS[kind] });
    return this.#fields.add(bytes, from, to, hash, scope);
  }

  #inOrder(text: string): number {
    const [measurement, ...tags] = split(text, ",");
    const head = [measurement, ...tags.sort()].join(",");
    const database = this.#databases[this.#database];
    const key = `${database}\n${head}`;
    const known = this.#headsInOrder.get(key) ?? this.#headTexts.push({ database, head }) - 1;
    this.#headsInOrder.set(key, known);
    return known;
  }
}
