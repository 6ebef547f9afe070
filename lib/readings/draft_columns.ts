import type { Draft } from "./reading.ts";

/**
 * The readings of a request as columns: what most of them are, a number of a sensor whose name is known, takes no
 * object. What is anything else stands in `others`, at its place.
 */
export class DraftColumns {
  n = 0;
  /** Full names of sensors, each once. */
  readonly names: string[] = [];
  /** Drafts that are more than a number and a time. */
  readonly others: Draft[] = [];
  /** Which of `names` a reading is of; `-1 - i`: it is `others[i]`, and its other columns say nothing. */
  name: Int32Array;
  value: Float64Array;
  /** Epoch ms; NaN: none was given. */
  tMs: Float64Array;
  /** Position in the request. */
  index: Int32Array;

  /** @param capacity readings that there is room for at first */
  constructor(capacity: number) {
    this.name = new Int32Array(capacity);
    this.value = new Float64Array(capacity);
    this.tMs = new Float64Array(capacity);
    this.index = new Int32Array(capacity);
  }

  /** Adds a number. `tMs` is NaN when no time was given. */
  add(name: number, value: number, tMs: number, index: number): void {
    const i = this.n++;
    if (i === this.name.length) this.#grow();
    this.name[i] = name;
    this.value[i] = value;
    this.tMs[i] = tMs;
    this.index[i] = index;
  }

  addOther(draft: Draft, index: number): void {
    this.add(-this.others.push(draft), 0, NaN, index);
  }

  /** One reading as a draft. */
  draft(i: number): Draft {
    if (this.name[i] < 0) return this.others[-1 - this.name[i]];
    const draft: Draft = {
      sensor: this.names[this.name[i]],
      value: this.value[i],
      index: this.index[i],
    };
    if (!Number.isNaN(this.tMs[i])) draft.tMs = this.tMs[i];
    return draft;
  }

  /** All of them as drafts, in order. */
  drafts(): Draft[] {
    return Array.from({ length: this.n }, (_, i) => this.draft(i));
  }

  #grow(): void {
    const capacity = 2 * this.name.length + 16;
    const name = new Int32Array(capacity);
    const value = new Float64Array(capacity);
    const tMs = new Float64Array(capacity);
    const index = new Int32Array(capacity);
    name.set(this.name);
    value.set(this.value);
    tMs.set(this.tMs);
    index.set(this.index);
    [this.name, this.value, this.tMs, this.index] = [name, value, tMs, index];
  }
}
