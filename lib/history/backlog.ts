import type { Clock } from "../base/clock.ts";
import { grouped } from "../words/numbers.ts";
import { DAY_MS, duration, HOUR_MS, MINUTE_MS } from "../words/times.ts";
import type { History } from "./history.ts";

/** Why readings that wait for the history server need a person. */
export interface Backlog {
  /** A sentence without its stop. */
  text: string;
  /** The server has been away for a day; else it takes less than is sealed. */
  away: boolean;
}

/** Pieces (of up to 10 000 readings each) that may wait without a word, so that a first fill of a few is none. */
export const CHUNKS_MOST = 1_000;
const LOOK_MS = MINUTE_MS;

/**
 * Looks at what waits, at most once a minute, and says when that has waited for a server that was away for a day, or
 * is more than `CHUNKS_MOST` and has grown within an hour: until it is there, the disk keeps it, whatever the
 * retention says. Null: all is well.
 */
export function createBacklog(
  clock: Pick<Clock, "now" | "monotonic">,
  history: Pick<History, "state" | "waiting">,
): () => Promise<Backlog | null> {
  let looks: { atMs: number; chunks: number }[] = [];
  let found: Backlog | null = null;

  return async () => {
    const { health, failingSinceMs } = history.state();
    const atMs = clock.monotonic();
    if (health === "off") {
      looks = [];
      return null;
    }
    const last = looks.at(-1);
    if (last !== undefined && atMs - last.atMs < LOOK_MS) return found;
    const { chunks, readings } = await history.waiting();
    looks.push({ atMs, chunks });
    while (looks.length > 1 && atMs - looks[1].atMs >= HOUR_MS) looks.shift();
    const [first] = looks;
    const much = `${grouped(readings)} readings in ${grouped(chunks)} pieces`;
    const awayMs = failingSinceMs === null ? 0 : clock.now() - failingSinceMs;
    found = null;
    if (chunks > 0 && awayMs >= DAY_MS) {
      const text = `${much} wait for the history server, which has taken nothing for ` +
        `${duration(awayMs)}: they fill this disk until it does`;
      found = { text, away: true };
    } else if (chunks > CHUNKS_MOST && chunks > first.chunks && atMs - first.atMs >= HOUR_MS) {
      const text = `${much} wait for the history server, ${grouped(chunks - first.chunks)} more ` +
        `than an hour ago: it takes less than comes, and they fill this disk`;
      found = { text, away: false };
    }
    return found;
  };
}
