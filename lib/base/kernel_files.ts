/**
 * Small files and folders of the kernel (`/proc`, `/sys`), read through libc: Deno refuses most of them to a
 * program without `--allow-all`. Each call runs on a thread of its own, never on the main loop, and has a
 * deadline (`bounded_calls.ts`). Needs `--allow-ffi`; elsewhere than on Linux with glibc nothing is there.
 *
 * Flags and `struct linux_dirent64` are the same on x86-64 and ARM64, both little-endian (open(2),
 * getdents(2)); O_DIRECTORY is not, and is not needed.
 */
import { type CallBounds, createBoundedCalls } from "./bounded_calls.ts";

export interface KernelFiles {
  /**
   * All text of a file; null when it is not there, may not be read, does not answer in time, is longer than
   * 256 KB or stands outside of the roots. `path` is absolute, without `..`.
   */
  read(path: string): Promise<string | null>;
  /** Names in a folder, sorted; null as in `read`. */
  list(path: string): Promise<string[] | null>;
  /** Paths that missed their deadline and still hang. */
  hanging(): string[];
}

/** The same, with what those need who search for devices. */
export interface KernelTree extends KernelFiles {
  /** As `read`, with the reason where there is no text. */
  look(path: string): Promise<KernelLook>;
  /** Where a link points to, as it is written; null as in `read`, and for what is no link. */
  link(path: string): Promise<string | null>;
}

/** What came of reading a file. */
export type KernelLook = { text: string } | { fault: KernelFault };
/**
 * `absent`: it is not there; `forbidden`: it is, and may not be opened; `failed`: it was opened, and reading it
 * failed (EIO, ENODEV, EBUSY …); `late`: it did not answer in time; `large`: longer than a file of the kernel.
 */
export type KernelFault = "absent" | "forbidden" | "failed" | "late" | "large";

export interface KernelFileOptions {
  /** Stands before every path: a tree of fixtures. Default: the host's own. */
  root?: string;
  /** The files and folders that may be read, with all below. */
  roots?: readonly string[];
  deadlineMs?: number;
  /** Deno has 32 threads for all files; those that hang may take a few of them. */
  mostHanging?: number;
}

const KERNEL_ROOTS = ["/proc", "/sys"] as const;
const DEFAULTS: CallBounds = { deadlineMs: 1_000, mostHanging: 8 };
const O_RDONLY_CLOEXEC = 0o2000000;
/** What the kernel gives in one piece when there is room for it: asking again costs a call and gives nothing. */
const ONE_PIECE =
  /^\/(sys\/.|proc\/(stat|loadavg|meminfo|uptime|pressure\/\w+|self\/(stat|status|io|limits|cgroup))$)/;
const CHUNK_BYTES = 16_384;
const MOST_CHUNKS = 64;
const MOST_BYTES = 262_144;
const LINK_BYTES = 4_096;
const F_OK = 0;

