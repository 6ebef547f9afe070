import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { EventDraft } from "../events/event.ts";
import type { Sensor } from "../machines/sensor.ts";
import { FLAG_HOST_CLOCK_SUSPECT } from "../readings/reading.ts";
import type { ReadingsStore } from "../readings/store.ts";
import { duration } from "../words/times.ts";
import { corrections, look, type Segment } from "./clock_segments.ts";
import type { CommittedGroup } from "./committed.ts";

/*
 * DESIGN
 * A Pi without a clock of its own starts with the time at which it was switched off, and a time server sets it
 * minutes later. What arrives between is marked, by the steady clock, and moved by the difference once that is known:
 * the monotonic clock goes through, so all of it moves together and keeps its order. Times that devices gave stay.
 * What an earlier run marked stays as it is: its monotonic clock is gone.
 */

export interface Restamper {
  /** Remembers whose readings came meanwhile. */
  add(group: CommittedGroup): void;
  task: Task;
}

export interface RestampDeps {
  clock: Clock;
  log: Log;
  /** Whether a time server has set the host's clock; null: nobody can say. */
  isSynchronised(): Promise<boolean | null>;
  /** Arrivals are marked from now on, or not any more. */
  mark(waits: boolean): void;
  readings: Pick<ReadingsStore, "restamp">;
  sensor(num: number): Pick<Sensor, "last"> | undefined;
  append(event: EventDraft): Promise<unknown>;
}

const LOOK_MS = 1_000;
/** A host that no time server has reached for so long has none. */
const WAIT_MOST_MS = 24 * 3_600_000;
/** Groups that were stamped before the step are on disk by then. */
const SETTLE_MS = 2_000;

export function createRestamper(deps: RestampDeps): Restamper {
  const { clock, log } = deps;
  const sensors = new Set<number>();
  const segments: Segment[] = [];
  let waits = false;

  function set(on: boolean): void {
    waits = on;
    deps.mark(on);
  }

  async function correct(): Promise<void> {
    const todo = corrections(segments, clock.now() - clock.monotonic());
    const byMs = todo.at(-1)?.byMs ?? 0;
    let moved = 0;
    let touched = 0;
    for (const num of sensors) {
      const before = moved;
      for (const range of todo) moved += await move(num, range);
      if (moved > before) touched++;
    }
    segments.length = 0;
    sensors.clear();
    if (moved === 0) return;
    const by = `${duration(Math.abs(byMs))} ${byMs > 0 ? "ahead" : "back"}`;
    log.info(`the clock of this host was set ${by}`, { moved });
    await deps.append({
      type: "clock.set",
      subject: "clock",
      severity: "info",
      tMs: clock.now(),
      text:
        `The clock of this host was set ${by}; ${moved} readings of ${touched} sensors that came ` +
        "before have their right time now",
      actor: null,
      body: { by_ms: byMs, readings: moved, sensors: touched },
      route: false,
    });
  }

  async function move(
    num: number,
    { fromMs, toMs, byMs }: { fromMs: number; toMs: number; byMs: number },
  ): Promise<number> {
    let moved = 0;
    for (let at = fromMs; at < toMs;) {
      const done = await deps.readings.restamp({ sensor: num, fromMs: at, toMs, byMs }, []);
      moved += done.moved;
      at = done.toMs;
    }
    const last = deps.sensor(num)?.last;
    if (moved > 0 && last && last.tMs >= fromMs && last.tMs < toMs) {
      last.tMs += byMs;
      delete last.orderMs;
    }
    return moved;
  }

  return {
    add(group) {
      if (!waits) return;
      for (let i = 0; i < group.n; i++) {
        if ((group.flags[i] & FLAG_HOST_CLOCK_SUSPECT) !== 0) sensors.add(group.sensor[i]);
      }
    },
    task: {
      name: "clock setting",
      async run(signal) {
        const untilMs = clock.monotonic() + WAIT_MOST_MS;
        while (await deps.isSynchronised() === false && clock.monotonic() < untilMs) {
          if (!waits) set(true);
          look(segments, clock.now(), clock.monotonic());
          await clock.sleep(LOOK_MS, signal);
        }
        if (waits) {
          look(segments, clock.now(), clock.monotonic());
          await clock.sleep(SETTLE_MS, signal);
          set(false);
          await correct();
        }
        // Whether it loses its server later says the clock itself (`lib/base/trusted_time.ts`).
        while (!signal.aborted) await clock.sleep(3_600_000, signal);
      },
    },
  };
}
