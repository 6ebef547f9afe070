/**
 * The streaming detector's core: features -> surprise of each -> one number -> quiet after alarms.
 */
import type { StateReader, StateWriter } from "../bytes.ts";
import { FEATURES, Features } from "./features.ts";
import { Tail } from "./tail.ts";
import { TUNING, type Tuning } from "./tuning.ts";

/** What is left, inside a quiet time, of a score that would have been an alarm. */
const HUSHED = 0.8;

/** Parts of which the largest counts alone. */
const LARGEST = [5, 6, 7] as const;

/**
 * Nearly every reading is so usual that what exactly its result is changes nothing: that is worked out when somebody
 * asks (`result`, `surprise`, `save`), as long as no other reading was taken.
 */
export class Engine {
  readonly features: Features;
  readonly tails: Tail[];
  readonly #surprise = new Float64Array(FEATURES.length);
  /** Edge that the surprise of the parts is still to be worked out with; NaN: it was. */
  #edge = NaN;
  /** The joined surprise of which the result is still to be worked out; NaN: it was. */
  #now = NaN;
  #joined = 0;
  #result = 0;
  /** The most of the newest closed slots, newest first, and of the open one. */
  readonly past: Float64Array;
  #peak = 0;
  /** Slots of quiet left, and the joined surprise of the alarm it follows. */
  quiet = 0;
  loudest = 0;

  constructor(readonly tuning: Tuning = TUNING) {
    this.features = new Features(tuning);
    this.tails = FEATURES.map(() => new Tail(tuning));
    this.past = new Float64Array(tuning.newest - 1);
  }

  /** Judges a finite reading. True when its `result` may be that of an alarm. */
  take(tMs: number, value: number): boolean {
    const f = this.features;
    if (f.take(tMs, value)) {
      for (let i = 0; i < this.tails.length; i++) this.tails[i].add(f.closed[i]);
      this.past.copyWithin(1, 0);
      this.past[0] = this.#peak;
      this.#peak = 0;
      if (this.quiet > 0) this.quiet--;
    }
    const t = this.tuning;
    this.#now = NaN;
    if (f.slots < t.warmUp) {
      this.#result = 0;
      return false;
    }
    const now = this.#now = this.#join(t.edge);
    if (now > this.#peak) this.#peak = now;
    // The result is `now` at most, and below both of these it leaves nothing behind.
    if (now < t.renew && now < t.alarm) return false;
    this.#settle();
    return true;
  }

  /** About 0 (usual) to 5 (never seen), alarm at `tuning.alarm`. */
  get result(): number {
    this.#settle();
    return this.#result;
  }

  /** Surprise of the last reading by feature. */
  get surprise(): Readonly<Float64Array> {
    this.#settle();
    if (!Number.isNaN(this.#edge)) {
      const s = this.#surprise, { odd } = this.features;
      for (let i = 0; i < s.length; i++) s[i] = this.tails[i].surprise(odd[i], this.#edge);
      this.#edge = NaN;
    }
    return this.#surprise;
  }

  #settle(): void {
    if (Number.isNaN(this.#now)) return;
    const now = this.#now;
    this.#now = NaN;
    this.#result = this.#hush(Math.max(0, this.#lastingOrClear(now) - this.#age()));
  }

  #age(): number {
    const { slots } = this.features;
    let off = 0;
    for (const { from, penalty } of this.tuning.ages) {
      if (slots > from) off += penalty * Math.log10(slots / from);
    }
    return off;
  }

  /** A small excess counts when it lasts, one that stands alone when it is far beyond all before. */
  #lastingOrClear(now: number): number {
    const lasting = this.#asOftenAs(now);
    if (now <= lasting) return now;
    const alone = this.#join(this.tuning.aloneEdge);
    // The parts are those of the reading, whichever of the two it was.
    return Math.min(now, Math.max(lasting, alone));
  }

  /** What `tuning.lasting` of the newest slots reach, this reading's among them. */
  #asOftenAs(now: number): number {
    const order = new Float64Array(this.past.length + 1);
    order.set(this.past);
    order[order.length - 1] = now;
    order.sort();
    return order[order.length - this.tuning.lasting];
  }

  /** Surprise of the parts, in one number. */
  #join(edge: number): number {
    this.#edge = edge;
    const t = this.tuning, { known, odd } = this.features, tails = this.tails;
    const at = known ? 0 : 4;
    const point = tails[at].surprise(odd[at], edge);
    const relative = tails[1].surprise(odd[1], edge);
    const level = tails[2].surprise(odd[2], edge), activity = tails[3].surprise(odd[3], edge);
    // What is odd for its hour counts as evidence, but it does not lead: it is too easily odd.
    const most = Math.max(point, level, activity, this.#largest(edge));
    const mean = (point + relative + level + activity) / 4;
    return (t.lead * most + mean) / (t.lead + 1);
  }

  /** The same as the largest surprise of these parts, with one logarithm. */
  #largest(edge: number): number {
    const { odd } = this.features;
    let least = 1, other = 0;
    for (const i of LARGEST) {
      const share = this.tails[i].share(odd[i], edge);
      if (share < least) least = share;
      else if (Number.isNaN(share)) other = Math.max(other, this.tails[i].surprise(odd[i], edge));
    }
    return least < 1 ? Math.max(other, -Math.log10(least)) : other;
  }

  /** The first reading of an anomaly is the alarm; the rest of it only if it gets far worse. */
  #hush(x: number): number {
    const t = this.tuning;
    this.#joined = x;
    if (this.quiet === 0 || x >= this.loudest + t.breakBy) {
      if (x < t.alarm) return x;
      this.quiet = t.quiet;
      this.loudest = x;
      return x;
    }
    if (x >= t.renew) this.quiet = t.quiet;
    return Math.min(x, HUSHED * t.alarm);
  }

  save(w: StateWriter): void {
    const { surprise, result } = this;
    w.f64(this.#joined, result, this.quiet, this.loudest, this.#peak)
      .f64s(this.past).f64s(surprise);
    this.features.save(w);
    for (const tail of this.tails) tail.save(w);
  }

  load(r: StateReader): void {
    this.#now = this.#edge = NaN;
    this.#joined = r.f64();
    this.#result = r.f64();
    this.quiet = r.f64();
    this.loudest = r.f64();
    this.#peak = r.f64();
    r.f64s(this.past);
    r.f64s(this.#surprise);
    this.features.load(r);
    for (const tail of this.tails) tail.load(r);
  }
}
