/**
 * Files that an import may read: uploaded ones, and what somebody put into the folder `import` of the data directory,
 * for files that are too large to be uploaded. They are read, never written, run or served.
 */
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { onDisk } from "../../base/disk.ts";
import { PerchError } from "../../base/errors.ts";
import { namesIn } from "../../base/folders.ts";
import { type FoundUpload, isUploadId } from "../../uploads/folder.ts";
import { createUploads, type Uploads, type UploadsDeps } from "../../uploads/uploads.ts";
import { readSiteHead, type SiteHead, siteHeadShape } from "../site_head.ts";
import { headOf } from "./bytes_source.ts";

/** What is known of a whole upload: the site that it says it is from. */
const contentShape = z.object({ site: siteHeadShape.nullable() });
export type ImportUpload = FoundUpload<z.output<typeof contentShape>>;
export type ImportUploads = Uploads<z.output<typeof contentShape>>;

/** One in the folder `import`. */
export interface FolderFile {
  /** How it is named in an order: `import/states.csv`. */
  ref: string;
  name: string;
  bytes: number;
  changedMs: number;
}

/** A file that can be read now. */
export interface ReadableFile {
  path: string;
  /** As the person knows it. */
  name: string;
  bytes: number;
}

export interface ImportFiles {
  uploads: ImportUploads;
  /** Folder for files of this host. */
  folder: string;
  /** At most 200, by name. */
  inFolder(): Promise<FolderFile[]>;
  /** By the id of an upload, or `import/NAME`. @throws PerchError `not_found`, `validation` */
  find(ref: string): Promise<ReadableFile>;
  /** Id of the upload that lies at a path; null: none does. */
  uploadAt(path: string): string | null;
  /** The site that a file says it is from; null: it says nothing. @throws PerchError `validation`, `storage_failed` */
  siteOf(file: ReadableFile): Promise<SiteHead | null>;
}

export const IMPORT_FOLDER = "import";
const UPLOADED = "uploaded";
const LISTED_MOST = 200;
const FIRST_LINE_BYTES = 4_096;

export function createImportFiles(
  { dataDir, ...deps }:
    & { dataDir: string }
    & Pick<
      UploadsDeps<unknown>,
      "nowMs" | "deletionMs" | "room" | "inUse"
    >,
): ImportFiles {
  const folder = join(dataDir, IMPORT_FOLDER);
  const uploads = createUploads({
    ...deps,
    // Beside what people put there, and not among the files of the plant: those are backed up.
    folder: join(folder, UPLOADED),
    called: "file",
    content: contentShape,
    look: async (path) => ({ site: await siteIn(path, path) }),
  });
  return {
    uploads,
    folder,
    async inFolder() {
      const found: FolderFile[] = [];
      for (const name of await onDisk(`read ${folder}`, () => namesIn(folder))) {
        if (name.startsWith(".") || found.length >= LISTED_MOST) continue;
        const { isFile, size, mtime } = await Deno.stat(join(folder, name)).catch(() => NOTHING);
        if (!isFile) continue;
        const ref = `${IMPORT_FOLDER}/${name}`;
        found.push({ ref, name, bytes: size, changedMs: mtime?.getTime() ?? 0 });
      }
      return found;
    },
    async find(ref) {
      if (!ref.startsWith(`${IMPORT_FOLDER}/`)) {
        const { path } = await uploads.whole(ref);
        const { record: { name }, received } = await uploads.find(ref);
        return { path, name, bytes: received };
      }
      const name = ref.slice(IMPORT_FOLDER.length + 1);
      // One name, no way out of the folder.
      if (name === "" || name !== basename(name) || name.startsWith(".") || name.includes("\0")) {
        throw notThere(ref);
      }
      return await readableFile(join(folder, name)).catch(() => {
        throw notThere(ref);
      });
    },
    uploadAt(path) {
      const id = basename(path);
      return dirname(path) === join(folder, UPLOADED) && isUploadId(id) ? id : null;
    },
    siteOf: ({ path, name }) => siteIn(path, name),
  };
}

const NOTHING = { isFile: false, size: 0, mtime: null };

/** A file of this host, by its path. @throws PerchError `not_found`, `validation` for what is no file */
export async function readableFile(path: string): Promise<ReadableFile> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (isFile) return { path, name: basename(path), bytes: size };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw unreadable(path, error);
    throw new PerchError("not_found", `there is no file ${path}`);
  }
  throw unreadable(path, null);
}

function unreadable(path: string, cause: unknown): PerchError {
  const message = cause === null ? "is no file" : "cannot be read";
  return new PerchError("validation", `${path} ${message}`, {
    errors: [{ path: "file", message }],
    cause,
  });
}

function notThere(ref: string): PerchError {
  const message = `there is no file "${ref.slice(0, 120)}" to import`;
  return new PerchError("not_found", message, { errors: [{ path: "file", message }] });
}

async function siteIn(path: string, name: string): Promise<SiteHead | null> {
  const { size: bytes } = await Deno.stat(path);
  const head = await onDisk(
    `read ${name}`,
    () => headOf({ path, name, bytes }, FIRST_LINE_BYTES),
  );
  const [line] = new TextDecoder().decode(head).split("\n", 1);
  return readSiteHead(line);
}
