import type { ScriptFault } from "../../scripts/script.ts";

const IN_A_ROW = 5;
const LATEST = 50;
const SHARE = 0.2;
/** What will happen again with the next message. */
const FATAL: ReadonlySet<ScriptFault["type"]> = new Set(["syntax", "contract", "time", "memory"]);

/** Decides from the latest results of a codec whether it goes on. */
export class FailureJudge {
  #inARow = 0;
  #failed = 0;
  readonly #latest: boolean[] = [];

  worked(): void {
    this.#inARow = 0;
    this.#add(false);
  }

  /** Why it is paused because of this one, as a part of a sentence; null: it goes on. */
  failed({ type }: ScriptFault): string | null {
    this.#inARow++;
    this.#add(true);
    if (FATAL.has(type)) return FATAL_WORDS[type] ?? "it cannot be run";
    if (this.#inARow >= IN_A_ROW) return `${IN_A_ROW} messages in a row failed`;
    if (this.#failed <= SHARE * LATEST) return null;
    return `${this.#failed} of the latest ${this.#latest.length} messages failed`;
  }

  /** It begins anew. */
  reset(): void {
    this.#inARow = this.#failed = this.#latest.length = 0;
  }

  #add(failed: boolean): void {
    this.#latest.push(failed);
    if (failed) this.#failed++;
    if (this.#latest.length > LATEST && this.#latest.shift()) this.#failed--;
  }
}

const FATAL_WORDS: Partial<Record<ScriptFault["type"], string>> = {
  time: "it took too long",
  memory: "it took too much memory",
};
