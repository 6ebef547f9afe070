import type { HostBlock, HostNetwork } from "../host_sample.ts";
import type { DiskCounters } from "./blocks.ts";
import { cpuShares, type CpuTicks } from "./cpu.ts";
import type { InterfaceCounters } from "./network.ts";
import { growth, rounded } from "./number.ts";

/** What all of a host's counters said in one sample. */
export interface Counters {
  monotonicMs: number;
  cpu: CpuTicks | null;
  disks: readonly DiskCounters[];
  interfaces: readonly InterfaceCounters[];
  /** Seconds of a core that Perch took. */
  processS: number | null;
}

export type InterfaceRates = Pick<HostNetwork, "name" | "receivedBytesPerS" | "sentBytesPerS">;

/** What grew since the sample before, as shares and per second. Null where that is not known. */
export function ratesOf(before: Counters | null, now: Counters) {
  const passedMs = before === null ? 0 : now.monotonicMs - before.monotonicMs;
  const perMs = (was: number | null | undefined, is: number | null) => {
    if (was === null || was === undefined || is === null || passedMs <= 0) return null;
    const grown = growth(was, is);
    return grown === null ? null : grown / passedMs;
  };
  const perS = (was: number | undefined, is: number) => {
    const rate = perMs(was, is);
    return rate === null ? null : Math.round(rate * 1_000);
  };
  const blocks = now.disks.map(({ name, writtenBytes, readBytes, busyMs }): HostBlock => {
    const busy = perMs(before?.disks.find((one) => one.name === name)?.busyMs, busyMs);
    return {
      name,
      writtenBytes,
      readBytes,
      busy: busy === null ? null : rounded(Math.min(1, busy)),
    };
  });
  const network = now.interfaces.map(({ name, receivedBytes, sentBytes }): InterfaceRates => {
    const was = before?.interfaces.find((one) => one.name === name);
    return {
      name,
      receivedBytesPerS: perS(was?.receivedBytes, receivedBytes),
      sentBytesPerS: perS(was?.sentBytes, sentBytes),
    };
  });
  const processPerMs = perMs(before?.processS, now.processS);
  return {
    cpu: now.cpu !== null && before?.cpu ? cpuShares(before.cpu, now.cpu) : null,
    process: processPerMs === null ? null : rounded(processPerMs * 1_000),
    blocks,
    network,
  };
}
