/**
 * The most joined surprise of each of the newest slots. Nearly all readings are so usual that it is asked for in one
 * of thousands: until then their oddness is kept, and the histograms go back to how they were in its slot.
 */

/** Oddness of so many readings is kept of a slot; more are worked out. */
const KEPT = 6;
/** A reading is not even kept when it surely surprises less than the peak; below this, that cannot be said. */
const BOUNDED_FROM = 0.31;
/** What rounding may do to a share is far less. */
const SURELY = 1 + 1e-6;

/** A histogram that can be shown as it was before its newest entries (see `Tail`). */
interface Past {
  swap(entry: number): void;
  usualUpTo(share: number): number;
}

export class Peaks {
  /** Of the closed slots, newest first, as far as they were worked out; and of the open one. */
  readonly #closed: Float64Array;
  #open = 0;
  /** Oddness of readings by place of their slot, going round; the open slot's place. */
  readonly #kept: Float64Array;
  readonly #known: Uint8Array;
  readonly #counts: Uint8Array;
  #at = 0;
  readonly #odd: Float64Array;
  /** Oddness by part, up to which a reading surely surprises less than the open slot's peak. */
  readonly #bounds: Float64Array;
  #bounded = false;
  /** More readings came than are kept; when so many more were judged, the bounds are looked at again. */
  #many = false;
  #judged = 0;
  #next = 0;

  /** `join` works out the joined surprise with the histograms as they are; `slots` counts the open one. */
  constructor(
    private readonly slots: number,
    private readonly tails: readonly Past[],
    private readonly join: (odd: Float64Array, known: boolean) => number,
  ) {
    const parts = tails.length;
    this.#closed = new Float64Array(slots - 1);
    this.#kept = new Float64Array(slots * KEPT * parts);
    this.#known = new Uint8Array(slots * KEPT);
    this.#counts = new Uint8Array(slots);
    this.#odd = new Float64Array(parts);
    this.#bounds = new Float64Array(parts);
  }

  /** A reading of the open slot, of which the surprise was worked out. */
  raise(now: number): void {
    if (now > this.#open) this.#open = now;
  }

  /** A reading of the open slot, of which it was not. */
  keep(odd: Float64Array, known: boolean): void {
    if (this.#many) {
      if (!this.#bounded || !within(odd, this.#bounds, known)) this.#judge(odd, known);
      return;
    }
    if (this.#counts[this.#at] === KEPT) {
      this.#many = true;
      this.#workOut(this.#at);
      this.#bound(KEPT);
      return this.#judge(odd, known);
    }
    const at = this.#at * KEPT + this.#counts[this.#at]++;
    this.#known[at] = known ? 1 : 0;
    const parts = odd.length, kept = this.#kept;
    for (let i = 0, to = at * parts; i < parts; i++) kept[to + i] = odd[i];
  }

  /** The open slot is over, and its entries were added to the histograms. */
  close(): void {
    this.#closed.copyWithin(1, 0);
    this.#closed[0] = this.#open;
    this.#open = 0;
    this.#many = false;
    this.#at = (this.#at + 1) % this.slots;
    this.#counts[this.#at] = 0;
  }

  /** Of the closed slots, newest first. */
  closed(): Float64Array {
    let back = 0;
    for (let k = 0; k < this.#closed.length; k++) {
      if (this.#counts[this.#place(k)] > 0) back = k + 1;
    }
    for (let k = 0; k < back; k++) {
      for (const tail of this.tails) tail.swap(k);
      const open = this.#open;
      this.#open = this.#closed[k];
      this.#workOut(this.#place(k));
      this.#closed[k] = this.#open;
      this.#open = open;
    }
    for (let k = back - 1; k >= 0; k--) for (const tail of this.tails) tail.swap(k);
    return this.#closed;
  }

  /** Of the open slot. */
  open(): number {
    this.#workOut(this.#at);
    return this.#open;
  }

  /** Goes on from what these two gave. */
  load(open: number, closed: Float64Array): void {
    this.#open = open;
    this.#closed.set(closed);
    this.#counts.fill(0);
    this.#many = false;
  }

  /** Where the oddness of a closed slot is kept. */
  #place(k: number): number {
    return (this.#at - 1 - k + 2 * this.slots) % this.slots;
  }

  /** Raises the peak by what is kept of one slot. */
  #workOut(place: number): void {
    const odd = this.#odd, parts = odd.length;
    for (let n = 0; n < this.#counts[place]; n++) {
      const at = place * KEPT + n;
      for (let i = 0, from = at * parts; i < parts; i++) odd[i] = this.#kept[from + i];
      this.raise(this.join(odd, this.#known[at] === 1));
    }
    this.#counts[place] = 0;
  }

  #judge(odd: Float64Array, known: boolean): void {
    this.raise(this.join(odd, known));
    if (++this.#judged >= this.#next) this.#bound(2 * this.#next);
  }

  /** Looks at the bounds; again when so many were judged. */
  #bound(next: number): void {
    this.#judged = 0;
    this.#next = next;
    this.#bounded = this.#open >= BOUNDED_FROM;
    if (!this.#bounded) return;
    const share = 10 ** -this.#open * SURELY;
    for (let i = 0; i < this.#bounds.length; i++) {
      this.#bounds[i] = this.tails[i].usualUpTo(share);
    }
  }
}

/** Whether no part that counts is odder than its bound. */
export function within(odd: Float64Array, bounds: Float64Array, known: boolean): boolean {
  const skipped = known ? 4 : 0;
  for (let i = 0; i < odd.length; i++) if (!(odd[i] <= bounds[i]) && i !== skipped) return false;
  return true;
}
