import { messageOf } from "../base/errors.ts";

/** What a file of a key holds. `damaged`: something else than a key; `unreadable`: it cannot be known. */
export type KeyFile =
  | { state: "missing" }
  | { state: "good"; key: string }
  | { state: "damaged" | "unreadable"; reason: string };

/** 32 random bytes as base64url. */
const KEY = /^[A-Za-z0-9_-]{43,}=?$/;
const MOST_BYTES = 4096;

/** Reads a key without judging what to do about it. Changes nothing. */
export function readKeyFile(path: string): KeyFile {
  let text: string;
  try {
    const info = Deno.statSync(path);
    if (!info.isFile) {
      const reason = `${path} is ${info.isDirectory ? "a directory" : "no plain file"}`;
      return { state: "damaged", reason };
    }
    if (info.size > MOST_BYTES) {
      return { state: "damaged", reason: `${path} has ${info.size} bytes, too many for a key` };
    }
    text = Deno.readTextFileSync(path).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { state: "missing" };
    return { state: "unreadable", reason: `${path} cannot be read (${messageOf(error)})` };
  }
  if (KEY.test(text)) return { state: "good", key: text };
  const what = text === "" ? "is empty" : "holds no key of Perch (43 characters of base64url)";
  return { state: "damaged", reason: `${path} ${what}` };
}
