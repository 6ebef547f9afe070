/** What is done next, what becomes of interrupted work, and which files leave. Pure. */
import { bytes as bytesWords } from "../words/numbers.ts";
import type { JobKind } from "./job.ts";
import type { KeptJob, Remembered } from "./jobs_store.ts";

/** Of each kind one at a time, and so many altogether. */
const MOST_RUNNING = 2;
/** So often Perch may end at the same place of a job, and so often altogether. */
const MOST_INTERRUPTED = 2;
const MOST_ENDED = 5;

/** Which of the waiting jobs begin now, oldest first. */
export function toStart<T extends { kind: JobKind }>(
  waiting: readonly T[],
  running: readonly { kind: JobKind }[],
): T[] {
  const kinds = new Set(running.map(({ kind }) => kind));
  const chosen: T[] = [];
  for (const job of waiting) {
    if (running.length + chosen.length >= MOST_RUNNING) break;
    if (kinds.has(job.kind)) continue;
    kinds.add(job.kind);
    chosen.push(job);
  }
  return chosen;
}

/** What is remembered of a job that ran when Perch ended: one that had come further since is no worse than before. */
export function afterEnd(
  { interrupted, ended, reached }: Remembered,
  share: number | null,
): Remembered {
  const now = share ?? 0;
  const isFurther = interrupted > 0 && now > reached;
  return { interrupted: isFurther ? 1 : interrupted + 1, ended: ended + 1, reached: now };
}

/** It probably ends Perch itself. */
export function endsPerch({ interrupted, ended }: Remembered): boolean {
  return interrupted >= MOST_INTERRUPTED || ended >= MOST_ENDED;
}

export interface FileLimits {
  keepMs: number;
  /** Of each kind. */
  mostFiles: number;
  /** Of all together. */
  mostBytes: number;
}

/** Whose files leave; `jobs` are those with a file, newest first, `nowMs` is now for what is deleted by age. */
export function toDrop(
  jobs: readonly Pick<KeptJob, "id" | "kind" | "file" | "finishedMs">[],
  { keepMs, mostFiles, mostBytes }: FileLimits,
  nowMs: number,
): string[] {
  const kept = new Map<JobKind, number>();
  let total = 0;
  return jobs.filter(({ kind, file, finishedMs }) => {
    const nth = (kept.get(kind) ?? 0) + 1;
    const bytes = file?.bytes ?? 0;
    const isOld = nowMs - (finishedMs ?? nowMs) > keepMs;
    // The newest of all stays, however large it is.
    const isTooMuch = total > 0 && total + bytes > mostBytes;
    if (isOld || nth > mostFiles || isTooMuch) return true;
    kept.set(kind, nth);
    total += bytes;
    return false;
  }).map(({ id }) => id);
}

export interface JobRoom {
  freeBytes: number;
  /** What of it stays free whatever happens. */
  spareBytes: number;
}

/** Work begins with this much more than what stays free. */
const LEAST_BYTES = 32_000_000;

/** Why there is no room to begin with; null: there is. */
export function lackOfRoom({ freeBytes, spareBytes }: JobRoom): string | null {
  if (freeBytes - spareBytes >= LEAST_BYTES) return null;
  return `The disk has ${bytesWords(freeBytes)} free, and ${
    bytesWords(spareBytes + LEAST_BYTES)
  } are needed before anything is begun: remove something there, or older files.`;
}

/** Why what is under way cannot go on; null: it can. */
export function outOfRoom({ freeBytes, spareBytes }: JobRoom): string | null {
  if (freeBytes >= spareBytes) return null;
  return `The disk filled up: ${bytesWords(freeBytes)} are free, and ${
    bytesWords(spareBytes)
  } stay free for readings. Remove something there, then order it again.`;
}