export function createKernelFiles(options: KernelFileOptions = {}): KernelTree {
  const { root = "", roots = KERNEL_ROOTS } = options;
  const calls = createBoundedCalls({ ...DEFAULTS, ...options });
  const libc = openLibc();
  // Those in use are in no list: one call that hangs keeps its own.
  const spare: Uint8Array<ArrayBuffer>[] = [];
  // A call on another thread does not keep its arguments from being collected.
  const held = new Set<Uint8Array>();

  async function named<T>(path: string, call: (name: Uint8Array<ArrayBuffer>) => Promise<T>) {
    const name = new TextEncoder().encode(`${root}${path}\0`);
    held.add(name);
    try {
      return await call(name);
    } finally {
      held.delete(name);
    }
  }

  /** Null: all of it was taken. */
  async function withChunks(
    path: string,
    next: Next,
    take: (chunk: Uint8Array) => boolean,
  ): Promise<KernelFault | null> {
    const fd = await named(path, (name) => libc!.symbols.open(name, O_RDONLY_CLOEXEC));
    if (fd < 0) {
      const isThere = await named(path, (name) => libc!.symbols.access(name, F_OK)) === 0;
      return isThere ? "forbidden" : "absent";
    }
    const buffer = spare.pop() ?? new Uint8Array(CHUNK_BYTES);
    try {
      for (let n = 0; n < MOST_CHUNKS; n++) {
        const length = Number(await next(fd, buffer, BigInt(CHUNK_BYTES)));
        if (length < 0) return "failed";
        if (length === 0 || !take(buffer.subarray(0, length))) return null;
      }
      return "large";
    } finally {
      libc!.symbols.close(fd);
      spare.push(buffer);
    }
  }

  async function readText(path: string): Promise<KernelLook> {
    const decoder = new TextDecoder();
    const isOnePiece = ONE_PIECE.test(path);
    let text = "";
    const fault = await withChunks(path, libc!.symbols.read, (chunk) => {
      text += decoder.decode(chunk, { stream: true });
      const isAll = isOnePiece && chunk.length < CHUNK_BYTES;
      return !isAll && text.length <= MOST_BYTES;
    });
    if (fault !== null) return { fault };
    return text.length <= MOST_BYTES ? { text } : { fault: "large" };
  }

  async function listNames(path: string): Promise<string[] | null> {
    const names: string[] = [];
    const fault = await withChunks(path, libc!.symbols.getdents64, (chunk) => {
      names.push(...namesIn(chunk));
      return true;
    });
    return fault === null ? names.sort() : null;
  }

  async function readLink(path: string): Promise<string | null> {
    const target = new Uint8Array(LINK_BYTES);
    held.add(target);
    const length = Number(
      await named(
        path,
        (name) => libc!.symbols.readlink(name, target, BigInt(LINK_BYTES)),
      ),
    );
    held.delete(target);
    return length < 0 ? null : new TextDecoder().decode(target.subarray(0, length));
  }

  const isAllowed = (path: string) =>
    libc !== null && !path.includes("\0") && !path.split("/").includes("..") &&
    roots.some((one) => path === one || path.startsWith(`${one}/`));

  async function look(path: string): Promise<KernelLook> {
    if (!isAllowed(path)) return { fault: "forbidden" };
    return await calls.make(path, () => readText(path)) ?? { fault: "late" };
  }

  return {
    async read(path) {
      const looked = await look(path);
      return "text" in looked ? looked.text : null;
    },
    look,
    link: (path) =>
      isAllowed(path) ? calls.make(`${path}@`, () => readLink(path)) : Promise.resolve(null),
    list: (path) =>
      isAllowed(path) ? calls.make(`${path}/`, () => listNames(path)) : Promise.resolve(null),
    hanging: calls.hanging,
  };
}

type Next = (fd: number, into: BufferSource, size: bigint) => Promise<number | bigint>;

/** Names out of an array of `struct linux_dirent64`: inode 8 bytes, offset 8, length 2, type 1, name. */
function namesIn(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  const names: string[] = [];
  for (let at = 0; at + 19 < bytes.length;) {
    const length = view.getUint16(at + 16, true);
    if (length === 0) break;
    const name = bytes.subarray(at + 19, at + length);
    names.push(decoder.decode(name.subarray(0, name.indexOf(0))));
    at += length;
  }
  return names.filter((name) => name !== "." && name !== "..");
}

function openLibc() {
  if (Deno.build.os !== "linux") return null;
  try {
    return Deno.dlopen("libc.so.6", {
      open: { parameters: ["buffer", "i32"], result: "i32", nonblocking: true },
      read: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
      getdents64: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
      access: { parameters: ["buffer", "i32"], result: "i32", nonblocking: true },
      readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize", nonblocking: true },
      close: { parameters: ["i32"], result: "i32" },
    });
  } catch {
    return null;
  }
}
