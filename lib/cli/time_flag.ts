import { UsageError } from "./command.ts";

const UNIT_MS: Record<string, number> = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3 };

/** `90m`, `2h`, `3d` in ms; null when the text is no such duration. */
function durationMs(text: string): number | null {
  const parts = /^(\d{1,6})([smhd])$/.exec(text);
  return parts === null ? null : Number(parts[1]) * UNIT_MS[parts[2]];
}

function timeMs(text: string): number | null {
  const ms = /^\d{4}-\d\d/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** A time in the past: `2026-11-20T10:00Z`, or an age such as `90m`. @throws UsageError */
export function parseSince(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const age = durationMs(text);
  const ms = age === null ? timeMs(text) : nowMs - age;
  if (ms !== null) return ms;
  throw new UsageError(
    `--since is "${text}": give a time like 2026-11-20T10:00Z or an age like 2h`,
  );
}

/** A time to come: `2027-01-31`, or how long from now, such as `90d`. @throws UsageError */
export function parseExpires(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const life = durationMs(text);
  const ms = life === null ? timeMs(text) : nowMs + life;
  if (ms !== null && ms > nowMs) return ms;
  throw new UsageError(
    `--expires is "${text}": give a time to come like 2027-01-31, or how long from now like 90d`,
  );
}
