/**
 * Archives that people bring from elsewhere for a restore (`lib/uploads`). Each lies apart from the backups and counts
 * as none; what is in it is checked when it is restored.
 */
import { join } from "node:path";
import { z } from "zod";
import * as files from "../uploads/uploads.ts";
import type { FoundUpload as Found } from "../uploads/folder.ts";
import { backupsFolder } from "./folder.ts";

export const archiveShape = z.object({
  encrypted: z.boolean(),
  /** What its manifest says; null: it is encrypted. */
  plant: z.object({ name: z.string(), createdMs: z.number() }).nullable(),
});
/** What is known of a whole one. */
export type Archive = z.output<typeof archiveShape>;
export type FoundUpload = Found<Archive>;
export type UploadsDeps = Pick<
  files.UploadsDeps<Archive>,
  "folder" | "nowMs" | "deletionMs" | "room"
>;

export interface Uploads extends files.Uploads<Archive> {
  /** A whole one. @throws PerchError `not_found` */
  archive(id: string): Promise<{ path: string; whole: Archive }>;
}

/** Where uploaded archives of a data directory lie. */
export const uploadsFolder = (dataDir: string) => join(backupsFolder(dataDir), "uploaded");

/** Uploads into a folder. */
export function createUploads(deps: UploadsDeps): Uploads {
  const uploads = files.createUploads({
    ...deps,
    called: "archive",
    content: archiveShape,
    look: lookAt,
  });
  return { ...uploads, archive: uploads.whole };
}

/** How an archive begins. @throws PerchError `validation`, `conflict` (a newer Perch wrote it) */
async function lookAt(path: string): Promise<Archive> {
  // What reads archives (tar, age) takes some megabytes of memory: only once one came.
  const { archiveKind } = await import("./open_archive.ts");
  const { manifestIn } = await import("./read_archive.ts");
  if (await archiveKind(path) === "encrypted") return { encrypted: true, plant: null };
  const { site, created_ms } = await manifestIn(path, null);
  return { encrypted: false, plant: { name: site.name, createdMs: created_ms } };
}
