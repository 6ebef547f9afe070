import { z } from "zod";

/** The first entry of every archive. */
export const MANIFEST_NAME = "manifest.json";
/** The database in the archive. */
export const DATABASE_NAME = "perch.db";
/** Of the archive's layout; a newer one is refused with the version that is needed. */
export const FORMAT = 1;

/**
 * Folders of the data directory that belong to the plant, with everything in them. Logs, the dead letters and
 * the backups themselves do not.
 */
export const FOLDERS = [
  "files/attachments",
  "files/photos",
  "codecs",
  "drivers",
  "detectors",
  "fault_detectors",
] as const;

/**
 * Secrets of their own: in encrypted archives only. Without them everybody signs in again, and the secrets of
 * channels have to be typed again.
 */
export const KEY_FILES = ["jwt.key", "channels.key"] as const;

/** Why a backup was made. */
export const REASONS = ["scheduled", "asked", "before-restore", "before-upgrade"] as const;
export type Reason = typeof REASONS[number];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What an archive holds, and what a restored database has to agree with. */
export const manifestShape = z.object({
  format: z.int().min(1),
  /** Of the Perch that wrote it. */
  perch: z.string(),
  /** Name of the last migration of the database: `0042_backups`. */
  schema: z.string(),
  created_ms: z.int(),
  /** Counts up with each backup of this plant: the order, whatever the clock did. */
  sequence: z.int().min(1),
  reason: z.enum(REASONS),
  /** Of the plant: the same in every backup of it, another one elsewhere. */
  site: z.object({ id: z.string(), name: z.string() }),
  /** Everything but the manifest, in the order of the archive. */
  files: z.array(z.object({ path: z.string(), bytes: z.int().min(0), sha256 })),
  /** Rows of each table. */
  counts: z.record(z.string(), z.int().min(0)),
  /** Settings of the environment that the host had, without secrets: what a new host has to be given. */
  environment: z.record(z.string(), z.string()),
});

export type Manifest = z.output<typeof manifestShape>;
