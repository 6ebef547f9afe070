import { addKey, type PerchProcess, startPerch } from "../../support/perch.ts";

/** Perch with a key and the environment of one measurement. */
export interface BenchPerch {
  perch: PerchProcess;
  headers: Record<string, string>;
  dataDir: string;
  metric(name: string): Promise<number>;
  /** Resolves with the time it took until `name` reached `least`. */
  until(name: string, least: number, timeoutMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Perch on an empty data directory below /tmp (a real file system, not tmpfs, where that is so). */
export async function benchPerch(
  env: Record<string, string>,
  role: "engineer" | "admin" = "engineer",
  binary?: string[],
): Promise<BenchPerch> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-bench-" });
  const key = await addKey({ dataDir, role });
  const perch = await startPerch({ dataDir, binary, env: { LOG_LEVEL: "warn", ...env } });
  const headers = { authorization: `Bearer ${key}` };
  const metric = async (name: string) => {
    const text = await (await fetch(`${perch.url}/metrics`, { headers })).text();
    const line = text.split("\n").find((l) => l.startsWith(`${name} `) || l.startsWith(`${name}{`));
    if (line === undefined) throw new Error(`no metric ${name} in:\n${text}`);
    return Number(line.slice(line.lastIndexOf(" ") + 1));
  };
  const until = async (name: string, least: number, timeoutMs: number) => {
    const endMs = performance.now() + timeoutMs;
    while (await metric(name) < least) {
      if (performance.now() > endMs) {
        throw new Error(`${name} is ${await metric(name)} of ${least} after ${timeoutMs} ms`);
      }
      await new Promise((r) => setTimeout(r, 20));
    }
  };
  // What is published before the subscription stands does not count.
  if (env.MQTT_URL) await until('perch_component_ok{component="mqtt"}', 1, 10_000);
  return {
    perch,
    headers,
    dataDir,
    metric,
    until,
    async stop() {
      await perch.stop();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

/** Counters of `/proc/<pid>/io` (bytes passed to write calls, bytes sent to the storage layer). */
export function processIo(pid: number): { writtenBytes: number; storageBytes: number } {
  const text = Deno.readTextFileSync(`/proc/${pid}/io`);
  const at = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, "m").exec(text)![1]);
  return { writtenBytes: at("wchar"), storageBytes: at("write_bytes") };
}

/** Peak and present resident memory in MB, and the anonymous part of the present. */
export function processMemory(pid: number): { peakMb: number; rssMb: number; anonymousMb: number } {
  const text = Deno.readTextFileSync(`/proc/${pid}/status`);
  const at = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)![1]) / 1024;
  return { peakMb: at("VmHWM"), rssMb: at("VmRSS"), anonymousMb: at("RssAnon") };
}

/** CPU µs of each thread of a process so far, by `name#number`; the main thread is `main`. */
export function threadCpuUs(pid: number): Map<string, number> {
  const threads = new Map<string, number>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const at = `/proc/${pid}/task/${name}`;
    try {
      const us = Number(Deno.readTextFileSync(`${at}/schedstat`).split(" ")[0]) / 1000;
      const called = Deno.readTextFileSync(`${at}/comm`).trim();
      threads.set(name === String(pid) ? "main" : `${called}#${name}`, us);
    } catch {
      // It ended meanwhile.
    }
  }
  return threads;
}

/** CPU seconds that a process has used. */
export function processCpuS(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/**
 * Environment that delays each fsync of a program by `delayMs`, as an SD card does. Null when the helper
 * library cannot be had (its source stands in `../shared`).
 */
export async function slowFsync(delayMs: number): Promise<Record<string, string> | null> {
  const source = new URL("../../../../shared/tools/slow_fsync.c", import.meta.url).pathname;
  const library = `${await Deno.makeTempDir({ prefix: "perch-fsync-" })}/slow_fsync.so`;
  const built = await new Deno.Command("cc", {
    args: ["-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"],
  }).output().catch(() => null);
  if (!built?.success) return null;
  return { LD_PRELOAD: library, FSYNC_US: String(delayMs * 1000) };
}
