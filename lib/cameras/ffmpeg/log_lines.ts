import type { Clock } from "../../base/clock.ts";
import { type Log, oneLine } from "../../base/log.ts";

/** What ffmpeg complains about. */
export interface LogLines {
  /** Gives it without secrets. */
  take(line: string): string;
}

const AGAIN_MS = 60_000;
const TEXTS_MOST = 50;
const CHARS_MOST = 300;

/** One line of log a minute for each text; what comes meanwhile is counted. */
export function createLogLines(
  { log, clock, secrets = [] }: { log: Log; clock: Clock; secrets?: readonly string[] },
): LogLines {
  const seen = new Map<string, { saidMs: number; unsaid: number }>();
  return {
    take(line) {
      const text = masked(line, secrets).slice(0, CHARS_MOST);
      const nowMs = clock.monotonic();
      const key = keyOf(text, seen);
      const entry = seen.get(key);
      if (entry !== undefined && nowMs - entry.saidMs < AGAIN_MS) {
        entry.unsaid++;
        return text;
      }
      const repeated = entry?.unsaid ?? 0;
      seen.set(key, { saidMs: nowMs, unsaid: 0 });
      log.warn(text, repeated === 0 ? {} : { repeated });
      return text;
    },
  };
}

/** Texts that differ in numbers alone are one; beyond so many, all others are one. */
function keyOf(text: string, seen: ReadonlyMap<string, unknown>): string {
  const key = text.replace(/0x[0-9a-f]+/g, "#").replace(/\d+/g, "#");
  return seen.has(key) || seen.size < TEXTS_MOST ? key : "";
}

/** A line for people: one line, no addresses in memory, no user names and passwords of addresses, no secrets. */
export function masked(line: string, secrets: readonly string[]): string {
  let text = oneLine(line.trim().replace(/ @ 0x[0-9a-f]+/g, ""))
    .replace(/(\w+:\/\/)[^\s/@]*@/g, "$1***@")
    .replace(/(\w+:\/\/[^\s?]*\?)\S*/g, "$1***");
  for (const secret of secrets) if (secret !== "") text = text.replaceAll(secret, "***");
  return text;
}
