import { createWake } from "../../base/wake.ts";
import { messageOf } from "../../base/errors.ts";
import { duration, span } from "../../words/times.ts";
import type { Asked } from "./ask.ts";
import type { Poll } from "./poll.ts";
import { dueMs, type Track } from "./track.ts";
import { createKeeper, type Watch, type WatchDeps } from "./watch.ts";

/** Waits for what reports by itself, and says when it did not. */
export function createHeartbeat(poll: Poll, deps: WatchDeps, before: Track | null): Watch {
  const { clock, log } = deps;
  const keeper = createKeeper(poll, deps, before);
  const wake = createWake(clock);
  const everyMs = poll.settings.every_s * 1_000;
  const graceMs = Number(poll.options.grace_s) * 1_000;
  let startedMs = clock.now();
  let heardMs: number | null = null;
  let nextMs: number | null = null;

  /** Readings are taken while they are; who reports is told if not. */
  function take(outcome: Pick<Asked, "detail" | "fault" | "responseMs">): Promise<void> {
    return keeper.take({ tMs: clock.now(), values: [], hangs: false, ...outcome }, 1);
  }

  function missed(): Pick<Asked, "detail" | "fault" | "responseMs"> {
    const grace = graceMs > 0 ? ` (${span(graceMs)} of grace)` : "";
    const last = heardMs ??
      keeper.state().track.checks.findLast(({ state }) => state === "up")?.tMs;
    const when = last === undefined
      ? "It has never reported"
      : `It has not reported for ${duration(Math.max(1_000, clock.now() - last))}`;
    return {
      detail: `${when}; it must every ${span(everyMs)}${grace}`,
      fault: "missed",
      responseMs: null,
    };
  }

  async function look(): Promise<void> {
    if (deps.held() !== null) {
      // What reported meanwhile was refused: all the time again afterwards.
      startedMs = clock.now();
      heardMs = null;
    } else if (nextMs !== null && clock.now() >= nextMs) {
      startedMs = clock.now();
      await take(missed()).catch((error) =>
        log.debug(`readings of the heartbeat ${poll.name} are given up`, {
          error: messageOf(error),
        })
      );
    }
  }

  /** One that is down has all the time again, whatever it said last. */
  function due(): number {
    const isDown = keeper.state().track.up === false;
    return dueMs({ heardMs: isDown ? null : heardMs, startedMs, everyMs, graceMs });
  }

  return {
    state: () => ({ ...keeper.state(), nextMs, held: deps.held() }),
    askNow: null,
    async beat({ up, message, responseMs }) {
      heardMs = up ? clock.now() : heardMs;
      if (!up) startedMs = clock.now();
      wake.now();
      const said = message === "" ? "" : `: ${message}`;
      await take({
        detail: `${up ? "It reported" : "It reported a failure"}${said}`,
        fault: up ? null : "missed",
        responseMs,
      });
    },
    async run(signal) {
      await keeper.resume();
      heardMs ??= keeper.state().track.checks.findLast(({ state }) => state === "up")?.tMs ?? null;
      try {
        for (;;) {
          nextMs = due();
          await wake.sleep(Math.min(nextMs - clock.now(), LOOK_MS), signal);
          await look();
        }
      } finally {
        nextMs = null;
      }
    },
  };
}

/** A pause of the intake is seen within this. */
const LOOK_MS = 30_000;
