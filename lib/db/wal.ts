/**
 * Reads SQLite's write-ahead log before SQLite does (https://sqlite.org/walformat.html). SQLite takes the frames
 * up to the first whose checksum does not hold and forgets what stands behind, without a word. After a power
 * cut that is right: the last transaction was not yet on the disk, and nobody got an answer that it was. But when the
 * bad frame is older than the end, transactions are lost that were acknowledged.
 */

const HEADER_BYTES = 32;
const SECTOR_BYTES = 512;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE = 0x377f0682;
const MAGIC_BIG = 0x377f0683;
const VERSION = 3007000;
/** Read at once; frames are some kilobytes. */
const BLOCK_BYTES = 256 * 1024;
/** Of the `-shm` file: two copies of the header, then how far the last checkpoint came. */
const INDEX_BYTES = 100;
const INDEX_HEADER_BYTES = 48;
const INDEX_VERSION = 3007000;

/** What stands in the log. */
export interface WalScan {
  bytes: number;
  /** `bad`: there is content and its first 32 bytes say nothing that can be used. */
  header: "none" | "good" | "bad";
  salts: string;
  /** Number of the last frame that ends a transaction and that SQLite will take. */
  lastCommit: number;
  /** Frames behind it that say to be of this log. */
  framesBehind: number;
  /** Those of them that end a transaction. */
  commitsBehind: number;
}

/** What the index beside the log (`-shm`) says; it is written after the log is on the disk. */
export interface WalIndex {
  salts: string;
  /** Number of the last frame that was committed. */
  lastCommit: number;
  /** Frames that were copied into the database since. */
  copied: number;
}

/** Transactions that were on disk and cannot be read any more. */
export interface WalLoss {
  frames: number;
  /** As far as they are known; at least. */
  commits: number;
}

/** Reads the log block by block; memory does not grow with it. A missing file is an empty one. */
export function scanWal(path: string): WalScan {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return emptyScan(0);
    throw error;
  }
  try {
    return scan(file, file.statSync().size);
  } finally {
    file.close();
  }
}

function emptyScan(bytes: number): WalScan {
  return {
    bytes,
    header: "none",
    salts: "",
    lastCommit: 0,
    framesBehind: 0,
    commitsBehind: 0,
  };
}

function scan(file: Deno.FsFile, bytes: number): WalScan {
  const result = emptyScan(bytes);
  const head = new Uint8Array(HEADER_BYTES);
  if (readFull(file, head) < HEADER_BYTES) return result;
  if (head.every((byte) => byte === 0) && bytes === HEADER_BYTES) return result;
  const view = new DataView(head.buffer);
  const magic = view.getUint32(0);
  const pageBytes = view.getUint32(8);
  const little = magic === MAGIC_LITTLE;
  const sum: Sum = [0, 0];
  add(sum, view, 0, 24, little);
  const sound = (little || magic === MAGIC_BIG) && view.getUint32(4) === VERSION &&
    pageBytes >= 512 && pageBytes <= 65_536 && (pageBytes & (pageBytes - 1)) === 0 &&
    sum[0] === view.getUint32(24) && sum[1] === view.getUint32(28);
  if (!sound) return { ...result, header: bytes > HEADER_BYTES ? "bad" : "none" };
  result.header = "good";
  result.salts = hex(head.subarray(16, 24));
  scanFrames(file, result, {
    pageBytes,
    little,
    salt1: view.getUint32(16),
    salt2: view.getUint32(20),
  }, sum);
  return result;
}

interface FrameRules {
  pageBytes: number;
  little: boolean;
  salt1: number;
  salt2: number;
}

