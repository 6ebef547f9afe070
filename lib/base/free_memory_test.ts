import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { freeMemoryTask, openFreeMemory } from "./free_memory.ts";

const anonymousKb = () =>
  Number(/RssAnon:\s+(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"))![1]);

const openLibc = () =>
  Deno.dlopen("libc.so.6", {
    malloc: { parameters: ["usize"], result: "pointer" },
    free: { parameters: ["pointer"], result: "void" },
    memset: { parameters: ["pointer", "i32", "usize"], result: "pointer" },
  });

Deno.test("openFreeMemory gives back what C code has freed", async () => {
  const free = openFreeMemory()!;
  const libc = openLibc();
  // In small pieces, and the last stays: what is below it is not given back by itself.
  const pieces = Array.from({ length: 1_000 }, () => {
    const piece = libc.symbols.malloc(60_000n);
    libc.symbols.memset(piece, 1, 60_000n);
    return piece;
  });
  const last = pieces.pop()!;
  for (const piece of pieces) libc.symbols.free(piece);
  const beforeKb = anonymousKb();
  await free();
  assert.ok(beforeKb - anonymousKb() > 30_000, `${beforeKb} kB before, ${anonymousKb()} after`);
  libc.symbols.free(last);
  libc.close();
});

Deno.test("openFreeMemory keeps large pieces apart: they go back when they are freed, between others that stay", () => {
  openFreeMemory();
  const libc = openLibc();
  const take = (bytes: bigint) => {
    const piece = libc.symbols.malloc(bytes);
    libc.symbols.memset(piece, 1, bytes);
    return piece;
  };
  // Else as large a piece as this would be kept for later from now on.
  libc.symbols.free(take(16_000_000n));
  const pieces = Array.from({ length: 20 }, () => [take(4_000_000n), take(100n)]);
  const beforeKb = anonymousKb();
  for (const [large] of pieces) libc.symbols.free(large);
  const afterKb = anonymousKb();
  assert.ok(beforeKb - afterKb > 60_000, `${beforeKb} kB before, ${afterKb} after`);
  for (const [, small] of pieces) libc.symbols.free(small);
  libc.close();
});

Deno.test("freeMemoryTask does so every ten minutes", async () => {
  const clock = fakeClock();
  let times = 0;
  const stopping = new AbortController();
  const task = freeMemoryTask({ clock, free: () => Promise.resolve(void times++) });
  const running = task.run(stopping.signal, () => {});
  await clock.advance(9 * 60_000);
  assert.equal(times, 0);
  await clock.advance(21 * 60_000);
  assert.equal(times, 3);
  stopping.abort();
  await assert.rejects(running as Promise<void>);
});
