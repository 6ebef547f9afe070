import { join } from "node:path";
import { setImmediate } from "node:timers";
import { PerchError } from "../../base/errors.ts";
import { createTurns } from "../../base/turns.ts";
import { LOG_FILES } from "./lines.ts";
import { createLogCount, type LogCount, type LogQuery, type LogReport } from "./report.ts";
import { currentName, parseRotated, type Rotated } from "./rotation.ts";

const SLICE_BYTES = 32 * 1024;
/** After so long other work has its turn. */
const TURN_MS = 8;
/** A longer line is none of ours. */
const LINE_CHARS_MOST = 64 * 1024;

/**
 * Counts what the log files of a folder say, those that were put aside too, slice by slice: other work goes on
 * between. A folder that is not there says nothing. `onShare` hears how far it is, 0…1. @throws what the file system says
 */
export async function readLogs(
  folder: string,
  query: LogQuery,
  onShare: (share: number) => void = () => {},
): Promise<Omit<LogReport, "lost">> {
  const count = createLogCount(query);
  const current: Deno.FsFile[] = [];
  const inodes = new Set<number | null>();
  try {
    let left = 0;
    // First those that are written to: one of them that is put aside meanwhile is known again.
    for (const file of LOG_FILES) {
      const handle = await openIfThere(join(folder, currentName(file)));
      if (handle === null) continue;
      current.push(handle);
      const { ino, size } = await handle.stat();
      inodes.add(ino);
      left += size;
    }
    const rotated = await rotatedSince(folder, query.fromMs);
    const total = left += rotated.reduce((sum, { bytes }) => sum + bytes, 0);
    const onBytes = (bytes: number) => onShare(1 - Math.max(0, left -= bytes) / total);
    for (const handle of current) await countFile(handle, count, onBytes);
    for (const { name } of rotated) {
      using handle = await openIfThere(join(folder, name));
      if (handle === null || inodes.has((await handle.stat()).ino)) continue;
      await countFile(handle, count, onBytes);
    }
  } finally {
    for (const handle of current) handle.close();
  }
  return count.report();
}

async function countFile(
  file: Deno.FsFile,
  count: LogCount,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  const slice = new Uint8Array(SLICE_BYTES);
  let rest = "";
  let isTooLong = false;
  let turnMs = performance.now();
  for (let n; (n = await file.read(slice)) !== null;) {
    onBytes(n);
    const lines = (rest + decoder.decode(slice.subarray(0, n), { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (isTooLong) isTooLong = false;
      else if (line !== "") count.take(line);
    }
    if (rest.length > LINE_CHARS_MOST) {
      if (!isTooLong) count.unreadable();
      isTooLong = true;
      rest = "";
    }
    if (performance.now() - turnMs > TURN_MS) {
      // Reads that are done already give no turn.
      await new Promise<void>((resolve) => setImmediate(resolve));
      turnMs = performance.now();
    }
  }
  // Without an end it is torn, or being written this moment.
  if (rest !== "" && !isTooLong) count.take(rest);
}

async function rotatedSince(folder: string, fromMs: number): Promise<Rotated[]> {
  const found: Rotated[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      const one = isFile ? parseRotated(name, await sizeOf(join(folder, name))) : null;
      if (one !== null && one.atMs >= fromMs) found.push(one);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found;
}

async function sizeOf(path: string): Promise<number> {
  return (await Deno.stat(path).catch(() => null))?.size ?? 0;
}

async function openIfThere(path: string): Promise<Deno.FsFile | null> {
  try {
    if (!(await Deno.stat(path)).isFile) return null;
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Reports for whoever asks over the network. */
export interface LogReports {
  /** @throws PerchError `busy` when too many wait */
  recent(query: LogQuery): Promise<LogReport>;
}

/** More do not wait: each may take seconds. */
const WAITING_MOST = 4;

/** One report after the other: several at once would take memory and time from readings. */
export function createLogReports(
  { folder, flush, lost }: { folder: string; flush: () => Promise<void>; lost: () => number },
): LogReports {
  const inTurn = createTurns();
  let waiting = 0;
  return {
    async recent(query) {
      if (waiting >= WAITING_MOST) {
        throw new PerchError("busy", "other reports of the log files are being made", {
          retryAfterS: 5,
        });
      }
      waiting++;
      try {
        return await inTurn(async () => {
          await flush();
          return { ...await readLogs(folder, query), lost: lost() };
        });
      } finally {
        waiting--;
      }
    },
  };
}
