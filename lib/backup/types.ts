import type { Manifest, Reason } from "./manifest.ts";

/** How far a backup, a check or a restore is. */
export interface Progress {
  stage: "copying" | "packing" | "checking" | "unpacking" | "replacing";
  /** 0 to 1 of the whole. */
  share: number;
}

/** What is asked of `makeBackup`, which runs in a worker of its own. */
export interface MakeRequest {
  /** Path of the live database. */
  database: string;
  dataDir: string;
  /** Of the finished archive; it does not exist yet. */
  target: string;
  sequence: number;
  reason: Reason;
  nowMs: number;
  site: Manifest["site"];
  perch: string;
  environment: Record<string, string>;
  /** Public key (`age1…`): the archive is encrypted for whoever has the private one. Null: it is not. */
  recipient: string | null;
  /** Of the live database's log: a copy that keeps it above that, and an eighth of the database, is given up. */
  walMostBytes: number;
}

/** A backup that was made and checked by restoring it into a scratch folder. */
export interface MadeBackup {
  manifest: Manifest;
  bytes: number;
  /** Of the archive as it lies there. */
  sha256: string;
  verifiedMs: number;
}

/** What is asked of `unpackBackup`: everything is checked, nothing outside `target` is touched. */
export interface UnpackRequest {
  file: string;
  /** Private key (`AGE-SECRET-KEY-…`) of an encrypted archive. */
  identity: string | null;
  /** Empty folder, or one to be made, on the file system of the data directory. */
  target: string;
  /** Names of the migrations that this Perch knows, in order. */
  migrationsFolder: string;
  /** More than this much unpacked is refused before it is written. */
  mostBytes: number;
}

/** What lies beside each archive as `<archive>.json`, once it was checked. An archive without one does not count. */
export interface Receipt extends MadeBackup {
  file: string;
  encrypted: boolean;
}
