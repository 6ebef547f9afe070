const PRIO_PROCESS = 0;
const NICE = 5;

/**
 * A program gets processor time after Perch (setpriority(2)), as readings come first; threads that it makes later
 * inherit that. Right after its start. 0: the thread that calls, of a worker whose work may wait. Elsewhere than on Linux with glibc nothing happens.
 */
export function lowerPriority(pid: number): void {
  if (Deno.build.os !== "linux") return;
  try {
    const libc = Deno.dlopen("libc.so.6", {
      setpriority: { parameters: ["i32", "u32", "i32"], result: "i32" },
    });
    libc.symbols.setpriority(PRIO_PROCESS, pid, NICE);
    libc.close();
  } catch { /* it competes then */ }
}
