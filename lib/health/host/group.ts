import { wholeNumber } from "./number.ts";

/** Folder of this process's own group, out of `/proc/self/cgroup`; null: the host has no cgroup v2. */
export function groupFolder(text: string): string | null {
  const path = /^0::(\/.*)$/m.exec(text)?.[1];
  return path === undefined ? null : `/sys/fs/cgroup${path === "/" ? "" : path}`;
}

/** Judges `memory.current`, `memory.max` (`max`: no limit) and `memory.events`; null where the first is missing. */
export function judgeGroup(
  current: string | null,
  max: string | null,
  events: string | null,
): { memoryBytes: number; memoryMostBytes: number | null; oomKills: number | null } | null {
  const memoryBytes = wholeNumber(current);
  if (memoryBytes === null) return null;
  const oomKills = wholeNumber(/^oom_kill (\d+)$/m.exec(events ?? "")?.[1]);
  return { memoryBytes, memoryMostBytes: wholeNumber(max), oomKills };
}
