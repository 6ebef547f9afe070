/** The folders of scripts in the data directory: what lies in them and how it is read. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { PerchError } from "../base/errors.ts";
import { LIMITS } from "./limits.ts";
import type { ScriptKind, ScriptRef } from "./script.ts";

export const FOLDER_OF: Readonly<Record<ScriptKind, string>> = {
  codec: "codecs",
  detector: "detectors",
  fault_detector: "fault_detectors",
  driver: "drivers",
};

const NAME = /^[a-z0-9_-]{1,64}$/;
const FILE = /^(.+)\.js$/;

/** The name may be one of a script. */
export const isName = (name: string) => NAME.test(name);

/** @throws PerchError `validation` */
export function checkName(name: string): void {
  if (isName(name)) return;
  const message = "a-z, 0-9, _ and -, at most 64 of them";
  throw new PerchError("validation", `name: ${message}`, { errors: [{ path: "name", message }] });
}

/** Below the data directory. */
export const pathOf = ({ kind, name }: ScriptRef) => `${FOLDER_OF[kind]}/${name}.js`;

/** A file of the folder. `stamp`: the same as long as nobody writes it. */
export type Entry = { name: string; stamp: string } | { name: string; problem: string };

/** What lies in the folder of a kind, by name; an empty list where there is none. */
export async function entriesOf(dataDir: string, kind: ScriptKind): Promise<Entry[]> {
  const folder = join(dataDir, FOLDER_OF[kind]);
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (FILE.test(name) && !isDirectory && !name.startsWith(".")) names.push(name);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return [];
    }
    throw error;
  }
  const found: Entry[] = [];
  for (const file of names.sort()) found.push(await entryOf(folder, file));
  return found;
}

async function entryOf(folder: string, file: string): Promise<Entry> {
  const name = FILE.exec(file)![1];
  if (!isName(name)) {
    return {
      name: name.slice(0, 100),
      problem: "its name may have a-z, 0-9, _ and -, and at most 64 of them",
    };
  }
  try {
    const { isFile, isSymlink, size, mtime, ctime, ino } = await Deno.lstat(join(folder, file));
    if (isSymlink) return { name, problem: "it is a link, and links are not followed" };
    if (!isFile) return { name, problem: "it is no file" };
    if (size > LIMITS.sourceBytes) return { name, problem: TOO_LARGE };
    return { name, stamp: `${ino} ${size} ${Number(mtime)} ${Number(ctime)}` };
  } catch (error) {
    return { name, problem: `it cannot be read (${(error as Error).name})` };
  }
}

const TOO_LARGE = `it is larger than ${LIMITS.sourceBytes / 1000} kB`;

/** Reads a script, never through a link. Its text, or why it is none. */
export async function readSource(
  dataDir: string,
  ref: ScriptRef,
): Promise<{ source: string } | { problem: string }> {
  let bytes: Uint8Array;
  try {
    const file = await open(join(dataDir, pathOf(ref)), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size } = await file.stat();
      if (size > LIMITS.sourceBytes) return { problem: TOO_LARGE };
      bytes = new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as { code?: string };
    return { problem: code === "ENOENT" ? "it is gone" : `it cannot be read (${code})` };
  }
  return textOf(bytes);
}

/** As the text of a script; a byte-order mark is dropped. */
export function textOf(bytes: Uint8Array): { source: string } | { problem: string } {
  if (bytes.length > LIMITS.sourceBytes) return { problem: TOO_LARGE };
  try {
    return { source: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { problem: "it is not UTF-8 text" };
  }
}

/** Of a source, as approvals name it. */
export function hashOf(source: string): string {
  return createHash("sha256").update(source).digest("hex");
}
