/**
 * Two weeks of a sensor by the hour, one bit each: whether it spoke, whether its value moved at all, and
 * whether it was active (up from its rest, or moving by a good part of its range). Compared with the hours of
 * the other sensors of its machine, they say what goes along with what.
 */
import type { StateReader, StateWriter } from "../bytes.ts";

/** Hours kept: a multiple of 32 above two weeks. */
const SPAN = 352;
const WORDS = SPAN / 32;

export class Hours {
  readonly #heard = new Int32Array(WORDS);
  readonly #moved = new Int32Array(WORDS);
  readonly #active = new Int32Array(WORDS);
  /** Number of the newest hour (time / 1 h). */
  newest = NaN;

  /** What an hour that is over was like. */
  put(hour: number, moved: boolean, active: boolean): void {
    if (hour <= this.newest - SPAN) return;
    if (!(hour <= this.newest)) this.#moveTo(hour);
    set(this.#heard, hour, true);
    set(this.#moved, hour, moved);
    set(this.#active, hour, active);
  }

  #moveTo(hour: number): void {
    const steps = Number.isNaN(this.newest) ? SPAN : Math.min(SPAN, hour - this.newest);
    for (let i = 0; i < steps; i++) {
      for (const bits of [this.#heard, this.#moved, this.#active]) set(bits, hour - i, false);
    }
    this.newest = hour;
  }

  heard(hour: number): boolean {
    return this.#known(hour) && get(this.#heard, hour);
  }
  moved(hour: number): boolean {
    return this.#known(hour) && get(this.#moved, hour);
  }
  active(hour: number): boolean {
    return this.#known(hour) && get(this.#active, hour);
  }

  /** Whether an hour is within the time that is kept. */
  #known(hour: number): boolean {
    return hour <= this.newest && hour > this.newest - SPAN;
  }

  /** Hours kept in which it spoke, and of those in which it moved, and was active. */
  counts(): { heard: number; moved: number; active: number } {
    let heard = 0, moved = 0, active = 0;
    for (let i = 0; i < WORDS; i++) {
      heard += ones(this.#heard[i]);
      moved += ones(this.#heard[i] & this.#moved[i]);
      active += ones(this.#heard[i] & this.#active[i]);
    }
    return { heard, moved, active };
  }

  /** The longest this many hours can look back from the newest one. */
  static readonly span = SPAN;

  save(w: StateWriter): void {
    w.f64(this.newest).i32s(this.#heard).i32s(this.#moved).i32s(this.#active);
  }

  load(r: StateReader): void {
    this.newest = r.f64();
    r.i32s(this.#heard);
    r.i32s(this.#moved);
    r.i32s(this.#active);
  }
}

function place(hour: number): number {
  return ((hour % SPAN) + SPAN) % SPAN;
}

function get(bits: Int32Array, hour: number): boolean {
  const at = place(hour);
  return (bits[at >> 5] >>> (at & 31) & 1) === 1;
}

function set(bits: Int32Array, hour: number, on: boolean): void {
  const at = place(hour);
  if (on) bits[at >> 5] |= 1 << (at & 31);
  else bits[at >> 5] &= ~(1 << (at & 31));
}

function ones(x: number): number {
  x -= x >>> 1 & 0x55555555;
  x = (x & 0x33333333) + (x >>> 2 & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
