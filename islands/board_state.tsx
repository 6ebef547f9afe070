import type { VNode } from "preact";
import { clockTime, dateTime } from "../lib/words/times.ts";
import { feed } from "./board_now.ts";

/** The time, where it is wanted. Says when what is shown is not from now, and what becomes of it; nothing while all is well. */
export function BoardState(
  { zone, clock, nowMs }: { zone: string; clock: boolean; nowMs: number },
): VNode {
  const isServer = typeof document === "undefined";
  const { state, sinceMs } = isServer ? { state: "live", sinceMs: 0 } : feed.state.value;
  const since = state === "live" ? "" : clockTime(sinceMs, feed.now.value, zone);
  const at = isServer ? nowMs : Math.max(feed.now.value, nowMs);
  return (
    <div class="board-state">
      {clock && (
        <p class="board-clock">
          <time dateTime={new Date(at).toISOString()}>{dateTime(at, zone).slice(11, 16)}</time>
          <span class="muted">{zone}</span>
        </p>
      )}
      <div role="status">
        {state === "offline" && (
          <p class="offline">
            {`Perch cannot be reached since ${since}; the values are from then. Trying again.`}
          </p>
        )}
        {state === "signed-out" && (
          <p class="offline">
            The sign-in has ended. <a href="/sign-in">Sign in again</a>
          </p>
        )}
        {state === "gone" && <p class="offline">This is not shown any more.</p>}
      </div>
    </div>
  );
}
