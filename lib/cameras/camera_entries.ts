/** Cameras in memory, their secrets opened. */
import { PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { hideSecrets } from "../base/options.ts";
import type { Sealer } from "../base/sealed.ts";
import type { Camera } from "./camera.ts";
import { openRow, storedSettings } from "./camera_options.ts";
import type { CameraRow } from "./camera_store.ts";
import type { CameraKind } from "./kinds/kind.ts";

export interface Entry {
  row: CameraRow;
  /** Null: this Perch does not know it. */
  kind: CameraKind | null;
  /** Null when it cannot be used: `fault` says why. */
  camera: Camera | null;
  /** Options as they may be shown. Often asked for, so worked out once. */
  shown: Record<string, unknown>;
  fault: string | null;
}

export interface Entries {
  /** By name. */
  all(): Entry[];
  get(id: string): Entry | null;
  /** @throws `not_found` */
  need(id: string): Entry;
  /** By id or name. @throws `not_found` */
  named(idOrName: string): Entry;
  put(entry: Entry): void;
  drop(id: string): void;
}

export function createEntries(): Entries {
  const entries = new Map<string, Entry>();

  function need(id: string): Entry {
    const entry = entries.get(id);
    if (entry) return entry;
    throw new PerchError("not_found", `there is no camera "${id.slice(0, 80)}"`, {
      about: [`camera:${id}`],
    });
  }
  const withName = (name: string) => [...entries.values()].find(({ row }) => row.name === name);
  return {
    all: () => [...entries.values()].sort((a, b) => a.row.name < b.row.name ? -1 : 1),
    get: (id) => entries.get(id) ?? null,
    need,
    named: (idOrName) => entries.get(idOrName) ?? withName(idOrName) ?? need(idOrName),
    put: (entry) => void entries.set(entry.row.id, entry),
    drop: (id) => void entries.delete(id),
  };
}

/** A stored row as it is used: options opened, settings of this version. */
export async function openEntry(
  row: CameraRow,
  kind: CameraKind | null,
  { sealer, log }: { sealer: Sealer; log: Log },
): Promise<Entry> {
  if (kind === null) {
    const fault = `This Perch knows no camera of the kind ${row.kind}.`;
    return { row, kind, camera: null, shown: {}, fault };
  }
  try {
    return entryOf(row, kind, await openRow(row, sealer));
  } catch (error) {
    log.warn(`the camera ${row.name} cannot be used`, { error });
    const fault = error instanceof PerchError ? error.message : "Its secrets cannot be read.";
    return { row, kind, camera: null, shown: hideSecrets(kind.options, row.options), fault };
  }
}

/** A row with its options, secrets included. */
export function entryOf(
  row: CameraRow,
  kind: CameraKind,
  options: Record<string, unknown>,
): Entry {
  const { id, name, machineId, allowed, enabled } = row;
  const camera: Camera = {
    ...{ id, name, kind: row.kind, options, machineId, allowed, enabled },
    settings: storedSettings(row.settings),
  };
  return { row, kind, camera, shown: hideSecrets(kind.options, options), fault: null };
}
