/** Watches what corrections did to their components. */
import type { Clock } from "../../base/clock.ts";
import { MINUTE_MS } from "../../words/times.ts";
import { type Counts, judgeHealth, type Rates, ratesOf, type Verdict } from "./health.ts";

export interface Watching {
  /** Notes what every component has done so far; called every few seconds. */
  note(): void;
  /** From now on the correction is watched. `isKnown`: it worked before, and that can be compared. */
  begin(id: number, component: string, isKnown: boolean): void;
  /** How it looks now; null: it is not watched. */
  judge(id: number, paused: boolean): Verdict | null;
  end(id: number): void;
  ids(): number[];
}

interface Watch {
  component: string;
  atMs: number;
  from: Counts | null;
  before: Rates | null;
}

/** What was longer ago says nothing of how it was just before. */
const BEFORE_MS = 5 * MINUTE_MS;
const NOTE_EVERY_MS = 30_000;

export function createWatching(
  { clock, counts, windowMs }: {
    clock: Pick<Clock, "monotonic">;
    /** What each component has done since the start. */
    counts(): ReadonlyMap<string, Counts>;
    windowMs(): number;
  },
): Watching {
  const notes: { atMs: number; counts: ReadonlyMap<string, Counts> }[] = [];
  const watches = new Map<number, Watch>();

  function before(component: string): Rates | null {
    const now = counts().get(component) ?? null;
    const nowMs = clock.monotonic();
    for (const { atMs, counts } of notes) {
      const from = counts.get(component);
      if (from !== undefined) return ratesOf(from, now, nowMs - atMs);
    }
    return null;
  }

  return {
    note() {
      const atMs = clock.monotonic();
      if (notes.length > 0 && atMs - notes.at(-1)!.atMs < NOTE_EVERY_MS) return;
      const now = counts();
      if (now.size === 0) return void notes.splice(0);
      notes.push({ atMs, counts: new Map([...now].map(([name, one]) => [name, { ...one }])) });
      while (atMs - notes[0].atMs > BEFORE_MS) notes.shift();
    },
    begin(id, component, isKnown) {
      watches.set(id, {
        component,
        atMs: clock.monotonic(),
        from: counts().get(component) ?? null,
        before: isKnown ? before(component) : null,
      });
    },
    judge(id, paused) {
      const watch = watches.get(id);
      if (watch === undefined) return null;
      const ms = clock.monotonic() - watch.atMs;
      const now = counts().get(watch.component) ?? null;
      const after = ratesOf(watch.from ?? ZERO, now ?? watch.from ?? ZERO, ms)!;
      return judgeHealth({ before: watch.before, after, paused, windowMs: windowMs() });
    },
    end: (id) => void watches.delete(id),
    ids: () => [...watches.keys()],
  };
}

const ZERO: Counts = { messages: 0, faults: 0, readings: 0 };
