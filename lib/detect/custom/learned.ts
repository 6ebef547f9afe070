/** What a detector has learned and how far it is, in memory and on disk. */
import { loadDetector, putDetector, readerOf } from "./custom_store.ts";
import type { SqlStatement } from "../../db/client.ts";
import { charsOf, Draft, emptyMemory, type Memory } from "./memory.ts";
import type { CustomDeps, CustomOptions } from "./options.ts";
import { decodeMemory, encodeMemory } from "./saved.ts";

export class Learned {
  memory: Memory = emptyMemory();
  /** Last group that it is done with; null: it begins with the next one. */
  done: number | null = null;
  /** Saves since the start. */
  saves = 0;
  #draft: Draft | null = null;
  #steps = 0;
  #savedMs: number;
  #savedGroup: number | null = null;

  constructor(
    private readonly name: string,
    private readonly deps: CustomDeps,
    private readonly options: CustomOptions,
  ) {
    this.#savedMs = deps.clock.monotonic();
  }

  /** Last group that is done or in the draft. */
  get position(): number {
    return this.#draft?.group ?? this.done ?? 0;
  }

  /** The draft of the next batch: the one before, as long as the last of its steps failed. */
  draft(): Draft {
    return this.#draft ??= new Draft(this.memory, this.done ?? 0, this.options.tickMs);
  }

  /** A batch is judged. */
  took(steps: number): void {
    this.#steps += steps;
    if (this.#draft === null || this.#draft.failed > 0) return;
    this.done = this.#draft.group;
    this.#draft.commit();
    this.#draft = null;
  }

  drop(): void {
    this.#draft = null;
  }

  /** Characters of all states. */
  get chars(): number {
    return charsOf(this.memory);
  }

  /** Goes back to what was saved last. */
  async restore(): Promise<void> {
    this.drop();
    this.#steps = 0;
    this.#savedMs = this.deps.clock.monotonic();
    const saved = await loadDetector(this.deps.db, this.name);
    if (saved === null) return;
    const memory = decodeMemory(saved.data);
    if (memory === null) {
      this.deps.log.warn("a custom detector starts afresh: its saved state cannot be read", {
        detector: this.name,
      });
    }
    this.memory = memory ?? emptyMemory();
    this.done = this.#savedGroup = saved.group;
  }

  /**
   * A script is loaded: another version begins with empty states, and what it does not watch any more goes. What is
   * raised stays so until it is cleared.
   */
  adopt(version: string, watches: (sensor: number) => boolean): void {
    const { memory } = this;
    const anew = memory.version !== version;
    memory.version = version;
    for (const [num, entry] of memory.entries) {
      if (!watches(num)) memory.entries.delete(num);
      else if (anew) memory.entries.set(num, { ...entry, state: null });
    }
  }

  async saveIfDue(): Promise<void> {
    if (this.done === null) return;
    const waitedMs = this.deps.clock.monotonic() - this.#savedMs;
    const { saveMs, saveSteps, quietSaveMs } = this.options;
    if (this.#savedGroup === null) return await this.save();
    if (waitedMs < saveMs) return;
    if (this.#steps >= saveSteps || waitedMs >= quietSaveMs) await this.save();
  }

  /** Memory and cursor in one transaction. */
  async save(): Promise<void> {
    if (this.done === null) return;
    const { done } = this;
    this.#savedMs = this.deps.clock.monotonic();
    this.#steps = 0;
    await this.deps.readings.moveCursor(readerOf(this.name), done, [await this.statement()]);
    this.#savedGroup = done;
    this.saves++;
  }

  /** Saves the memory alone: the cursor may stand further back. */
  async statement(): Promise<SqlStatement> {
    const data = await encodeMemory(this.memory, (num) => this.deps.sensorOf(num) !== null);
    return putDetector({ name: this.name, group: this.done ?? 0, data });
  }
}
