import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { createWake } from "../base/wake.ts";
import type { OwnMessage } from "../sources/source.ts";
import {
  announcement,
  type OwnDevice,
  type SiteNow,
  states,
  withdrawal,
} from "./home_assistant.ts";

export interface Announcer {
  /** Something that it tells may have changed, or whether it tells it at all. */
  changed(): void;
  task: Task;
}

/** Statuses change by themselves: they are looked at this often. */
const LOOK_MS = 5_000;
/** What changes quickly is told this often at most. */
const PAUSE_MS = 1_000;
/** A broker may forget what it kept. */
const AGAIN_MS = 15 * 60_000;
const PUBLISH_MS = 10_000;

/** Tells Home Assistant how this site is, while that is switched on. What did not change is not sent again. */
export function createAnnouncer({ clock, log, own, site, publish }: {
  clock: Clock;
  log: Log;
  /** Null: it is switched off. */
  own(): OwnDevice | null;
  site(): SiteNow;
  publish(message: OwnMessage, signal: AbortSignal): Promise<void>;
}): Announcer {
  const wake = createWake(clock);
  /** Payloads by topic, as the broker has them. */
  const sent = new Map<string, string>();
  let announced: OwnDevice | null = null;
  let failed: string | null = null;

  async function send(messages: readonly OwnMessage[], signal: AbortSignal): Promise<void> {
    for (const message of messages) {
      if (sent.get(message.topic) === message.payload) continue;
      await publish(message, AbortSignal.any([signal, AbortSignal.timeout(PUBLISH_MS)]));
      sent.set(message.topic, String(message.payload));
    }
  }

  async function tell(signal: AbortSignal): Promise<void> {
    const now = own();
    if (announced !== null && JSON.stringify(now) !== JSON.stringify(announced)) {
      sent.clear();
      await send(withdrawal(announced), signal);
      sent.clear();
      announced = null;
    }
    if (now === null) return;
    const how = site();
    announced = now;
    await send([announcement(now, how), ...states(now, how)], signal);
  }

  return {
    changed: wake.now,
    task: {
      name: "presence",
      async run(signal) {
        sent.clear();
        let clearedMs = clock.monotonic();
        while (!signal.aborted) {
          if (clock.monotonic() - clearedMs > AGAIN_MS) {
            clearedMs = clock.monotonic();
            sent.clear();
          }
          const failure = await tell(signal).then(() => null, messageOf);
          if (signal.aborted) return;
          if (failure !== null && failure !== failed) {
            log.info("Home Assistant is not told how this site is", { error: failure });
          }
          failed = failure;
          await clock.sleep(PAUSE_MS, signal);
          const isOff = own() === null && announced === null;
          await wake.sleep(isOff ? AGAIN_MS : LOOK_MS, signal);
        }
      },
    },
  };
}
