import type { VNode } from "preact";
import { ago, dateTime } from "../../lib/words/times.ts";

/** A time as `3 h ago`, exact on hover; `never` for null. */
export function Ago(
  { tMs, nowMs, zone }: { tMs: number | null; nowMs: number; zone: string },
): VNode {
  if (tMs === null) return <>never</>;
  return (
    <time dateTime={new Date(tMs).toISOString()} title={dateTime(tMs, zone)}>
      {ago(nowMs - tMs)}
    </time>
  );
}

/** Date and time as they are. */
export function Exact({ tMs, zone }: { tMs: number; zone: string }): VNode {
  return <time dateTime={new Date(tMs).toISOString()}>{dateTime(tMs, zone)}</time>;
}
