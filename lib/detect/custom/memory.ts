/** What a custom detector has learned, and the draft in which a batch changes it. */
import type { Severity } from "../../words/severity.ts";
import { JournalClock } from "../runner/journal_clock.ts";

/** Of one sensor. */
export interface Entry {
  /** JSON; null: the script has kept nothing. */
  state: string | null;
  /** From the journal's clock to the sensor's own, as of its latest reading. */
  offsetMs: number;
  /** Severity of what was raised and has not been cleared. */
  open: Severity | null;
}

/** Findings of the present minute of the journal: there is a bound. */
export interface Minute {
  startMs: number;
  findings: number;
}

/** Everything that is saved of a detector. */
export interface Memory {
  /** `version` that the script exported. */
  version: string;
  /** By storage number, in the order of their first readings. */
  entries: Map<number, Entry>;
  minute: Minute;
  /** Of the journal clock. */
  clock: Uint8Array;
}

export function emptyMemory(version = ""): Memory {
  return {
    version,
    entries: new Map(),
    minute: { startMs: -Infinity, findings: 0 },
    clock: new Uint8Array(0),
  };
}

/** Characters of all states. */
export function charsOf({ entries }: Memory): number {
  let chars = 0;
  for (const { state } of entries.values()) chars += state?.length ?? 0;
  return chars;
}

/**
 * What a batch changes, beside the memory until `commit`. When the script has to stop, the draft is dropped: it
 * begins before the first of the steps that failed in a row, so that nothing is lost once the script is mended.
 */
export class Draft {
  readonly clock: JournalClock;
  readonly minute: Minute;
  /** Steps that failed in a row. */
  failed = 0;
  #own = new Map<number, Entry>();

  constructor(
    private readonly memory: Memory,
    /** Last group that was taken into it. */
    public group: number,
    tickMs: number,
  ) {
    this.clock = new JournalClock(tickMs);
    this.clock.load(memory.clock);
    this.minute = { ...memory.minute };
  }

  /** Sensors that it has met. */
  *sensors(): Iterable<[number, Entry]> {
    for (const [num, entry] of this.memory.entries) yield [num, this.#own.get(num) ?? entry];
    for (const [num, entry] of this.#own) {
      if (!this.memory.entries.has(num)) yield [num, entry];
    }
  }

  get size(): number {
    let size = this.memory.entries.size;
    for (const num of this.#own.keys()) if (!this.memory.entries.has(num)) size++;
    return size;
  }

  get(num: number): Readonly<Entry> | undefined {
    return this.#own.get(num) ?? this.memory.entries.get(num);
  }

  /** The entry to be changed; a new one when the sensor was not met before. */
  edit(num: number): Entry {
    const own = this.#own.get(num);
    if (own !== undefined) return own;
    const made = { ...this.memory.entries.get(num) ?? { state: null, offsetMs: 0, open: null } };
    this.#own.set(num, made);
    return made;
  }

  /** The memory is as the draft says. */
  commit(): void {
    for (const [num, entry] of this.#own) this.memory.entries.set(num, entry);
    this.#own = new Map();
    this.memory.minute = { ...this.minute };
    this.memory.clock = this.clock.save();
  }
}
