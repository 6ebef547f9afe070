import type { OwnProcess } from "./own_process.ts";

/**
 * A compiled program reads all that it carries (modules, packages, pages: 29 MB) into memory when it starts, and keeps
 * it for good: on a small host that is a fifth of what Perch needs, which the kernel can neither drop nor share. The
 * same bytes stand in the program's file. Here that file takes the place of the copy, at the same addresses: what is
 * not looked at costs nothing any more, and what is, the kernel reads again.
 *
 * A page of the file can stand where the copy stands only if both begin at the same place of a page: `.ci/align.ts`
 * lays the bytes in the file so. Where anything is otherwise than expected, everything stays as it is.
 */

/** What is carried begins with it. */
export const MAGIC = new TextEncoder().encode("d3n0l4nd");
/** What the C library puts before a large piece of memory, which begins with a page. */
const BEFORE = 16;
/** No page is larger. */
const LARGEST_PAGE = 65_536;
const HEADER_BYTES = 64;
/** Whole pages, of any size. */
const PIECE_BYTES = 2 << 20;
const MAPS_MOST_BYTES = 1 << 20;
const SEEK_END = 2;
const [PROT_READ, PROT_WRITE] = [1, 2];
const [MAP_PRIVATE, MAP_FIXED] = [2, 16];

/** Where a program (ELF, of which these are the first 64 bytes) ends in its file. */
export function programEnd(header: Uint8Array): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const tables = Number(view.getBigUint64(0x28, true));
  return tables + view.getUint16(0x3a, true) * view.getUint16(0x3c, true);
}

/** Where behind `end` the bytes have to begin that a program carries. */
export function alignedAfter(end: number): number {
  return end + (BEFORE - end % LARGEST_PAGE + LARGEST_PAGE) % LARGEST_PAGE;
}

/** Memory of nobody's file that can be written, of at least `bytes`: `[from, to)` of each, out of `/proc/self/maps`. */
export function anonymousRegions(maps: string, bytes: number): [number, number][] {
  return [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ 0 *$/gm)]
    .map(([, from, to]): [number, number] => [parseInt(from, 16), parseInt(to, 16)])
    .filter(([from, to]) => to - from >= bytes);
}

/**
 * Exchanges the copy for the file. Gives how many bytes of memory that frees; 0: there is no such copy (Perch runs from
 * its source, the file is laid out otherwise), or it is not the same.
 * @param program the file that runs
 */
export async function mapCarried(own: OwnProcess, program = "/proc/self/exe"): Promise<number> {
  const libc = openLibc();
  if (libc === null) return 0;
  const file = libc.open(cText(program), 0);
  if (file < 0) return 0;
  try {
    return await mapped(libc, own, file);
  } finally {
    libc.close(file);
  }
}

async function mapped(libc: Libc, own: OwnProcess, file: number): Promise<number> {
  const header = new Uint8Array(HEADER_BYTES);
  if (Number(libc.pread(file, header, BigInt(header.length), 0n)) < header.length) return 0;
  const at = alignedAfter(programEnd(header));
  const first = new Uint8Array(MAGIC.length);
  libc.pread(file, first, BigInt(first.length), BigInt(at));
  if (!isMagic(first)) return 0;
  const length = Number(libc.lseek(file, 0n, SEEK_END)) - at;
  const page = own.pageBytes;
  const copy = copyOf(libc, own, length);
  if (copy === null) return 0;
  // The first page has the C library's own words in it, and the last something of others behind.
  const bytes = Math.floor((length - page) / page) * page;
  const offset = BigInt(at + page - BEFORE);
  if (!await isSame(libc, { file, offset, address: copy + page, bytes })) return 0;
  const to = Deno.UnsafePointer.create(BigInt(copy + page));
  const flags = MAP_PRIVATE | MAP_FIXED;
  const done = libc.mmap(to, BigInt(bytes), PROT_READ | PROT_WRITE, flags, file, offset);
  return isFailed(done) ? 0 : bytes;
}

/** Whether memory and file are the same: piece by piece, as a whole would be in memory a second time meanwhile. */
async function isSame(
  libc: Libc,
  { file, offset, address, bytes }: {
    file: number;
    offset: bigint;
    address: number;
    bytes: number;
  },
): Promise<boolean> {
  for (let from = 0; from < bytes; from += PIECE_BYTES) {
    const length = BigInt(Math.min(PIECE_BYTES, bytes - from));
    const view = libc.mmap(null, length, PROT_READ, MAP_PRIVATE, file, offset + BigInt(from));
    if (isFailed(view)) return false;
    const copy = Deno.UnsafePointer.create(BigInt(address + from));
    const difference = await libc.memcmp(copy, view, length);
    libc.munmap(view, length);
    if (difference !== 0) return false;
  }
  return true;
}

/**
 * The page with which the copy begins. Memory is read as a file, since another thread may just give back what the list
 * of regions still names: that is an error then, and not the end of the process.
 */
function copyOf(libc: Libc, own: OwnProcess, length: number): number | null {
  const memory = libc.open(cText("/proc/self/mem"), 0);
  if (memory < 0) return null;
  try {
    const first = new Uint8Array(MAGIC.length);
    for (const [from, to] of anonymousRegions(own.read("maps", MAPS_MOST_BYTES), length)) {
      for (let at = from; at + BEFORE + length <= to; at += own.pageBytes) {
        const got = libc.pread(memory, first, BigInt(first.length), BigInt(at + BEFORE));
        if (Number(got) < first.length) break;
        if (isMagic(first)) return at;
      }
    }
    return null;
  } finally {
    libc.close(memory);
  }
}

const isMagic = (bytes: Uint8Array) => MAGIC.every((byte, at) => bytes[at] === byte);
const isFailed = (pointer: Deno.PointerValue) =>
  Deno.UnsafePointer.value(pointer) === 2n ** 64n - 1n;
const cText = (text: string) => new TextEncoder().encode(`${text}\0`);

type Libc = NonNullable<ReturnType<typeof openLibc>>;

function openLibc() {
  try {
    return Deno.dlopen("libc.so.6", {
      open: { parameters: ["buffer", "i32"], result: "i32" },
      close: { parameters: ["i32"], result: "i32" },
      pread: { parameters: ["i32", "buffer", "usize", "i64"], result: "isize" },
      lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
      mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
      munmap: { parameters: ["pointer", "usize"], result: "i32" },
      memcmp: {
        parameters: ["pointer", "pointer", "usize"],
        result: "i32",
        nonblocking: true,
      },
    }).symbols;
  } catch {
    return null;
  }
}
