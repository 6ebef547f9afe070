import { wholeNumber, words } from "./number.ts";

/** Counters of one disk since the boot. */
export interface DiskCounters {
  name: string;
  readBytes: number;
  writtenBytes: number;
  busyMs: number;
}

const SECTOR_BYTES = 512;
/** Whole disks; not their parts, and not what lies on top of others (`dm-0`, `md0`, `loop0`, `zram0`). */
const DISK = /^(mmcblk\d+|nvme\d+n\d+|(s|h|v|xv)d[a-z]+)$/;
const COLUMNS = 14;

/** Reads `/proc/diskstats` (kernel's iostats documentation). Lines that are not as documented are left out. */
export function parseDiskstats(text: string): DiskCounters[] {
  const disks: DiskCounters[] = [];
  for (const line of text.split("\n")) {
    const columns = words(line);
    if (columns.length < COLUMNS || !DISK.test(columns[2])) continue;
    const [read, written, busyMs] = [columns[5], columns[9], columns[12]].map(wholeNumber);
    if (read === null || written === null || busyMs === null) continue;
    disks.push({
      name: columns[2],
      readBytes: read * SECTOR_BYTES,
      writtenBytes: written * SECTOR_BYTES,
      busyMs,
    });
  }
  return disks;
}