function scanFrames(file: Deno.FsFile, result: WalScan, rules: FrameRules, sum: Sum): void {
  const { pageBytes, little, salt1, salt2 } = rules;
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const block = new Uint8Array(Math.max(1, Math.floor(BLOCK_BYTES / frameBytes)) * frameBytes);
  const view = new DataView(block.buffer);
  let chained = true;
  let open = 0;
  /** What the frame before says that everything up to it adds up to. */
  let before: Sum | null = null;
  for (let n = 0;;) {
    const got = readFull(file, block);
    for (let at = 0; at + frameBytes <= got; at += frameBytes) {
      n++;
      const commits = view.getUint32(at + 4) !== 0;
      const ours = view.getUint32(at) !== 0 && view.getUint32(at + 8) === salt1 &&
        view.getUint32(at + 12) === salt2;
      if (chained && ours) {
        add(sum, view, at, 8, little);
        add(sum, view, at + FRAME_HEADER_BYTES, pageBytes, little);
        if (sum[0] === view.getUint32(at + 16) && sum[1] === view.getUint32(at + 20)) {
          open++;
          if (commits) [result.lastCommit, open] = [n, 0];
          continue;
        }
      }
      if (chained) {
        chained = false;
        // Frames of a transaction that never ended: SQLite leaves them out too.
        result.framesBehind += open;
      }
      if (ours) result.framesBehind++;
      const split = isSplit(HEADER_BYTES + (n - 1) * frameBytes);
      if (ours && commits && (!split || follows(before, view, at, pageBytes, little))) {
        result.commitsBehind++;
      }
      before = ours ? [view.getUint32(at + 16), view.getUint32(at + 20)] : null;
    }
    if (got < block.length) return;
  }
}

/**
 * Whether a sector ends behind the first eight bytes of a frame. A power cut can leave such a frame with what a log
 * of before said there of the page and of a commit, under the salts of this one.
 */
const isSplit = (at: number) => at % SECTOR_BYTES === SECTOR_BYTES - 8;

/** Whether a frame is whole, going by what the one before says of itself. */
function follows(
  before: Sum | null,
  view: DataView,
  at: number,
  pageBytes: number,
  little: boolean,
): boolean {
  if (before === null) return false;
  const sum: Sum = [...before];
  add(sum, view, at, 8, little);
  add(sum, view, at + FRAME_HEADER_BYTES, pageBytes, little);
  return sum[0] === view.getUint32(at + 16) && sum[1] === view.getUint32(at + 20);
}

type Sum = [number, number];

/** SQLite's checksum over `bytes` (a multiple of 8). */
function add(sum: Sum, view: DataView, from: number, bytes: number, little: boolean): void {
  let [one, two] = sum;
  for (let at = from; at < from + bytes; at += 8) {
    one = (one + view.getUint32(at, little) + two) >>> 0;
    two = (two + view.getUint32(at + 4, little) + one) >>> 0;
  }
  sum[0] = one;
  sum[1] = two;
}

function readFull(file: Deno.FsFile, into: Uint8Array): number {
  let at = 0;
  while (at < into.length) {
    const n = file.readSync(into.subarray(at));
    if (n === null) break;
    at += n;
  }
  return at;
}

/** Reads the index; null when there is none that can be trusted (it is not synced, and has a checksum). */
export function readWalIndex(path: string): WalIndex | null {
  const bytes = new Uint8Array(INDEX_BYTES);
  try {
    using file = Deno.openSync(path);
    if (readFull(file, bytes) < INDEX_BYTES) return null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  // In the byte order of the host that wrote it; every host of Perch's is little-endian.
  const view = new DataView(bytes.buffer);
  const sum: Sum = [0, 0];
  add(sum, view, 0, 40, true);
  const sound = view.getUint32(0, true) === INDEX_VERSION && bytes[12] === 1 &&
    sum[0] === view.getUint32(40, true) && sum[1] === view.getUint32(44, true);
  const twice = bytes.subarray(0, INDEX_HEADER_BYTES).every((byte, i) =>
    byte === bytes[INDEX_HEADER_BYTES + i]
  );
  if (!sound || !twice) return null;
  return {
    salts: hex(bytes.subarray(32, 40)),
    lastCommit: view.getUint32(16, true),
    copied: view.getUint32(96, true),
  };
}

/** What is lost by damage, as far as log and index show; null: nothing, or no more than a torn end. */
export function walLoss(wal: WalScan, index: WalIndex | null): WalLoss | null {
  if (wal.header === "none") {
    const missing = index === null ? 0 : index.lastCommit - index.copied;
    return missing > 0 ? { frames: missing, commits: 1 } : null;
  }
  if (wal.header === "bad") {
    // Nothing was committed since the log began again: its first write did not reach the disk whole.
    if (index?.lastCommit === 0) return null;
    return { frames: index?.lastCommit ?? 1, commits: 1 };
  }
  if (index !== null && index.salts === wal.salts) {
    const frames = index.lastCommit - wal.lastCommit;
    return frames > 0 ? { frames, commits: Math.max(1, wal.commitsBehind) } : null;
  }
  // A power cut can leave frames of the last transaction alone, its end among them; never of two.
  return wal.commitsBehind >= 2 ? { frames: wal.framesBehind, commits: wal.commitsBehind } : null;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
