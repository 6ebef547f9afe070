/**
 * Every reading to a broker that is not Perch's own, at least once: the place in the journal moves when the broker has
 * acknowledged. There is no answer of whoever reads there, so nothing is promised beyond the broker. What waits long
 * for a broker that is away is set aside, as what waits for a centre is.
 */
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import { createWake } from "../../base/wake.ts";
import type { Write } from "../../db/client.ts";
import type { EventLog } from "../../events/events_store.ts";
import type { JournalPage, ReadingsStore } from "../../readings/store.ts";
import { type Aside, ASIDE_AFTER_MS, type KeptStats } from "./aside_store.ts";
import { gaveUp } from "./gave_up.ts";

export interface MqttFeedDeps {
  clock: Clock;
  log: Log;
  readings: Pick<ReadingsStore, "journalAfter" | "cursor" | "moveCursor">;
  aside: Aside;
  write: Write;
  events: Pick<EventLog, "append">;
  /** How long, and how much of it may wait. */
  bounds: () => { keepMs: number; keepBytes: number };
  /** The newest group that was committed: what was never fed begins after it. */
  lastGroup: () => Promise<number>;
  /** Resolves when the broker acknowledged all of it. */
  send: (page: JournalPage, signal: AbortSignal) => Promise<void>;
  restMs: (failures: number) => number;
}

export interface MqttFeed {
  readonly task: Task;
  wake(): void;
  /** Why what is read waits; null: it does not. */
  trouble(): string | null;
  /** One page; gives ms until the next. For the task and for tests. */
  step(signal: AbortSignal): Promise<number>;
}

export const READER = "forward_mqtt";
const PAGE_BYTES = 4 * 1024;
const IDLE_MS = 60_000;
const LINGER_MS = 200;

export function createMqttFeed(deps: MqttFeedDeps): MqttFeed {
  const { clock, log, readings, aside, write } = deps;
  const wake = createWake(clock);
  let failures = 0;
  let waitsMs: number | null = null;
  let trouble: string | null = null;
  let kept: KeptStats | null = null;
  let hasBegun = false;

  /** Of what was set aside first; false: there is nothing more. */
  async function page(signal: AbortSignal): Promise<boolean> {
    const next = await readings.journalAfter(
      kept === null
        ? { afterGroup: (await readings.cursor(READER))!, maxBytes: PAGE_BYTES }
        : { afterGroup: kept.firstId - 1, maxBytes: PAGE_BYTES, kept: READER },
    );
    if (next.groupId.length === 0) return false;
    await deps.send(next, signal);
    const to = next.groupId.at(-1)!;
    if (kept === null) await readings.moveCursor(READER, to, []);
    else {
      await write([aside.drop(to)]);
      kept = await aside.stats();
    }
    return true;
  }

  async function begin(): Promise<void> {
    kept = await aside.stats();
    hasBegun = true;
    if (await readings.cursor(READER) !== null) return;
    await readings.moveCursor(READER, await deps.lastGroup(), []);
  }

  async function step(signal: AbortSignal): Promise<number> {
    if (!hasBegun) await begin();
    try {
      const isMore = await page(signal);
      if (failures > 0) log.info("the upstream broker takes readings again");
      failures = 0;
      waitsMs = trouble = null;
      return isMore ? 0 : IDLE_MS;
    } catch (error) {
      signal.throwIfAborted();
      await failed(error, signal);
      return deps.restMs(failures);
    }
  }

  async function failed(error: unknown, signal: AbortSignal): Promise<void> {
    trouble = messageOf(error);
    if (failures++ === 0) log.warn("readings wait for the upstream broker", { error: trouble });
    const nowMs = clock.monotonic();
    waitsMs ??= nowMs;
    if (nowMs - waitsMs <= ASIDE_AFTER_MS) return;
    waitsMs = nowMs;
    await aside.take(signal);
    kept = await aside.stats();
    await bound();
  }

  /** Gives up the oldest of what is more than may wait. */
  async function bound(): Promise<void> {
    const { keepMs, keepBytes } = deps.bounds();
    const beyond = kept &&
      await aside.beyond(kept, { bytes: keepBytes, beforeMs: clock.now() - keepMs });
    if (beyond === null) return;
    await write([aside.drop(beyond.to)]);
    kept = await aside.stats();
    await deps.events.append(gaveUp(beyond.readings, "upstream broker", keepMs, clock.now()));
  }

  return {
    wake: () => wake.now(),
    trouble: () => trouble,
    step,
    task: {
      name: "mqtt feed",
      async run(signal) {
        for (;;) {
          const waitMs = await step(signal);
          if (failures > 0) await clock.sleep(waitMs, signal);
          else if (waitMs > 0) {
            await wake.sleep(waitMs, signal);
            await clock.sleep(LINGER_MS, signal);
          }
          signal.throwIfAborted();
        }
      },
    },
  };
}
