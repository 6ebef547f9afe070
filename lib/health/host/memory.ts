import type { HostMemory } from "../host_sample.ts";
import { valueOf, wholeNumber, words } from "./number.ts";

/** Reads `/proc/meminfo`; null when one of the four sizes is missing. `zramBytes` is filled in by `zramIn`. */
export function parseMeminfo(text: string): HostMemory | null {
  const bytes = (name: string) => {
    const value = /^(\d+) kB$/.exec(valueOf(text, name) ?? "");
    const kilobytes = wholeNumber(value?.[1]);
    return kilobytes === null ? null : kilobytes * 1024;
  };
  const totalBytes = bytes("MemTotal"), availableBytes = bytes("MemAvailable");
  const swapTotalBytes = bytes("SwapTotal"), swapFreeBytes = bytes("SwapFree");
  if (totalBytes === null || availableBytes === null) return null;
  if (swapTotalBytes === null || swapFreeBytes === null || totalBytes === 0) return null;
  return { totalBytes, availableBytes, swapTotalBytes, swapFreeBytes, zramBytes: null };
}

/** Names of the compressed disks that are used as swap, out of `/proc/swaps`. */
export function zramIn(swaps: string): string[] {
  return Array.from(swaps.matchAll(/^\/dev\/(zram\d+)\s/gm), ([, name]) => name);
}

/** Memory that a compressed disk takes, in bytes: the third figure of `/sys/block/zram<n>/mm_stat`. */
export function parseMmStat(text: string): number | null {
  const columns = words(text);
  return columns.length >= 7 ? wholeNumber(columns[2]) : null;
}
