/** A control group of the kernel that bounds the memory of a process and of all that it starts, as a small host does. */

/** What such a group has counted. */
export interface MemoryCounts {
  /** Most of everything, with the cache of files, which gives way at the limit. */
  peakMb: number;
  /** At the moment: what no file stands behind. */
  anonymousMb: number;
  /** Processes that the kernel ended for want of memory. */
  kills: number;
}

export interface MemoryGroup extends AsyncDisposable {
  /** `cgroup v1` or `v2`. */
  kind: string;
  folder: string;
  /** What stands before the command of a process that begins in it. */
  under: string[];
  counts(): MemoryCounts;
  /** Processes in it. */
  pids(): number[];
}

const ROOT = "/sys/fs/cgroup";
const MB = 1024 * 1024;

/** Files of the two versions: limits to write, and where the figures stand. */
const VERSIONS = [
  {
    kind: "cgroup v2",
    parent: ROOT,
    limits: (bytes: number) => ({ "memory.max": `${bytes}`, "memory.swap.max": "0" }),
    peak: "memory.peak",
    anonymous: /^anon (\d+)$/m,
    kills: ["memory.events", /^oom_kill (\d+)$/m] as const,
  },
  {
    kind: "cgroup v1",
    parent: `${ROOT}/memory`,
    limits: (bytes: number) => ({ "memory.limit_in_bytes": `${bytes}` }),
    peak: "memory.max_usage_in_bytes",
    anonymous: /^total_rss (\d+)$/m,
    kills: ["memory.oom_control", /^oom_kill (\d+)$/m] as const,
  },
];

/** Makes one of so many megabytes; null where this user may not: a limit of the address space is no substitute. */
export function memoryGroup(megabytes: number): MemoryGroup | null {
  for (const version of VERSIONS) {
    const folder = `${version.parent}/perch-${Deno.pid}-${crypto.randomUUID().slice(0, 8)}`;
    try {
      Deno.mkdirSync(folder);
    } catch {
      continue;
    }
    try {
      for (const [file, value] of Object.entries(version.limits(megabytes * MB))) {
        write(`${folder}/${file}`, value);
      }
      return opened(folder, version);
    } catch {
      Deno.removeSync(folder);
    }
  }
  return null;
}

/**
 * Whether it can be made. No package brings it where the host does not give it, so tests are left out then, also with
 * `PERCH_TEST_REQUIRE=all`.
 */
export function haveMemoryGroups(): boolean {
  const group = memoryGroup(64);
  if (group !== null) {
    Deno.removeSync(group.folder);
    return true;
  }
  console.log("left out: no control group can be made here (root, and the kernel's memory groups)");
  return false;
}

function opened(folder: string, { kind, peak, anonymous, kills }: typeof VERSIONS[number]) {
  const read = (file: string) => Deno.readTextFileSync(`${folder}/${file}`);
  const pids = () => read("cgroup.procs").split("\n").filter(Boolean).map(Number);
  return {
    ...{ kind, folder },
    under: ["sh", "-c", 'echo $$ >"$0" && exec "$@"', `${folder}/cgroup.procs`],
    pids,
    counts: () => ({
      peakMb: Number(read(peak)) / MB,
      anonymousMb: Number(anonymous.exec(read("memory.stat"))![1]) / MB,
      kills: Number(kills[1].exec(read(kills[0]))![1]),
    }),
    async [Symbol.asyncDispose]() {
      // A process that has just ended is in it for a moment.
      for (let i = 0; pids().length > 0 && i < 50; i++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await Deno.remove(folder);
    },
  };
}

/** These files can be neither created nor truncated. */
function write(file: string, text: string): void {
  using opened = Deno.openSync(file, { write: true });
  opened.writeSync(new TextEncoder().encode(text));
}
