import { valueOf, wholeNumber, words } from "./number.ts";

/** Linux counts a process's time in these on every host (`USER_HZ`). */
const TICKS_PER_S = 100;

/** Reads `/proc/self/stat`: seconds of a core since the start, and threads. */
export function parseProcessStat(text: string): { cpuS: number; threads: number } | null {
  // The name stands in parentheses and may hold blanks and parentheses; the third column follows it.
  const columns = words(text.slice(text.lastIndexOf(")") + 1));
  const [user, system, threads] = [columns[11], columns[12], columns[17]].map(wholeNumber);
  // Emulators write zeros where they do not know.
  if (user === null || system === null || threads === null || threads < 1) return null;
  return { cpuS: (user + system) / TICKS_PER_S, threads };
}

/** Reads `/proc/self/status`, in bytes. */
export function parseProcessStatus(
  text: string,
): { residentBytes: number; anonymousBytes: number | null } | null {
  const bytes = (name: string) => {
    const kilobytes = wholeNumber(/^(\d+) kB$/.exec(valueOf(text, name) ?? "")?.[1]);
    return kilobytes === null ? null : kilobytes * 1024;
  };
  const residentBytes = bytes("VmRSS");
  return residentBytes === null ? null : { residentBytes, anonymousBytes: bytes("RssAnon") };
}

/** Bytes that this process gave to the disk, out of `/proc/self/io`. */
export function parseWrittenBytes(text: string): number | null {
  return wholeNumber(valueOf(text, "write_bytes"));
}

/** How many files may be open, out of `/proc/self/limits`; null also when there is no limit. */
export function parseOpenFilesMost(text: string): number | null {
  return wholeNumber(/^Max open files\s+(\d+)\s/m.exec(text)?.[1]);
}
