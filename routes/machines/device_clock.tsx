import type { VNode } from "preact";
import { duration } from "../../lib/words/times.ts";

/** Less is the way of a message. */
const NOTABLE_MS = 5_000;

/** How far the clock of the device is off, where it gives times of its own. */
export function DeviceClock({ behindMs }: { behindMs: number | null }): VNode | null {
  if (behindMs === null) return null;
  const off = duration(Math.abs(behindMs));
  return (
    <p class="muted device-clock">
      {Math.abs(behindMs) < NOTABLE_MS
        ? "Its clock agrees with this host’s."
        : behindMs > 0
        ? `Its clock is ${off} behind this host’s, or its readings take that long to arrive.`
        : `Its clock is ${off} ahead of this host’s.`}
    </p>
  );
}
