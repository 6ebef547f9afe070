/**
 * DESIGN. Of two changes of one thing, made in the same moment, one wins, in every room by the same means.
 * Each change is a row of the audit log; the table `changed` holds the newest row of each thing. Whoever asks
 * for a change brings along what they had seen: the newest row when their request arrived, or an earlier one,
 * of when they read what they change. Their transaction begins by comparing, so it fails as a whole when the
 * thing was changed after that, and the row of the log says who was faster and when.
 */
import { PerchError } from "../base/errors.ts";
import type { Beside } from "../db/client.ts";
import { isOvertaken } from "../db/sql_errors.ts";
import type { AuditRow, Seen } from "./audit_row.ts";
import type { AuditStore } from "./audit_store.ts";
import { fasterText } from "./faster.ts";

/** What a request knows that arrives now; `newest` is the end of the log. */
export function createSeen(newest: () => number): Seen {
  let number = newest();
  return {
    get number() {
      return number;
    },
    own: new Map(),
    asked: new Set(),
    since(earlier) {
      number = Math.min(earlier, number);
    },
    renew() {
      number = newest();
    },
  };
}

/** What a change depends on, by key. */
export interface Touched {
  /** What it changes: it must stand as it was seen. */
  touches: readonly string[];
  /** What else must stand as it was seen. */
  heeds: readonly string[];
  /** What grows by it: compared by those who heed it, not by those who add to it too. */
  adds: readonly string[];
}

export interface Changes {
  /** Reads how far the log is. Before it nothing counts as seen. */
  load(): Promise<void>;
  see(): Seen;
  /**
   * What goes with the audit row of a change into its transaction. Without `seen` (Perch itself) nothing is
   * compared.
   */
  beside(seen: Seen | undefined, of: Touched): Beside;
  /**
   * An error as the caller receives it: `conflict` with who was faster, when somebody changed what it is about
   * after it was seen; else as it is.
   */
  explained(error: unknown, seen: Seen): Promise<unknown>;
}

export interface ChangesDeps {
  store: Pick<AuditStore, "newestChange" | "changedSince" | "touch" | "unchanged">;
  now: () => number;
  /** A time as people read it, `2026-01-05 12:00:00`. */
  timeText: (ms: number) => string;
}

export function createChanges({ store, now, timeText }: ChangesDeps): Changes {
  let newest = 0;

  function bases(seen: Seen, keys: Iterable<string>): Record<string, number> {
    return Object.fromEntries(
      [...keys].map((key) => [key, Math.max(seen.number, seen.own.get(key) ?? 0)]),
    );
  }

  return {
    async load() {
      newest = await store.newestChange();
    },
    see: () => createSeen(() => newest),
    beside(seen, { touches, heeds, adds }) {
      const keys = [...touches, ...heeds];
      for (const key of keys) seen?.asked.add(key);
      return {
        first: seen && store.unchanged(bases(seen, keys)),
        next: store.touch([...touches, ...adds]),
        committed({ rows }) {
          const id = Number(rows[0][0]);
          newest = Math.max(newest, id);
          for (const key of touches) seen?.own.set(key, id);
        },
      };
    },
    async explained(error, seen) {
      if (!(error instanceof PerchError)) return error;
      const keys = [...error.about, ...(isOvertaken(error) ? seen.asked : [])];
      seen.asked.clear();
      if (keys.length === 0) return error;
      const row = await store.changedSince(bases(seen, keys));
      if (row !== null) return fasterError(row, error);
      return isOvertaken(error)
        ? new PerchError("conflict", "somebody else changed it first; reload it", { cause: error })
        : error;
    },
  };

  function fasterError(row: AuditRow, cause: PerchError): PerchError {
    return new PerchError("conflict", fasterText(row, now(), timeText), {
      cause,
      faster: { by: row.actor.name, atMs: row.ts },
    });
  }
}
