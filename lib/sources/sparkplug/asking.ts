/** When an edge node may be asked for a rebirth: seldom, and more and more seldom while it does not help. */

/** Between two requests to one node, at least. */
export const ASK_MS = 60_000;
const ASK_MOST_MS = 3_600_000;
/** Nothing was wrong for so long: it begins anew. */
const WELL_MS = 600_000;

export class Asking {
  /** When it will be asked; Infinity: there is no reason to. */
  dueMs = Infinity;
  #askedMs = -Infinity;
  #waitMs = ASK_MS;

  /** There is a reason to ask: now, or as soon as it may be. True when that was not known yet. */
  want(nowMs: number): boolean {
    if (this.dueMs !== Infinity) return false;
    this.dueMs = Math.max(nowMs, this.#askedMs + this.#waitMs);
    return true;
  }

  /** The reason is gone: it was born anew. */
  settled(): void {
    this.dueMs = Infinity;
  }

  asked(nowMs: number): void {
    const well = nowMs - this.#askedMs - this.#waitMs > WELL_MS;
    this.#waitMs = well ? ASK_MS : Math.min(this.#waitMs * 2, ASK_MOST_MS);
    this.#askedMs = nowMs;
    this.dueMs = Infinity;
  }
}
