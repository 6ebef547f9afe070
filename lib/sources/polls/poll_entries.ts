/** Polls in memory, their secrets opened. */
import { PerchError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { hideSecrets } from "../../base/options.ts";
import type { Sealer } from "../../base/sealed.ts";
import type { PollKind } from "./kinds/kind.ts";
import type { Poll } from "./poll.ts";
import { openRow, storedSettings } from "./poll_options.ts";
import type { PollRow } from "./poll_store.ts";

export interface Entry {
  row: PollRow;
  /** Null: this Perch does not know it. */
  kind: PollKind | null;
  /** Null when it cannot be used: `fault` says why. */
  poll: Poll | null;
  /** Options as they may be shown. */
  shown: Record<string, unknown>;
  fault: string | null;
}

export interface Entries {
  /** By name. */
  all(): Entry[];
  get(id: string): Entry | null;
  /** @throws `not_found` */
  need(id: string): Entry;
  put(entry: Entry): void;
  drop(id: string): void;
}

export function createEntries(): Entries {
  const entries = new Map<string, Entry>();
  return {
    all: () => [...entries.values()].sort((a, b) => a.row.name < b.row.name ? -1 : 1),
    get: (id) => entries.get(id) ?? null,
    need(id) {
      const entry = entries.get(id);
      if (entry) return entry;
      const message = `there is no probe "${id.slice(0, 80)}"`;
      throw new PerchError("not_found", message, { about: [pollKey(id)] });
    },
    put: (entry) => void entries.set(entry.row.id, entry),
    drop: (id) => void entries.delete(id),
  };
}

/** As what a poll stands in the event log and the audit log. */
export const pollKey = (id: string) => `poll:${id}`;

/** A stored row as it is used: options opened, settings of this version. */
export async function openEntry(
  row: PollRow,
  kind: PollKind | null,
  { sealer, log }: { sealer: Sealer; log: Log },
): Promise<Entry> {
  if (kind === null) {
    const fault = `This Perch knows no probe of the kind ${row.kind}.`;
    return { row, kind, poll: null, shown: {}, fault };
  }
  try {
    return entryOf(row, kind, await openRow(row, sealer));
  } catch (error) {
    log.warn(`the probe ${row.name} cannot be used`, { error });
    const fault = error instanceof PerchError ? error.message : "Its secrets cannot be read.";
    return { row, kind, poll: null, shown: hideSecrets(kind.options, row.options), fault };
  }
}

/** A row with its options, secrets included. */
export function entryOf(row: PollRow, kind: PollKind, options: Record<string, unknown>): Entry {
  const { id, name, machine, allowed, enabled } = row;
  const settings = storedSettings(row.settings);
  const poll: Poll = { id, name, kind: row.kind, options, settings, machine, allowed, enabled };
  return { row, kind, poll, shown: hideSecrets(kind.options, options), fault: null };
}
