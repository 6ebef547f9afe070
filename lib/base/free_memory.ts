/**
 * The C library keeps what was freed for later: after trainings, backups and storms that is tens of megabytes, which
 * never become fewer and which a small host needs. `malloc_trim(3)` of glibc gives them back. It walks through all
 * that is allocated, some milliseconds, on a thread of its own. What is large is kept apart from the beginning
 * (`mallopt(3)`), and given back when it is freed: by itself glibc puts ever larger pieces, once one of them was
 * freed, between small ones that stay, where no trim gets at them.
 */
import type { Clock } from "./clock.ts";
import type { Task } from "./supervisor.ts";

/** What a start leaves behind is a third of what the C library holds then. */
const FIRST_MS = 20_000;
const EVERY_MS = 10 * 60_000;
const LOOK_MS = 1_000;
const GROWN_BYTES = 6 * 1024 * 1024;
const M_MMAP_THRESHOLD = -3;
const LARGE_BYTES = 256 * 1024;

/** Keeps what is large apart; gives what gives back what the C library keeps for later. Null: this one cannot. */
export function openFreeMemory(): (() => Promise<void>) | null {
  if (Deno.build.os !== "linux") return null;
  try {
    const { symbols } = Deno.dlopen("libc.so.6", {
      malloc_trim: { parameters: ["usize"], result: "i32", nonblocking: true },
      mallopt: { parameters: ["i32", "i32"], result: "i32" },
    });
    symbols.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    return async () => void await symbols.malloc_trim(0n);
  } catch {
    return null;
  }
}

/**
 * Does so some seconds after all has started, every ten minutes, and when the process has grown by 6 MB since: under
 * load the C library comes to keep as much as is in use. `afterStart` is called at once and after those seconds: what
 * has run till then is not needed any more (`program_pages.ts`).
 * @param bytes what the process has in memory of its own
 */
export function freeMemoryTask(
  { clock, free, afterStart, bytes }: {
    clock: Clock;
    free: () => Promise<void>;
    afterStart: () => void;
    bytes: () => number;
  },
): Task {
  return {
    name: "memory",
    async run(signal) {
      afterStart();
      let least = bytes();
      let isStart = true;
      for (let dueMs = clock.monotonic() + FIRST_MS;;) {
        await clock.sleep(LOOK_MS, signal);
        const now = bytes();
        least = Math.min(least, now);
        const isDue = clock.monotonic() >= dueMs;
        if (!isDue && now < least + GROWN_BYTES) continue;
        if (isDue && isStart) afterStart();
        if (isDue) [dueMs, isStart] = [clock.monotonic() + EVERY_MS, false];
        await free();
        least = bytes();
      }
    },
  };
}
