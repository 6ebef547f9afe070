import type { Clock } from "../base/clock.ts";
import { createKernelFiles } from "../base/kernel_files.ts";
import { createSense } from "../health/emergency/sense.ts";
import { createDatabaseWrites } from "../health/history/database_writes.ts";
import { createCollector, HOST_ROOTS } from "../health/host/collector.ts";
import type { HostWatch } from "../health/history/host_watch.ts";

/** Looks at the host that this process runs on. */
export function ownHost(dataDir: string): (clock: Clock) => HostWatch {
  return (clock) => {
    const files = createKernelFiles({ roots: HOST_ROOTS });
    const collector = createCollector({ files, clock, dataDir });
    return {
      sample: () => collector.sample(),
      sense: createSense({ files, clock, dataDir }),
      databaseWrites: createDatabaseWrites(files),
    };
  };
}
