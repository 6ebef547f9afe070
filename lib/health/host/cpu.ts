import { rounded, wholeNumber, wholeNumbers, words } from "./number.ts";

/** Ticks since the boot, of all cores together (proc_stat(5)). */
export interface CpuTicks {
  total: number;
  /** Of programs and threads that give way to others. */
  nice: number;
  idle: number;
  iowait: number;
  steal: number;
  /** Null where they are not listed. */
  cores: number | null;
}

/** Reads `/proc/stat`; null when its first line is not as documented. */
export function parseStat(text: string): CpuTicks | null {
  const lines = text.split("\n");
  const [name, ...rest] = words(lines[0]);
  const ticks = name === "cpu" ? wholeNumbers(rest.join(" ")) : null;
  if (ticks === null || ticks.length < 4) return null;
  // Guests (9, 10) are counted in user and nice already. Old kernels have fewer columns.
  const [user, nice, system, idle, iowait = 0, irq = 0, softirq = 0, steal = 0] = ticks;
  const cores = lines.filter((line) => /^cpu\d+ /.test(line)).length || null;
  const total = user + nice + system + idle + iowait + irq + softirq + steal;
  return { total, nice, idle, iowait, steal, cores };
}

/** Shares of the time between two looks; null when no time went by. Single counters may step back a little. */
export function cpuShares(
  before: CpuTicks,
  now: CpuTicks,
): { used: number; iowait: number; steal: number } | null {
  const total = now.total - before.total;
  if (total <= 0) return null;
  const share = (ticks: number) => Math.min(1, Math.max(0, ticks / total));
  const iowait = share(now.iowait - before.iowait);
  const idle = share(now.idle - before.idle);
  const steal = share(now.steal - before.steal);
  const used = Math.max(0, 1 - idle - iowait - steal);
  return { used: rounded(used), iowait: rounded(iowait), steal: rounded(steal) };
}

/** Of what was used, the share of programs and threads that give way to others; null when no time went by. */
export function niceShare(before: CpuTicks, now: CpuTicks): number | null {
  const total = now.total - before.total;
  return total <= 0 ? null : Math.min(1, Math.max(0, (now.nice - before.nice) / total));
}

/** Reads `/proc/loadavg`: `0.42 0.38 0.30 1/173 4242`. */
export function parseLoad(text: string): readonly [number, number, number] | null {
  const match = /^(\d{1,6}\.\d+) (\d{1,6}\.\d+) (\d{1,6}\.\d+) /.exec(text);
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Reads `/proc/uptime`: seconds since the boot. */
export function parseUptime(text: string): number | null {
  const match = /^(\d+)\.\d+ /.exec(text);
  return match === null ? null : wholeNumber(match[1]);
}
