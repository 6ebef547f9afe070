/**
 * What the kernel says of this process in `/proc/self`: over the C library, as Deno opens what is there to programs alone
 * that may do everything.
 */

const SC_PAGESIZE = 30;

/** Reads files of `/proc/self`. Null: there are none, or no C library that is known. */
export interface OwnProcess {
  /** The file's text, of which at most `mostBytes` are read; empty when it cannot be opened. */
  read(name: string, mostBytes: number): string;
  /** Of a page of memory. */
  readonly pageBytes: number;
  /** Bytes of memory that the process has and that no file stands behind. */
  anonymousBytes(): number;
}

export function openOwnProcess(): OwnProcess | null {
  const libc = Deno.build.os === "linux" ? openLibc() : null;
  if (libc === null) return null;
  const pageBytes = Number(libc.sysconf(SC_PAGESIZE));
  const read = (name: string, mostBytes: number): string => {
    const file = libc.open(new TextEncoder().encode(`/proc/self/${name}\0`), 0);
    if (file < 0) return "";
    const bytes = new Uint8Array(mostBytes);
    let end = 0;
    for (let got = 1; got > 0 && end < bytes.length; end += Math.max(got, 0)) {
      const into = bytes.subarray(end);
      got = Number(libc.read(file, into, BigInt(into.length)));
    }
    libc.close(file);
    return new TextDecoder().decode(bytes.subarray(0, end));
  };
  return {
    read,
    pageBytes,
    anonymousBytes() {
      const [, resident, shared] = read("statm", 256).split(" ").map(Number);
      return (resident - shared) * pageBytes;
    },
  };
}

function openLibc() {
  try {
    return Deno.dlopen("libc.so.6", {
      open: { parameters: ["buffer", "i32"], result: "i32" },
      close: { parameters: ["i32"], result: "i32" },
      read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
      sysconf: { parameters: ["i32"], result: "i64" },
    }).symbols;
  } catch {
    return null;
  }
}
