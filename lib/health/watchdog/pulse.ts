import type { Clock } from "../../base/clock.ts";
import { messageOf, PerchError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import { type IntakeLook, type IntakeProgress, intakeProgress, proofFor } from "./progress.ts";

/*
 * DESIGN. A sign of life is the end of a chain: a timer of the main loop (it turns), the look at the intake (it
 * gets ahead), a message to the database worker (it answers), a write there if the last one is old (the disk takes
 * it), and the datagram, which the worker itself sends from a new socket (there are file descriptors). Whoever
 * hangs, the datagram is not sent, and the service manager, which is outside of all of them, ends the process and
 * starts it again. There is no other thread to watch over, and nothing to do while nobody asks for signs of life.
 *
 * A write that fails with a reason is an answer: the storage guard says it, and a restart would only take away
 * the pages that say so. A lock that another program holds is none: that write never comes to an end.
 */

/** What the worker is asked for. */
export interface PulseRequest {
  /** A commit that is older asks for a write. */
  writeAfterMs: number;
  /** Lines to the service manager once all of it is well. */
  lines: string[];
  /** The loop that sends these is missed after so long. */
  missedMs: number;
}

export interface PulseDeps {
  clock: Clock;
  log: Log;
  /** How long a sign of life may be missing; null: only the first is asked for. */
  deadlineMs: number | null;
  pulse: (request: PulseRequest) => Promise<void>;
  intake: () => Omit<IntakeLook, "atMs"> & { offered: number };
  /** A sentence about how Perch is. */
  status: () => string;
  /** Nothing restarts this process from outside: it has to end by itself. Null: something does. */
  end: ((error: PerchError) => void) | null;
  /** What hangs, or null when all is well again. */
  say: (what: string | null) => void;
  /** The first sign of life was sent. */
  onReady?: () => void;
}

/** Signs of life per deadline. */
const PER_DEADLINE = 4;
/** One that was not sent is tried again sooner, and missed looks are as close: the end comes at the deadline. */
const AGAIN_PER_PERIOD = 4;
const READY_AGAIN_MS = 1_000;
const READY_LATE_MS = 10_000;

export function pulseTask(deps: PulseDeps): Task {
  const { clock, log, deadlineMs } = deps;
  const periodMs = deadlineMs === null ? null : deadlineMs / PER_DEADLINE;
  const againMs = periodMs === null ? null : periodMs / AGAIN_PER_PERIOD;
  let intake: IntakeProgress | null = null;
  let offered = 0;
  let goodMs = clock.monotonic();
  let hangs: string | null = null;

  function say(what: string | null): void {
    if (what === hangs) return;
    if (what === null) log.info("every part moves again");
    else if (hangs === null) log.error(what);
    hangs = what;
    deps.say(what);
  }

  /** What keeps the intake from getting ahead; null: it does. And whether anything comes, or waits. */
  function look(): { stalled: string | null; busy: boolean; waiting: boolean } {
    const seen = deps.intake();
    const busy = seen.offered !== offered || seen.failing !== null;
    const waiting = seen.queued > 0 || seen.failing !== null;
    offered = seen.offered;
    intake = intakeProgress(intake, { ...seen, atMs: clock.monotonic() });
    const forMs = clock.monotonic() - (intake.stalledSinceMs ?? Infinity);
    const stalled = forMs < (periodMs ?? Infinity)
      ? null
      : `The intake has stored none of ${seen.queued} readings for ${seconds(forMs)}.`;
    return { stalled, busy, waiting };
  }

  /** One round through the chain; a sentence when it did not come to its end. */
  async function round(ready: boolean, signal: AbortSignal): Promise<string | null> {
    const { stalled, ...traffic } = look();
    if (stalled !== null) return stalled;
    const lines = [ready ? "WATCHDOG=1" : "READY=1", `STATUS=${deps.status()}`];
    const { writeAfterMs } = ready ? proofFor(traffic, periodMs ?? Infinity) : { writeAfterMs: 0 };
    const answer = deps.pulse({ writeAfterMs, lines, missedMs: deadlineMs ?? Infinity })
      .then(() => null, (error) => `A sign of life was not sent: ${messageOf(error)}.`);
    return await Promise.race([answer, late(answer, signal)]);
  }

  /** Says that an answer is late, again and again, until it is there. */
  async function late(answer: Promise<unknown>, signal: AbortSignal): Promise<string | null> {
    let over = false;
    answer.then(() => over = true);
    const askedMs = clock.monotonic();
    for (;;) {
      await clock.sleep(againMs ?? READY_LATE_MS, signal);
      if (over) return null;
      missed(`The database has not answered for ${seconds(clock.monotonic() - askedMs)}.`);
    }
  }

  function missed(what: string): void {
    const forMs = clock.monotonic() - goodMs;
    if (forMs > (periodMs ?? Infinity) * 2) say(what);
    if (deps.end !== null && deadlineMs !== null && forMs >= deadlineMs) {
      deps.end(new PerchError("storage_failed", what));
    }
  }

  return {
    name: "watchdog",
    async run(signal) {
      for (let ready = false;;) {
        const fault = await round(ready, signal);
        if (fault !== null) missed(fault);
        else {
          say(null);
          goodMs = clock.monotonic();
          if (!ready) deps.onReady?.();
          ready = true;
        }
        const restMs = fault === null ? periodMs : againMs;
        await clock.sleep(ready ? restMs ?? NEVER_MS : READY_AGAIN_MS, signal);
      }
    },
  };
}

/** Longest timer. */
const NEVER_MS = 24 * 3_600_000;
const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
