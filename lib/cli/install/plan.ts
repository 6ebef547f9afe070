import type { HostFile } from "./host_files.ts";

/** SHA-256 of what was written, by path. */
export type Written = Readonly<Record<string, string>>;

/** What becomes of a file. */
export type Fate =
  /** It is not there. */
  | "write"
  | "same"
  /** It is as Perch wrote it before. */
  | "update"
  /** Somebody changed it: a copy stays beside it. */
  | "replace"
  /** The owner's own. */
  | "keep"
  /** This user may not read what is there. */
  | "unseen";

/** What an uninstall does with a file. */
export type End = "gone" | "remove" | "keep" | "rename" | "unseen";

/** Pure: what becomes of `file`, where `there` is the hash of what stands in its place (null: nothing). */
export function fateOf(
  file: HostFile,
  hash: string,
  there: string | null,
  written: Written,
): Fate {
  if (there === null) return "write";
  if (there === hash) return "same";
  if (there === written[file.path]) return "update";
  return file.mine ? "keep" : "replace";
}

/** Pure: what an uninstall does with a file. */
export function endOf(
  { mine }: { mine: boolean },
  there: string | null,
  written: string,
): End {
  if (there === null) return "gone";
  if (there === written) return "remove";
  return mine ? "keep" : "rename";
}
