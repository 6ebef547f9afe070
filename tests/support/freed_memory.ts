/** Prints how many kilobytes went back to the kernel: of small pieces by a trim, or of large ones by themselves. */
import { openFreeMemory } from "../../lib/base/free_memory.ts";

const { symbols: libc } = Deno.dlopen("libc.so.6", {
  malloc: { parameters: ["usize"], result: "pointer" },
  free: { parameters: ["pointer"], result: "void" },
  memset: { parameters: ["pointer", "i32", "usize"], result: "pointer" },
});
const anonymousKb = () =>
  Number(/RssAnon:\s+(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"))![1]);

function take(bytes: bigint) {
  const piece = libc.malloc(bytes);
  libc.memset(piece, 1, bytes);
  return piece;
}

async function trimmedKb(): Promise<number> {
  const free = openFreeMemory()!;
  const pieces = Array.from({ length: 1_000 }, () => take(60_000n));
  // The last stays: what is below it is not given back by itself.
  pieces.pop();
  for (const piece of pieces) libc.free(piece);
  const beforeKb = anonymousKb();
  await free();
  return beforeKb - anonymousKb();
}

function largeKb(): number {
  openFreeMemory();
  // Else as large a piece as this would be kept for later from now on.
  libc.free(take(16_000_000n));
  const pieces = Array.from({ length: 20 }, () => [take(4_000_000n), take(100_000n)]);
  const beforeKb = anonymousKb();
  for (const [large] of pieces) libc.free(large);
  return beforeKb - anonymousKb();
}

console.log(Deno.args[0] === "trimmed" ? await trimmedKb() : largeKb());
