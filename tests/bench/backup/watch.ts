const EVERY_MS = 100;

/** The most that was seen since the last call. */
export interface Most {
  /** Resident memory of the process and all below it, in MB. */
  rssMb: number;
  /** Of the log beside the database. */
  walMb: number;
}

/** Looks ten times a second. */
export function watch(pid: number, database: string): { take(): Most; stop(): void } {
  let most: Most = { rssMb: 0, walMb: 0 };
  const look = () => {
    most.rssMb = Math.max(most.rssMb, treeRssMb(pid));
    most.walMb = Math.max(most.walMb, sizeOf(`${database}-wal`) / 1e6);
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    take() {
      look();
      const taken = most;
      most = { rssMb: 0, walMb: 0 };
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}

function treeRssMb(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const own = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
    const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
    return children.split(" ").filter((child) => child !== "")
      .reduce((sum, child) => sum + treeRssMb(Number(child)), own);
  } catch {
    return 0;
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
