import type { Clock } from "../../base/clock.ts";
import type { PoisonWatch } from "../../intake/poison.ts";
import type { Outcome } from "../../intake/intake.ts";
import type { Item } from "./item.ts";
import type { Placed } from "./segments.ts";
import type { Spool } from "./spool.ts";

const BATCH = 256;
const BATCH_BYTES = 512 * 1024;
/** Messages of the spool that are on their way. */
const UNDECIDED_MOST = 1_000;
/** Decisions that a crash may forget; the intake knows the latest 4 096 by their packets. */
const UNSAVED_MOST = 3_000;
const RETRY_MS = 1_000;
const POISON_MS = 20;

export interface SpoolFeedDeps {
  spool: Spool;
  poison: Pick<PoisonWatch, "begin" | "end">;
  clock: Clock;
  signal: AbortSignal;
  /** Something could not be stored: what was taken out and is held has to be given back, `next` begins anew. */
  onFailed(): void;
}

/** Takes messages out of the spool and follows each until it is decided on, so that none is passed over. */
export class SpoolFeed {
  /** Numbers of what is on its way, in order. */
  readonly #undecided = new Set<number>();
  #failed = false;
  #changed = Promise.withResolvers<void>();

  constructor(private readonly deps: SpoolFeedDeps) {}

  /** Until `next` has begun anew. */
  get failed(): boolean {
    return this.#failed;
  }

  /** The next messages; none when nothing is left. @throws what the disk says, or when it is over */
  async next(): Promise<Item[]> {
    const { spool, clock, signal } = this.deps;
    if (this.#failed) await this.#recover();
    while (this.#undecided.size >= UNDECIDED_MOST) await this.#change();
    while (spool.unsaved >= UNSAVED_MOST) {
      await spool.settle();
      if (spool.unsaved >= UNSAVED_MOST) await clock.sleep(RETRY_MS, signal);
    }
    signal.throwIfAborted();
    const items: Item[] = [];
    const placed = await spool.read(BATCH, BATCH_BYTES);
    for (const one of placed) {
      const item = this.#itemOf(one);
      if (item === null) {
        // It ended the process before and is read alone.
        spool.moveTo(one.seq);
        if (items.length > 0) return items;
        await clock.sleep(POISON_MS, signal);
        return await this.next();
      }
      items.push(item);
    }
    return items;
  }

  /** A message that was appended just now, and is decided on as if it had been taken out. */
  adopt(item: Item, seq: number): void {
    item.seq = seq;
    this.deps.spool.moveTo(seq + 1);
    this.#follow(item, seq);
  }

  /** Messages that were not offered to the intake: they are taken out again. */
  giveBack(items: readonly Item[]): void {
    let first = Infinity;
    for (const { seq, noted } of items) {
      if (seq === null) continue;
      if (noted !== null) this.deps.poison.end(noted);
      this.#undecided.delete(seq);
      first = Math.min(first, seq);
    }
    if (first < Infinity) this.deps.spool.moveTo(first);
    this.#tell();
  }

  #itemOf({ seq, record }: Placed): Item | null {
    const begun = this.deps.poison.begin(record.topic, record.payload);
    if (begun.do === "wait") return null;
    const noted = begun.do === "read" ? begun.noted : null;
    const item: Item = { record, seq, noted, cameMs: 0, done() {} };
    if (begun.do === "aside") item.instead = null;
    this.#follow(item, seq);
    return item;
  }

  #follow(item: Item, seq: number): void {
    this.#undecided.add(seq);
    item.done = (outcome) => this.#decided(item, seq, outcome);
  }

  #decided({ noted }: Item, seq: number, outcome: Outcome): void {
    if (noted !== null) this.deps.poison.end(noted);
    this.#undecided.delete(seq);
    // What failed, and all behind it, comes once more: the position stays before it.
    if (outcome === "failed" && !this.#failed) {
      this.#failed = true;
      this.deps.onFailed();
    }
    if (!this.#failed) {
      const [first = this.deps.spool.position] = this.#undecided;
      this.deps.spool.decided(first - 1);
    }
    this.#tell();
  }

  async #recover(): Promise<void> {
    const { spool, clock, signal } = this.deps;
    while (this.#undecided.size > 0) await this.#change();
    this.#failed = false;
    spool.moveTo(0);
    await clock.sleep(RETRY_MS, signal);
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #change(): Promise<void> {
    const { signal } = this.deps;
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener("abort", abort, { once: true });
    await Promise.race([this.#changed.promise, aborted.promise]);
    signal.removeEventListener("abort", abort);
    signal.throwIfAborted();
  }
}
