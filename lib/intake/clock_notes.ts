import type { SqlStatement } from "../db/client.ts";
import { type ClockNote, putClockNote } from "./clock_notes_store.ts";
import type { ClockFault } from "./device_time.ts";

/** Keeps which clocks are wrong: bounded, and the same after a restart. */
export interface ClockNotes {
  add(
    fault: {
      machine: string;
      source: string;
      fault: ClockFault;
      tMs: number | undefined;
      written: string | undefined;
    },
    nowMs: number,
  ): void;
  /** Those of the last days, latest first. */
  list(nowMs: number): ClockNote[];
  /** Statements for what changed; they belong into the group's transaction. */
  takePending(): SqlStatement[];
}

/** Machines that are listed. */
const NOTES_MOST = 500;
/** A clock that was right for this long is forgotten. */
export const CLOCK_NOTE_MS = 3 * 86_400_000;
/** A note that only counts up is written this often. */
const WRITE_EVERY_MS = 3_600_000;

export function createClockNotes(stored: readonly ClockNote[] = []): ClockNotes {
  const notes = new Map<string, ClockNote>(stored.map((note) => [note.machine, note]));
  const writtenMs = new Map<string, number>();
  const changed = new Set<ClockNote>();

  function forgetOldest(): void {
    const [oldest] = [...notes.values()].sort((a, b) => a.lastMs - b.lastMs);
    notes.delete(oldest.machine);
    writtenMs.delete(oldest.machine);
    changed.delete(oldest);
  }

  return {
    add({ machine, source, fault, tMs, written }, nowMs) {
      let note = notes.get(machine);
      const first = note === undefined || nowMs - note.lastMs > CLOCK_NOTE_MS;
      if (note === undefined || first) {
        if (!notes.has(machine) && notes.size >= NOTES_MOST) forgetOldest();
        note = {
          machine,
          source,
          fault,
          written: "",
          aheadMs: 0,
          count: 0,
          firstMs: nowMs,
          lastMs: 0,
        };
        notes.set(machine, note);
      }
      note.source = source;
      note.fault = fault;
      note.written = written ?? timeText(tMs!);
      note.aheadMs = fault === "ahead" ? tMs! - nowMs : 0;
      note.count++;
      note.lastMs = nowMs;
      if (first || Math.abs(nowMs - (writtenMs.get(machine) ?? 0)) >= WRITE_EVERY_MS) {
        changed.add(note);
        writtenMs.set(machine, nowMs);
      }
    },
    list: (nowMs) =>
      [...notes.values()].filter((note) => nowMs - note.lastMs <= CLOCK_NOTE_MS)
        .sort((a, b) => b.lastMs - a.lastMs),
    takePending() {
      if (changed.size === 0) return [];
      const statements = [...changed].map(putClockNote);
      changed.clear();
      return statements;
    },
  };
}

function timeText(tMs: number): string {
  const date = new Date(tMs);
  return Number.isNaN(date.getTime()) ? String(tMs) : date.toISOString();
}
