import { doing } from "../../support/bench.ts";
import { childArgs } from "../../support/perch.ts";
import { listenForDatagrams } from "../../support/service_manager.ts";

const CHILD = new URL("./idle_child.ts", import.meta.url).pathname;
/** The first hour makes the database and the sensors of the host. */
const FIRST_H = 1;
const DAY_H = 24;
/**
 * Measured and scaled to a day. A whole one would not do: the database has a clock of its own, which is right, so
 * that from then on it is found unchecked since yesterday all the time.
 */
const HOURS = 22;
const TIMES = 240;
const HOUR_MS = 3_600_000 / TIMES;

/**
 * What a Perch that has nothing to do writes in a day, with the history of its host and a service manager that wants
 * signs of life (MB as the kernel counts them, everything included). The clock runs 240 times as fast, so that a day
 * takes six minutes; `hours` for a part of one.
 */
export async function idleDay(hours = HOURS): Promise<Record<string, number>> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-idle-" });
  const socket = `${dataDir}/notify`;
  const manager = listenForDatagrams(socket);
  const [run, ...args] = childArgs(CHILD, [dataDir, socket, String(TIMES)]);
  const child = new Deno.Command(Deno.execPath(), {
    // What the source compiles is kept by Deno, and is no part of it.
    args: [run, "--no-code-cache", ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const drain = setInterval(() => manager.take(), 1_000);
  try {
    const output = child.stdout.getReader();
    await output.read();
    output.releaseLock();
    await sleep(FIRST_H * HOUR_MS);
    const before = written(child.pid);
    for (let hour = 0; hour < hours; hour++) {
      if (hour % 4 === 0) doing("idle", hour, hours);
      await sleep(HOUR_MS);
    }
    return { idle_written_mb_a_day: (written(child.pid) - before) * (DAY_H / hours) / 1e6 };
  } finally {
    child.kill();
    await child.status;
    clearInterval(drain);
    manager.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** Bytes given to the disk since the process started, less what was deleted before it got there. */
function written(pid: number): number {
  const text = Deno.readTextFileSync(`/proc/${pid}/io`);
  const of = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, "m").exec(text)![1]);
  return of("write_bytes") - of("cancelled_write_bytes");
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
