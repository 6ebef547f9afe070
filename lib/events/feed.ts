import type { Clock } from "../base/clock.ts";
import type { Task } from "../base/supervisor.ts";
import { createWake } from "../base/wake.ts";
import type { LoggedEvent } from "./event.ts";
import type { EventLog } from "./events_store.ts";

/**
 * Hands on what comes into the event log while Perch runs: each event once, in the order of the log, and only when it
 * is committed. It asks the database only while a row that was made is still expected there.
 */
export interface EventFeed {
  /** A row was made: it will be in the log soon, or its transaction fails. */
  expect(): void;
  /** Hands on what is committed and was not yet: before the database closes. */
  look(): Promise<void>;
  readonly task: Task;
}

/** A row is in the database after this long, or its transaction failed. */
const COMMITTED_MS = 60_000;
const FIRST_LOOK_MS = 50;
const SLOWEST_LOOK_MS = 1_000;
const MOST_AT_ONCE = 500;
const IDLE_MS = 24 * 3_600_000;

export function createEventFeed(
  { clock, log, afterId, publish }: {
    clock: Clock;
    log: Pick<EventLog, "after">;
    /** Events after this one are handed on. */
    afterId: number;
    publish: (events: readonly LoggedEvent[]) => void;
  },
): EventFeed {
  const wake = createWake(clock);
  let expected = 0;
  let untilMs = 0;
  let waitMs = FIRST_LOOK_MS;
  let handedOn = afterId;

  async function look(): Promise<void> {
    const news = await log.after(handedOn, MOST_AT_ONCE);
    if (news.length > 0) {
      handedOn = news.at(-1)!.id;
      publish(news);
    }
    if (news.length === MOST_AT_ONCE) waitMs = 0;
    else if (clock.monotonic() > untilMs) expected = 0;
    else expected = Math.max(0, expected - news.length);
  }

  return {
    expect() {
      expected++;
      untilMs = clock.monotonic() + COMMITTED_MS;
      waitMs = FIRST_LOOK_MS;
      if (expected === 1) wake.now();
    },
    look,
    task: {
      name: "event feed",
      async run(signal) {
        for (;;) {
          if (expected === 0) await wake.sleep(IDLE_MS, signal);
          if (expected === 0) continue;
          await clock.sleep(waitMs, signal);
          waitMs = Math.min(Math.max(waitMs, FIRST_LOOK_MS) * 2, SLOWEST_LOOK_MS);
          await look();
        }
      },
    },
  };
}
