/**
 * The C library keeps what was freed for later: after trainings, backups and storms that is tens of megabytes, which
 * never become fewer and which a small host needs. `malloc_trim(3)` of glibc gives them back. It walks through all
 * that is allocated, some milliseconds, on a thread of its own.
 */
import type { Clock } from "./clock.ts";
import type { Task } from "./supervisor.ts";

const EVERY_MS = 10 * 60_000;

/** Gives back what the C library keeps for later. Null: this one cannot. */
export function openFreeMemory(): (() => Promise<void>) | null {
  if (Deno.build.os !== "linux") return null;
  try {
    const { symbols } = Deno.dlopen("libc.so.6", {
      malloc_trim: { parameters: ["usize"], result: "i32", nonblocking: true },
    });
    return async () => void await symbols.malloc_trim(0n);
  } catch {
    return null;
  }
}

/** Does so every ten minutes. */
export function freeMemoryTask(
  { clock, free = openFreeMemory() }: { clock: Clock; free?: (() => Promise<void>) | null },
): Task {
  return {
    name: "memory",
    async run(signal) {
      for (;;) {
        await clock.sleep(EVERY_MS, signal);
        await free?.();
      }
    },
  };
}
