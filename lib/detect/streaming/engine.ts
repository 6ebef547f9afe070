/**
 * The streaming detector's core: features -> surprise of each -> one number -> quiet after alarms.
 */
import type { StateReader, StateWriter } from "../bytes.ts";
import { FEATURES, Features } from "./features.ts";
import { Tail } from "./tail.ts";
import { TUNING, type Tuning } from "./tuning.ts";

/** What is left, inside a quiet time, of a score that would have been an alarm. */
const HUSHED = 0.8;

export class Engine {
  readonly features: Features;
  readonly tails: Tail[];
  /** Surprise of the last reading by feature, joined, and after hushing. */
  readonly surprise = new Float64Array(FEATURES.length);
  joined = 0;
  result = 0;
  /** The most of the newest closed slots, newest first, and of the open one. */
  readonly past: Float64Array;
  #peak = 0;
  readonly #order: Float64Array;
  /** Slots of quiet left, and the joined surprise of the alarm it follows. */
  quiet = 0;
  loudest = 0;

  constructor(readonly tuning: Tuning = TUNING) {
    this.features = new Features(tuning);
    this.tails = FEATURES.map(() => new Tail(tuning));
    this.past = new Float64Array(tuning.newest - 1);
    this.#order = new Float64Array(tuning.newest);
  }

  /** Judges a finite reading; `result` is about 0 (usual) to 5 (never seen), alarm at `tuning.alarm`. */
  take(tMs: number, value: number): number {
    const f = this.features;
    if (f.take(tMs, value)) {
      for (let i = 0; i < this.tails.length; i++) this.tails[i].add(f.closed[i]);
      this.past.copyWithin(1, 0);
      this.past[0] = this.#peak;
      this.#peak = 0;
      if (this.quiet > 0) this.quiet--;
    }
    const t = this.tuning;
    if (f.slots < t.warmUp) return this.result = 0;
    return this.result = this.#hush(Math.max(0, this.#lastingOrClear() - this.#age()));
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
  #lastingOrClear(): number {
    const t = this.tuning;
    const now = this.#join(t.edge);
    if (now > this.#peak) this.#peak = now;
    const lasting = this.#asOftenAs(now);
    if (now <= lasting) return now;
    const alone = this.#join(t.aloneEdge);
    // The parts are those of the reading, whichever of the two it was.
    return Math.min(now, Math.max(lasting, alone));
  }

  /** What `tuning.lasting` of the newest slots reach, this reading's among them. */
  #asOftenAs(now: number): number {
    const order = this.#order;
    order.set(this.past);
    order[order.length - 1] = now;
    order.sort();
    return order[order.length - this.tuning.lasting];
  }

  /** Surprise of the parts, in one number. */
  #join(edge: number): number {
    const t = this.tuning, f = this.features, s = this.surprise, odd = f.odd;
    for (let i = 0; i < s.length; i++) s[i] = this.tails[i].surprise(odd[i], edge);
    const point = f.known ? s[0] : s[4];
    // What is odd for its hour counts as evidence, but it does not lead: it is too easily odd.
    const most = Math.max(point, s[2], s[3], s[5], s[6], s[7]);
    const mean = (point + s[1] + s[2] + s[3]) / 4;
    return (t.lead * most + mean) / (t.lead + 1);
  }

  /** The first reading of an anomaly is the alarm; the rest of it only if it gets far worse. */
  #hush(x: number): number {
    const t = this.tuning;
    this.joined = x;
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
    w.f64(this.joined, this.result, this.quiet, this.loudest, this.#peak)
      .f64s(this.past).f64s(this.surprise);
    this.features.save(w);
    for (const tail of this.tails) tail.save(w);
  }

  load(r: StateReader): void {
    this.joined = r.f64();
    this.result = r.f64();
    this.quiet = r.f64();
    this.loudest = r.f64();
    this.#peak = r.f64();
    r.f64s(this.past);
    r.f64s(this.surprise);
    this.features.load(r);
    for (const tail of this.tails) tail.load(r);
  }
}
