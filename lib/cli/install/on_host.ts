import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { z } from "zod";
import { removeDurably, syncFolder, writeDurably } from "../../base/durable_file.ts";
import { messageOf, PerchError } from "../../base/errors.ts";
import { hashFile } from "../../base/file_bytes.ts";
import type { HostFile } from "./host_files.ts";
import type { Fate, Written } from "./plan.ts";

/** Lists what was written, so that a later install knows what somebody changed, and an uninstall what to take back. */
export const MANIFEST = "/etc/perch/installed.json";
export const OLD = ".perch-old";
const FOLDER_MODE = 0o755;

const manifestShape = z.strictObject({
  files: z.record(z.string(), z.string()).describe("SHA-256 of each file as it was written"),
});

/** The files of a host below `root` (`/`; a folder in tests). */
export interface OnHost {
  /** What was written before. @throws PerchError `validation` when the list is damaged */
  written(): Promise<Written>;
  /** Null: there is none. @throws PerchError `unavailable` */
  hash(path: string): Promise<string | null>;
  /** What `judge` says of the hash of what is there; `unseen` where this user may not read it. */
  judged<T>(path: string, judge: (there: string | null) => T, unseen: T): Promise<T>;
  isThere(path: string): Promise<boolean>;
  /** Writes it whole or not at all; one that somebody changed is kept beside it. */
  put(file: HostFile, fate: Fate): Promise<void>;
  /** Copies a program there; what was there is kept under `<path>.before`. */
  putProgram(path: string, from: string): Promise<void>;
  remember(written: Written): Promise<void>;
  remove(path: string): Promise<void>;
  /** Out of the way, with its contents. */
  setAside(path: string): Promise<void>;
  /** A folder with all that is in it. */
  empty(folder: string): Promise<void>;
  /** Folders that are empty go. */
  tidy(folders: readonly string[]): Promise<void>;
}

export const hashOfText = (text: string) => createHash("sha256").update(text).digest("hex");

export function createOnHost(root: string): OnHost {
  const at = (path: string) => join(root, path);

  async function hash(path: string): Promise<string | null> {
    try {
      return (await hashFile(at(path))).sha256;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw unusable(at(path), error);
    }
  }

  async function write(path: string, mode: number, text: string): Promise<void> {
    try {
      await makeReadable(dirname(at(path)));
      await writeDurably(at(path), new TextEncoder().encode(text));
      // Not to whoever owns the folder: polkit's belongs to polkit.
      if (Deno.uid() === 0) await Deno.chown(at(path), 0, 0);
      await Deno.chmod(at(path), mode);
    } catch (error) {
      throw unusable(at(path), error);
    }
  }

  return {
    hash,
    async written() {
      let text: string;
      try {
        text = await Deno.readTextFile(at(MANIFEST));
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return {};
        throw unusable(at(MANIFEST), error);
      }
      const parsed = manifestShape.safeParse(orNull(text));
      if (parsed.success) return parsed.data.files;
      throw new PerchError(
        "validation",
        `${at(MANIFEST)} does not list what was installed; remove it, and run perch install again.`,
      );
    },
    async judged(path, judge, unseen) {
      let there: string | null;
      try {
        there = await hash(path);
      } catch (error) {
        const { cause } = error as Error;
        if (cause instanceof Deno.errors.PermissionDenied) return unseen;
        throw error;
      }
      return judge(there);
    },
    isThere: (path) => Deno.lstat(at(path)).then(() => true, () => false),
    async put(file, fate) {
      if (fate === "same" || fate === "keep") return;
      if (fate === "replace") await Deno.rename(at(file.path), at(file.path) + OLD);
      await write(file.path, file.mode, file.text);
    },
    async putProgram(path, from) {
      const target = at(path);
      const fresh = join(dirname(target), `.${crypto.randomUUID()}.tmp`);
      try {
        await makeReadable(dirname(target));
        await Deno.copyFile(from, fresh);
        await Deno.chmod(fresh, 0o755);
        using file = await Deno.open(fresh, { read: true });
        await file.sync();
        await Deno.rename(target, `${target}.before`).catch(ifThere);
        await Deno.rename(fresh, target);
        await syncFolder(dirname(target));
      } catch (error) {
        await Deno.remove(fresh).catch(() => {});
        throw unusable(target, error);
      }
    },
    remember: (files) => write(MANIFEST, 0o644, JSON.stringify({ files }, null, 2) + "\n"),
    remove: (path) => removeDurably(at(path)),
    setAside: (path) => Deno.rename(at(path), at(path) + OLD),
    empty: (folder) => Deno.remove(at(folder), { recursive: true }).catch(ifThere),
    async tidy(folders) {
      for (const folder of folders) await Deno.remove(at(folder)).catch(() => {});
    },
  };
}

/** Everybody may look into what is made: the service runs as a user of its own. */
async function makeReadable(folder: string): Promise<void> {
  try {
    if ((await Deno.stat(folder)).isDirectory) return;
  } catch (error) {
    ifThere(error);
    await makeReadable(dirname(folder));
  }
  await Deno.mkdir(folder);
  await Deno.chmod(folder, FOLDER_MODE);
  await syncFolder(dirname(folder));
}

function ifThere(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

function orNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unusable(path: string, error: unknown): PerchError {
  return new PerchError(
    "unavailable",
    `${path} cannot be written or read (${
      messageOf(error)
    }); see to it, and run the command again.`,
    { cause: error },
  );
}
