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
  /** Slots of quiet left, and the joined surprise of the alarm it follows. */
  quiet = 0;
  loudest = 0;

  constructor(readonly tuning: Tuning = TUNING) {
    this.features = new Features(tuning);
    this.tails = FEATURES.map(() => new Tail(tuning));
  }

  /** Judges a finite reading; `result` is about 0 (usual) to 5 (never seen), alarm at `tuning.alarm`. */
  take(tMs: number, value: number): number {
    const f = this.features;
    if (f.take(tMs, value)) {
      for (let i = 0; i < this.tails.length; i++) this.tails[i].add(f.closed[i]);
      if (this.quiet > 0) this.quiet--;
    }
    const t = this.tuning;
    if (f.slots < t.warmUp) return this.result = 0;
    const s = this.surprise, tails = this.tails, odd = f.odd;
    for (let i = 0; i < tails.length; i++) s[i] = tails[i].surprise(odd[i]);
    // What is odd for its hour counts as evidence, but it does not lead: it is too easily odd.
    const point = f.known ? s[0] : s[4];
    const most = Math.max(point, s[2], s[3]);
    const mean = (point + s[1] + s[2] + s[3]) / 4;
    const joined = (t.lead * most + mean) / (t.lead + 1);
    const age = f.slots > t.ageFrom ? t.agePenalty * Math.log10(f.slots / t.ageFrom) : 0;
    return this.result = this.#hush(Math.max(0, joined - age));
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
    w.f64(this.joined, this.result, this.quiet, this.loudest).f64s(this.surprise);
    this.features.save(w);
    for (const tail of this.tails) tail.save(w);
  }

  load(r: StateReader): void {
    this.joined = r.f64();
    this.result = r.f64();
    this.quiet = r.f64();
    this.loudest = r.f64();
    r.f64s(this.surprise);
    this.features.load(r);
    for (const tail of this.tails) tail.load(r);
  }
}
