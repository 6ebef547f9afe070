/**
 * DESIGN. Power cuts over plain files. What a program did to a folder is read from strace; a cut then keeps
 * what was synced, and of the rest anything: a file's writes since its fsync whole, in part (torn at
 * sectors) or not at all, and each new, renamed or removed name since the folder's fsync or not, apart from the
 * others. Names are found again through inodes, so a rename keeps what is known of the content. A folder
 * whose own name is lost takes everything in it along.
 */
import { join, relative } from "node:path";
import { dirname } from "node:path/posix";

/** One thing the program did, in order; paths relative to the folder. */
export type FileOperation =
  | { kind: "make"; path: string; folder: boolean }
  | { kind: "write"; path: string; offset: number; data: Uint8Array }
  | { kind: "sync"; path: string }
  | { kind: "rename"; path: string; to: string }
  | { kind: "remove"; path: string }
  /** A line on standard output. */
  | { kind: "said"; line: string };

const CALLS = "openat,mkdir,write,pwrite64,fsync,fdatasync,rename,unlink";
const SECTOR = 512;

/** Runs a script under strace and returns what it did in `folder`. */
export async function recordFiles(
  script: string,
  folder: string,
  env: Record<string, string> = {},
): Promise<FileOperation[]> {
  const traces = await Deno.makeTempDir({ prefix: "perch-strace-" });
  try {
    const { success, stderr } = await new Deno.Command("strace", {
      args: [
        ..."-f -ff -ttt -xx -y -s 1000000 -e".split(" "),
        `trace=${CALLS}`,
        ...["-o", join(traces, "t"), Deno.execPath(), "run", "--quiet", "--no-check", "-A"],
        ...[script, folder],
      ],
      env,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(`the program failed: ${new TextDecoder().decode(stderr)}`);
    const timed: [number, FileOperation][] = [];
    const offsets = new Map<string, number>();
    for await (const { name } of Deno.readDir(traces)) {
      for (const line of (await Deno.readTextFile(join(traces, name))).split("\n")) {
        const found = parse(line, folder);
        if (found) timed.push(found);
      }
    }
    return timed.sort((a, b) => a[0] - b[0]).map(([, operation]) => {
      // Files are written from their beginning on, through one descriptor.
      if (operation.kind !== "write") return operation;
      const offset = offsets.get(operation.path) ?? 0;
      offsets.set(operation.path, offset + operation.data.length);
      return { ...operation, offset };
    });
  } finally {
    await Deno.remove(traces, { recursive: true });
  }
}

const LINE = /^(\d+\.\d+) (\w+)\((.*)\)\s+= (-?\d+)/;

function parse(line: string, folder: string): [number, FileOperation] | undefined {
  const match = LINE.exec(line);
  if (!match || match[4].startsWith("-")) return undefined;
  const [, time, call, args] = match;
  const at = Number(time);
  const inside = (bytes: Uint8Array) => {
    const path = relative(folder, new TextDecoder().decode(bytes));
    return path.startsWith("..") ? null : path;
  };
  const operation = ((): FileOperation | null => {
    const quoted = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex]) => bytesOf(hex));
    if (["openat", "mkdir", "rename", "unlink"].includes(call)) {
      if (call === "openat" && !args.includes("O_CREAT")) return null;
      const path = inside(quoted[0]);
      if (path === null) return null;
      if (call === "unlink") return { kind: "remove", path };
      if (call === "rename") return { kind: "rename", path, to: inside(quoted[1])! };
      return { kind: "make", path, folder: call === "mkdir" };
    }
    const [, number, target] = /^(\d+)<([^>]*)>/.exec(args)!;
    const path = inside(bytesOf(target));
    if (call.endsWith("sync")) return path === null ? null : { kind: "sync", path };
    if (path !== null) return { kind: "write", path, offset: 0, data: quoted[0] };
    return number === "1" ? { kind: "said", line: new TextDecoder().decode(quoted[0]) } : null;
  })();
  return operation === null ? undefined : [at, operation];
}

function bytesOf(hex: string): Uint8Array {
  const out = new Uint8Array(hex.length / 4);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(hex.slice(i * 4 + 2, i * 4 + 4), 16);
  return out;
}

interface Inode {
  folder: boolean;
  durable: Uint8Array;
  pending: { offset: number; data: Uint8Array }[];
}

type NameChange = { kind: "set"; path: string; inode: Inode } | { kind: "unset"; path: string };

/** The files of the folder as the program sees them, and what of it is on the disk for certain. */
export class FileDisk {
  /** What the program sees. */
  readonly #names = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();
  #pending: { in: string; changes: NameChange[] }[] = [];

  apply(operation: Exclude<FileOperation, { kind: "said" }>): void {
    const { kind, path } = operation;
    if (kind === "make") {
      const inode = { folder: operation.folder, durable: new Uint8Array(), pending: [] };
      this.#change(path, [{ kind: "set", path, inode }]);
    } else if (kind === "remove") this.#change(path, [{ kind: "unset", path }]);
    else if (kind === "rename") {
      const inode = this.#names.get(path)!;
      this.#change(path, [
        { kind: "unset", path },
        { kind: "set", path: operation.to, inode },
      ]);
    } else if (kind === "write") this.#names.get(path)!.pending.push(operation);
    else this.#sync(path);
  }

  #change(path: string, changes: NameChange[]): void {
    put(this.#names, changes);
    this.#pending.push({ in: dirname(path), changes });
  }

  #sync(path: string): void {
    const inode = this.#names.get(path);
    if (inode && !inode.folder) {
      for (const write of inode.pending) inode.durable = written(inode.durable, write);
      inode.pending = [];
      return;
    }
    const here = path === "" ? "." : path;
    for (const change of this.#pending) if (change.in === here) put(this.#durable, change.changes);
    this.#pending = this.#pending.filter((change) => change.in !== here);
  }

  /** What a cut now could leave: content by path. */
  afterCut(random: () => number): Map<string, Uint8Array> {
    const names = new Map(this.#durable);
    const chance = random();
    for (const { changes } of this.#pending) if (random() < chance) put(names, changes);
    const out = new Map<string, Uint8Array>();
    for (const [path, inode] of names) {
      if (inode.folder || !reachable(names, path)) continue;
      let bytes = inode.durable;
      for (const write of inode.pending) {
        for (const part of kept(write, random)) bytes = written(bytes, part);
      }
      out.set(path, bytes);
    }
    return out;
  }
}

function put(names: Map<string, Inode>, changes: readonly NameChange[]): void {
  for (const change of changes) {
    if (change.kind === "set") names.set(change.path, change.inode);
    else names.delete(change.path);
  }
}

function reachable(names: ReadonlyMap<string, Inode>, path: string): boolean {
  const above = dirname(path);
  return above === "." || (names.get(above)?.folder === true && reachable(names, above));
}

function written(bytes: Uint8Array, write: { offset: number; data: Uint8Array }): Uint8Array {
  const out = new Uint8Array(Math.max(bytes.length, write.offset + write.data.length));
  out.set(bytes);
  out.set(write.data, write.offset);
  return out;
}

/** All of a write, nothing, or some of its sectors. */
function kept(
  write: { offset: number; data: Uint8Array },
  random: () => number,
): { offset: number; data: Uint8Array }[] {
  const chance = random();
  if (chance < 0.35) return [];
  if (chance < 0.6) return [write];
  const parts: { offset: number; data: Uint8Array }[] = [];
  for (let from = 0; from < write.data.length; from += SECTOR) {
    if (random() < 0.5) continue;
    parts.push({ offset: write.offset + from, data: write.data.subarray(from, from + SECTOR) });
  }
  return parts;
}
