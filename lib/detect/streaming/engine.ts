/**
 * The streaming detector's core: features -> surprise of each -> one number -> quiet after alarms.
 */
import type { StateReader, StateWriter } from "../bytes.ts";
import { FEATURES, Features, type TimedValue } from "./features.ts";
import { Peaks, within } from "./peaks.ts";
import { Tail } from "./tail.ts";
import { TUNING, type Tuning } from "./tuning.ts";

/** What is left, inside a quiet time, of a score that would have been an alarm. */
const HUSHED = 0.8;

/** Parts of which the largest counts alone: from this one on. */
const LARGEST = 5;

/** A reading is plainly usual when each of its parts surprises less than what matters, by this much. */
const PLAINLY = 0.05;
/** The bounds of what is plainly usual hold until so many more slots were added, and leave room for these. */
const HOLD_FOR = 1 / 16;
const ROOM = 1.1;

/**
 * Nearly every reading is so usual that what exactly its result is changes nothing: that is worked out when somebody
 * asks (`result`, `surprise`, `save`), as long as no other reading was taken.
 */
export class Engine {
  readonly features: Features;
  readonly tails: Tail[];
  readonly #surprise = new Float64Array(FEATURES.length);
  readonly #share = new Float64Array(FEATURES.length);
  /** What the surprise of the parts is still to be worked out with; null: it was. */
  #edge: Float64Array | null = null;
  readonly #edges: { lasting: Float64Array; alone: Float64Array };
  /** The joined surprise of which the result is still to be worked out; NaN: it was, or … */
  #now = NaN;
  /** … not even the joined surprise was. */
  #plain = false;
  #joined = 0;
  #result = 0;
  readonly #peaks: Peaks;
  /** Up to which oddness each part is plainly usual, and in which slot that has to be looked at again. */
  readonly #bounds: Float64Array;
  #boundedTo = 0;
  /** Slots of quiet left, and the joined surprise of the alarm it follows. */
  quiet = 0;
  loudest = 0;

  constructor(readonly tuning: Tuning = TUNING) {
    this.features = new Features(tuning);
    this.tails = FEATURES.map(() => new Tail(tuning));
    this.#bounds = new Float64Array(FEATURES.length);
    this.#peaks = new Peaks(
      tuning.newest,
      this.tails,
      (odd, known) => this.#join(odd, known, this.#edges.lasting),
    );
    this.#edges = {
      lasting: Float64Array.of(tuning.edge),
      alone: Float64Array.of(tuning.aloneEdge),
    };
  }

  /** Judges a finite reading. True when its `result` may be that of an alarm. */
  take(reading: TimedValue): boolean {
    const f = this.features;
    if (f.take(reading)) {
      for (let i = 0; i < this.tails.length; i++) this.tails[i].add(f.closed[i]);
      this.#peaks.close();
      if (this.quiet > 0) this.quiet--;
      if (f.slots >= this.#boundedTo) this.#bound();
    }
    const t = this.tuning;
    this.#now = NaN;
    this.#plain = false;
    if (f.slots < t.warmUp) {
      this.#result = 0;
      return false;
    }
    this.#edge = this.#edges.lasting;
    if (within(f.odd, this.#bounds, f.known)) {
      this.#peaks.keep(f.odd, f.known);
      this.#plain = true;
      return false;
    }
    const now = this.#now = this.#join(f.odd, f.known, this.#edge);
    this.#peaks.raise(now);
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
    if (this.#edge !== null) {
      const s = this.#surprise, { odd } = this.features;
      for (let i = 0; i < s.length; i++) s[i] = this.tails[i].surprise(odd[i], this.#edge[0]);
      this.#edge = null;
    }
    return this.#surprise;
  }

  /** Learns anew what is plainly usual: what stays within it is no alarm and renews no quiet. */
  #bound(): void {
    const t = this.tuning, { slots } = this.features;
    const share = ROOM * 10 ** (PLAINLY - Math.min(t.renew, t.alarm));
    let entries = Infinity;
    for (let i = 0; i < this.tails.length; i++) {
      this.#bounds[i] = this.tails[i].usualUpTo(share);
      entries = Math.min(entries, this.tails[i].entries);
    }
    this.#boundedTo = slots + 1 + Math.floor(HOLD_FOR * entries);
  }

  #settle(): void {
    if (this.#plain) {
      this.#plain = false;
      this.#now = this.#join(this.features.odd, this.features.known, this.#edges.lasting);
    }
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
    this.#edge = this.#edges.alone;
    const alone = this.#join(this.features.odd, this.features.known, this.#edge);
    // The parts are those of the reading, whichever of the two it was.
    return Math.min(now, Math.max(lasting, alone));
  }

  /** What `tuning.lasting` of the newest slots reach, this reading's among them. */
  #asOftenAs(now: number): number {
    const past = this.#peaks.closed();
    const order = new Float64Array(past.length + 1);
    order.set(past);
    order[order.length - 1] = now;
    order.sort();
    return order[order.length - this.tuning.lasting];
  }

  /** Surprise of the parts, in one number. */
  #join(odd: Float64Array, known: boolean, edge: Float64Array): number {
    const t = this.tuning, tails = this.tails, share = this.#share;
    const skipped = known ? 4 : 0;
    for (let i = 0; i < tails.length; i++) if (i !== skipped) tails[i].share(odd, i, edge, share);
    let sum = 0, most = 0;
    // The point first, then relative, level and activity.
    for (let i = 0; i < 4; i++) {
      const at = i === 0 && !known ? 4 : i;
      const counts = share[at];
      const surprise = counts < 1 ? -Math.log10(counts) : counts >= 1 ? 0 : this.#unknown(odd, at);
      sum += surprise;
      // What is odd for its hour counts as evidence, but it does not lead: it is too easily odd.
      if (i !== 1 && surprise > most) most = surprise;
    }
    // One logarithm for the largest of the others.
    let least = 1;
    for (let i = LARGEST; i < share.length; i++) {
      if (share[i] < least) least = share[i];
      else if (Number.isNaN(share[i])) most = Math.max(most, this.#unknown(odd, i));
    }
    if (least < 1) most = Math.max(most, -Math.log10(least));
    return (t.lead * most + sum / 4) / (t.lead + 1);
  }

  /** Surprise of a part that has no share. */
  #unknown(odd: Float64Array, i: number): number {
    return this.tails[i].surpriseOf(NaN, odd[i]);
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
    w.f64(this.#joined, result, this.quiet, this.loudest, this.#peaks.open())
      .f64s(this.#peaks.closed()).f64s(surprise);
    this.features.save(w);
    for (const tail of this.tails) tail.save(w);
  }

  load(r: StateReader): void {
    this.#now = NaN;
    this.#plain = false;
    this.#edge = null;
    this.#boundedTo = 0;
    this.#bounds.fill(-1);
    this.#joined = r.f64();
    this.#result = r.f64();
    this.quiet = r.f64();
    this.loudest = r.f64();
    const open = r.f64(), closed = new Float64Array(this.tuning.newest - 1);
    r.f64s(closed);
    this.#peaks.load(open, closed);
    r.f64s(this.#surprise);
    this.features.load(r);
    for (const tail of this.tails) tail.load(r);
  }
}
