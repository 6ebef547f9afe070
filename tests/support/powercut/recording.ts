import { basename, join } from "node:path";
import type { Scenario } from "./ledger.ts";
import type { Sabotage } from "./workload.ts";

/** One thing that the recorded program did to its database, in order. */
export type Operation =
  | { kind: "write"; file: string; offset: number; data: Uint8Array }
  | { kind: "truncate"; file: string; length: number }
  | { kind: "remove"; file: string }
  | { kind: "sync"; file: string }
  | { kind: "sync-folder" }
  | { kind: "ack"; group: number };

/** The database's files that survive a power cut (the `-shm` file is rebuilt). */
const FILES = new Set(["perch.db", "perch.db-wal", "perch.db-journal"]);
const CALLS = "pwrite64,write,fsync,fdatasync,ftruncate,unlink";

/** Whether strace is installed. `PERCH_TEST_REQUIRE=all` makes its absence an error. */
export async function haveStrace(): Promise<boolean> {
  try {
    if ((await new Deno.Command("strace", { args: ["-V"], stdout: "null" }).output()).success) {
      return true;
    }
  } catch {
    // not installed
  }
  if (Deno.env.get("PERCH_TEST_REQUIRE") === "all") {
    throw new Error("strace is not installed: apt-get install strace");
  }
  console.warn("SKIPPED: strace is not installed (apt-get install strace)");
  return false;
}

/** Runs a scenario under strace in `folder` and returns what it did to the disk. */
export async function record(
  folder: string,
  scenario: Scenario,
  sabotage: Sabotage,
): Promise<Operation[]> {
  const trace = join(folder, "trace");
  const { success, stderr } = await new Deno.Command("strace", {
    args: [
      ...["-f", "-ttt", "-ff", "-xx", "-y", "-s", "1000000", "-e", `trace=${CALLS}`, "-o", trace],
      Deno.execPath(),
      ...["run", "--quiet", "--no-check", "--allow-read", "--allow-write", "--allow-net"],
      ...["--allow-ffi", "--allow-env=LIBSQL_JS_DEV"],
      ...["--allow-sys=cpus,networkInterfaces,hostname"],
      join(import.meta.dirname!, "workload.ts"),
      ...[join(folder, "perch.db"), scenario, sabotage],
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`the workload failed: ${new TextDecoder().decode(stderr)}`);
  const timed: [number, Operation][] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.name.startsWith("trace.")) continue;
    for (const line of (await Deno.readTextFile(join(folder, entry.name))).split("\n")) {
      const operation = parse(line, basename(folder));
      if (operation) timed.push(operation);
    }
  }
  return timed.sort((a, b) => a[0] - b[0]).map(([, operation]) => operation);
}

const LINE = /^(\d+\.\d+) (\w+)\((\d+)<([^>]*)>(.*)\)\s+= (-?\d+)/;

const UNLINK = /^(\d+\.\d+) unlink\(("[^"]*")\)\s+= 0/;

/** One line of `strace -ttt -xx -y`; undefined for what does not matter. */
function parse(line: string, folder: string): [number, Operation] | undefined {
  const removed = UNLINK.exec(line);
  if (removed) {
    const file = basename(text(removed[2]));
    return FILES.has(file) ? [Number(removed[1]), { kind: "remove", file }] : undefined;
  }
  const match = LINE.exec(line);
  if (!match || match[6].startsWith("-")) return undefined;
  const [, time, call, , descriptor, args, result] = match;
  const file = basename(text(descriptor));
  const atMs = Number(time);
  if (call === "write") {
    const data = text(args);
    const ack = /^ACK (\d+)\n$/.exec(data);
    return ack ? [atMs, { kind: "ack", group: Number(ack[1]) }] : undefined;
  }
  if (file === folder && call.endsWith("sync")) return [atMs, { kind: "sync-folder" }];
  if (!FILES.has(file)) return undefined;
  const lastNumber = () => Number(args.slice(args.lastIndexOf(",") + 1));
  if (call === "pwrite64") {
    const data = bytesOf(args);
    if (data.length !== Number(result)) throw new Error(`a write was cut in the trace: ${result}`);
    return [atMs, { kind: "write", file, offset: lastNumber(), data }];
  }
  if (call === "ftruncate") return [atMs, { kind: "truncate", file, length: lastNumber() }];
  return [atMs, { kind: "sync", file }];
}

/** The first quoted string of the arguments; every byte stands as `\xNN`. */
function bytesOf(args: string): Uint8Array {
  const hex = /"((?:\\x[0-9a-f]{2})*)"/.exec(args)?.[1] ?? "";
  const bytes = new Uint8Array(hex.length / 4);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.slice(i * 4 + 2, i * 4 + 4), 16);
  return bytes;
}

function text(hex: string): string {
  const quoted = hex.includes('"') ? hex : `"${hex}"`;
  return new TextDecoder().decode(bytesOf(quoted));
}
