import { createTroubles, type Troubles } from "../live/troubles.ts";

/**
 * What can be wrong with the storage, the most important first. The component `storage`, readiness, the rule
 * `storage` of the alarms about Perch and the banner of the pages say the worst of them. **To add one**: a
 * name here, and `say` where it is noticed.
 */
export const STORAGE_TROUBLES = [
  /** The database worker ended. */
  "worker",
  /** The database's file was removed or replaced, or another Perch holds it. */
  "identity",
  /** What is stored is not what was written. */
  "damage",
  /** The disk is full, or nearly. */
  "space",
  /** A write failed for another reason: read-only, I/O error, no answer. */
  "write",
  /** The write-ahead log cannot be brought into the database. */
  "checkpoint",
  /** The database is larger than it should be, and nothing more can be freed. */
  "size",
] as const;

export type StorageTroubles = Troubles<typeof STORAGE_TROUBLES[number]>;

export const createStorageTroubles = (): StorageTroubles => createTroubles(STORAGE_TROUBLES);
