import { PerchError } from "../base/errors.ts";
import {
  DATABASE_NAME,
  FOLDERS,
  FORMAT,
  KEY_FILES,
  type Manifest,
  manifestShape,
} from "./manifest.ts";

/** The largest manifest: about 60 000 files. */
export const MOST_MANIFEST_BYTES = 8 * 1024 * 1024;
/** What file systems take. */
const MOST_NAME_BYTES = 255;
const MOST_PATH_BYTES = 1024;
// deno-lint-ignore no-control-regex
const CONTROL = /[\0-\x1f\x7f]/;
/** What `tar` may add to each file: its header, one for a long name, what fills up the last block. */
const TAR_BYTES_PER_FILE = 4096;
/** Longest end of an archive: `tar` fills it up with zeros to a multiple of this. */
const TAR_END_BYTES = 10240;

/** What is wrong with the name of an entry, as the end of a sentence; null when it may be unpacked. */
export function nameFault(path: string): string | null {
  if (path === "") return "has no name";
  if (CONTROL.test(path)) return "has a control character in its name";
  if (path.includes("\\")) return "has a backslash in its name";
  if (path.startsWith("/")) return "has an absolute name";
  const parts = path.split("/");
  if (parts.includes("..")) return "leads out of its folder (..)";
  if (parts.some((part) => part === "" || part === ".")) return "has an empty part in its name";
  const encoder = new TextEncoder();
  if (
    encoder.encode(path).length > MOST_PATH_BYTES ||
    parts.some((part) => encoder.encode(part).length > MOST_NAME_BYTES)
  ) return "has a name that is too long";
  const isOfPlant = path === DATABASE_NAME || (KEY_FILES as readonly string[]).includes(path) ||
    FOLDERS.some((folder) => path.startsWith(`${folder}/`));
  return isOfPlant ? null : "does not belong to a plant";
}

/**
 * The manifest of an archive, read and judged before anything else of it is.
 * @throws PerchError `validation`, `conflict` when a newer Perch wrote the archive
 */
export function readManifest(bytes: Uint8Array, archive: string, encrypted: boolean): Manifest {
  const refuse = (reason: string) =>
    new PerchError("validation", `The backup ${archive} cannot be used: its manifest ${reason}.`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw refuse("is no JSON");
  }
  const format = (json as { format?: unknown } | null)?.format;
  if (typeof format === "number" && format > FORMAT) {
    const perch = String((json as { perch?: unknown }).perch);
    throw new PerchError(
      "conflict",
      `The backup ${archive} was written by Perch ${perch} in format ${format}, and this Perch reads ` +
        `${FORMAT}: use Perch ${perch} or a newer one.`,
    );
  }
  const parsed = manifestShape.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw refuse(`is not valid at ${path.join(".") || "its beginning"}: ${message}`);
  }
  const fault = manifestFault(parsed.data, encrypted);
  if (fault !== null) throw refuse(fault);
  return parsed.data;
}

/** What the manifest says that no archive may hold; null: nothing. */
function manifestFault({ files }: Manifest, encrypted: boolean): string | null {
  const paths = new Set<string>();
  let total = 0;
  for (const { path, bytes } of files) {
    const fault = nameFault(path);
    if (fault !== null) return `names ${show(path)}, which ${fault}`;
    if (paths.has(path)) return `names ${show(path)} twice`;
    if (!encrypted && (KEY_FILES as readonly string[]).includes(path)) {
      return `names ${path}: keys are in encrypted backups only`;
    }
    paths.add(path);
    total += bytes;
  }
  for (const path of paths) {
    for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) {
      const folder = path.slice(0, end);
      if (paths.has(folder)) return `names ${show(folder)} as a file and as a folder`;
    }
  }
  if (!paths.has(DATABASE_NAME)) return `does not name ${DATABASE_NAME}`;
  return Number.isSafeInteger(total) ? null : "names more bytes than there are";
}

/**
 * A manifest as it is written. @throws PerchError `storage_failed` when no archive could be read with it: before
 * anything is packed
 */
export function manifestText(manifest: Manifest): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  if (bytes.length <= MOST_MANIFEST_BYTES) return bytes;
  throw new PerchError(
    "storage_failed",
    `The plant has ${manifest.files.length} files, too many for one backup: their list has ${bytes.length} bytes, ` +
      `and ${MOST_MANIFEST_BYTES} are allowed. Remove attachments or photos that are not needed.`,
  );
}

/** What the files of a manifest have together, unpacked. */
export function unpackedBytes({ files }: Manifest): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The most bytes that an archive of these files has before it is compressed, manifest included. */
export function mostTarBytes(manifest: Manifest): number {
  return unpackedBytes(manifest) + (manifest.files.length + 1) * TAR_BYTES_PER_FILE +
    MOST_MANIFEST_BYTES + TAR_END_BYTES;
}

/** A name from outside, fit for a sentence. */
export function show(name: string): string {
  const text = JSON.stringify(name);
  return text.length <= 120 ? text : `${text.slice(0, 117)}…"`;
}
