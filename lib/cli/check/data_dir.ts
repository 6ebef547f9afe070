import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../base/errors.ts";
import { ensureDataDir } from "../lock.ts";
import type { Check, Finding } from "./check.ts";

const ROUNDS = 20;
const BLOCK_BYTES = 4096;
const SLOW_FSYNC_MS = 50;
const LITTLE_BYTES = 1_000_000_000;
const TOO_LITTLE_BYTES = 100_000_000;

/** Can the data directory be written, how long does it take until data is on disk, and how much room is left? */
export function dataDirCheck(dataDir: string): Check {
  return {
    name: "data directory",
    async run() {
      ensureDataDir(dataDir);
      return [writable(dataDir), await room(dataDir), ...exposed(dataDir)];
    },
  };
}

function writable(dataDir: string): Omit<Finding, "name"> {
  let times: number[];
  try {
    times = fsyncTimes(join(dataDir, `check-${crypto.randomUUID()}.tmp`));
  } catch (error) {
    return {
      state: "problem",
      detail: `${dataDir} cannot be written (${messageOf(error)})`,
      advice:
        "Give the user that runs Perch write permission, or set PERCH_DATA to another directory.",
    };
  }
  const medianMs = times[times.length >> 1];
  const mostMs = times[times.length - 1];
  const detail = `${dataDir} is writable; a write is on disk after ${medianMs.toFixed(1)} ms ` +
    `(slowest of ${ROUNDS}: ${mostMs.toFixed(1)} ms)`;
  if (medianMs <= SLOW_FSYNC_MS) return { state: "ok", detail };
  return {
    state: "warn",
    detail,
    advice: "The disk is slow. COMMIT_INTERVAL_MS=250 commits less often and wears it less.",
  };
}

/** Milliseconds of `ROUNDS` writes with fsync, sorted. */
function fsyncTimes(path: string): number[] {
  const file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  try {
    const block = new Uint8Array(BLOCK_BYTES);
    return Array.from({ length: ROUNDS }, () => {
      const startMs = performance.now();
      file.writeSync(block);
      file.syncDataSync();
      return performance.now() - startMs;
    }).sort((a, b) => a - b);
  } finally {
    file.close();
    Deno.removeSync(path);
  }
}

async function room(dataDir: string): Promise<Omit<Finding, "name">> {
  const { bavail, blocks, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const detail = `${megabytes(free)} of ${megabytes(blocks * bsize)} are free`;
  if (free > LITTLE_BYTES) return { state: "ok", detail };
  return {
    state: free > TOO_LITTLE_BYTES ? "warn" : "problem",
    detail,
    advice: "Free some space, or bound the readings with RETENTION_DAYS or MAX_DATABASE_MB.",
  };
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

/** Others on this host must not read keys and readings. */
function exposed(dataDir: string): Omit<Finding, "name">[] {
  const mode = (Deno.statSync(dataDir).mode ?? 0) & 0o777;
  if ((mode & 0o077) === 0) return [];
  return [{
    state: "warn",
    detail: `other users of this host may enter ${dataDir} (mode ${mode.toString(8)})`,
    advice: `chmod 700 ${dataDir}`,
  }];
}
