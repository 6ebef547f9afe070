import { join, resolve } from "node:path";
import type { Config } from "../base/config.ts";
import { shellWord } from "../words/shell.ts";

/** What a command of Perch has to be told to work on the same plant from any folder. */
export type Place = Pick<Config, "dataDir" | "database">;

/**
 * A command as a shell takes it: with the data directory and the database where they are not the default ones.
 * `words` are quoted where it is needed.
 */
export function typed({ dataDir, database: { url } }: Place, ...words: readonly string[]): string {
  const variables: string[] = [];
  if (dataDir !== resolve("data")) variables.push(`PERCH_DATA=${shellWord(dataDir)}`);
  if (url !== `file:${join(dataDir, "perch.db")}`) variables.push(`DATABASE_URL=${shellWord(url)}`);
  return [...variables, "perch", ...words.map(shellWord)].join(" ");
}

/** ` as user perch`, whom the data directory belongs to: what root writes there Perch could not read. */
export function asOwner({ dataDir }: Pick<Place, "dataDir">): string {
  const uid = ownerOf(dataDir);
  return uid === null || uid === 0 ? "" : ` as user ${nameOf(uid)}`;
}

/** Number of the user whom it belongs to; null where that is not known. */
export function ownerOf(path: string): number | null {
  try {
    return Deno.statSync(path).uid;
  } catch {
    return null;
  }
}

/** As the host calls a user; the number where it has no name for it. */
export function nameOf(uid: number): string {
  try {
    const line = new RegExp(`^([^:\\n]+):[^:\\n]*:${uid}:`, "m");
    return line.exec(Deno.readTextFileSync("/etc/passwd"))?.[1] ?? String(uid);
  } catch {
    return String(uid);
  }
}
