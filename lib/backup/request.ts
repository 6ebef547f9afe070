import type { OnStep } from "./moves.ts";
import type { Manifest } from "./manifest.ts";
import type { Query } from "./restore_store.ts";
import type { Progress, UnpackRequest } from "./types.ts";

/** What is to be restored, and where. */
export interface RestoreRequest {
  /** The archive. */
  file: string;
  dataDir: string;
  /** Path of the live database's file. */
  database: string;
  /** Private key (`AGE-SECRET-KEY-…`) of an encrypted archive. */
  identity: string | null;
  /** The name of the plant in the archive, as a person typed it: it may be another plant's then. */
  site: string | null;
  migrationsFolder: string;
  nowMs: number;
  /** Who asks, for the audit log of the restored database. */
  by: string;
  /** Asks the live database of a Perch that runs; only a plan can be made then. Null: none runs. */
  live: Query | null;
}

export type OnProgress = (progress: Progress) => void;

/** What a restore works with. */
export interface RestoreDeps {
  /** Of the backup worker. */
  unpack(request: UnpackRequest, onProgress: OnProgress): Promise<Manifest>;
  /** For tests. */
  onStep?: OnStep;
}
