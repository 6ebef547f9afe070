/** Reads what `strace -ff -ttt -T -yy -xx` wrote, one file per thread, into one list ordered by time. */

/** strace's flags for `parseSyscalls`; `-o FILE` and the command follow. */
export const STRACE_FLAGS = [
  "-ff",
  "-ttt",
  "-T",
  "-yy",
  "-xx",
  "-s",
  "2000000",
  "-e",
  "trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync",
  "-e",
  "signal=none",
];

export interface Syscall {
  name: string;
  /** Seconds; microsecond resolution. */
  startS: number;
  endS: number;
  /** What the descriptor is: a path, or `TCP:[a:p->b:q]`. */
  target: string;
  /** Bytes that were read or written. */
  bytes: Uint8Array;
}

const LINE = /^(\d+\.\d+) (\w+)\(\d+<(.*?)>[,)](.*)= (-?\d+)[^<]*<(\d+\.\d+)>$/;

/** Successful calls of all threads, ordered by the time at which they began. */
export function parseSyscalls(texts: readonly string[]): Syscall[] {
  const calls: Syscall[] = [];
  for (const text of texts) {
    for (const line of text.split("\n")) {
      const match = LINE.exec(line);
      if (match === null) continue;
      const [, at, name, target, rest, result, took] = match;
      if (Number(result) < 0) continue;
      const startS = Number(at);
      const bytes = bytesOf(rest, Number(result));
      calls.push({ name, startS, endS: startS + Number(took), target: unescape(target), bytes });
    }
  }
  return calls.sort((a, b) => a.startS - b.startS);
}

function bytesOf(text: string, length: number): Uint8Array {
  const hex = [...text.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((match) => match[1]).join("");
  const out = new Uint8Array(Math.min(length, hex.length / 4));
  for (let i = 0; i < out.length; i++) out[i] = parseInt(hex.slice(i * 4 + 2, i * 4 + 4), 16);
  return out;
}

/** With -xx, paths are written as hex too. */
function unescape(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}
