/**
 * DESIGN. One backtest runs at a time, a few wait, the latest are kept; all of it in memory, so a restart
 * forgets them. Readings go page by page from the database to a worker that lives as long as the backtest:
 * the next page is read when the last one was judged, so memory is that of a page, commits are never kept
 * waiting for more than one, and cancelling ends the worker at once.
 */
import type { Clock } from "../../base/clock.ts";
import { messageOf, PerchError } from "../../base/errors.ts";
import { randomId } from "../../base/ids.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import type { Sensor } from "../../machines/sensor.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import type { Watch } from "../runner/watched.ts";
import { checkRange, detectorFor, optionsOf } from "./request.ts";
import { runTrial } from "./run_trial.ts";
import type { Backtest } from "./shapes.ts";

export interface BacktestRequest {
  sensor: Pick<Sensor, "num" | "id" | "name" | "kind" | "last">;
  detector: string;
  /** What differs from the present options. */
  options: Readonly<Record<string, unknown>>;
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  by: string;
}

export interface Backtests {
  /**
   * Queues a backtest.
   * @throws PerchError `validation` (field, what was given, what is allowed; also when the range holds no
   * reading: it says where there are some), `busy` when too many wait
   */
  start(request: BacktestRequest): Promise<Backtest>;
  /** Latest first. */
  list(): Backtest[];
  /** @throws PerchError `not_found` */
  find(id: string): Backtest;
  /** Ends it when it runs or waits; what is over stays as it is. @throws PerchError `not_found` */
  cancel(id: string): Backtest;
  /** The same, and forgets it. @throws PerchError `not_found` */
  remove(id: string): void;
  /** What runs is put back, and nothing is begun; or goes on. */
  rest(on: boolean): void;
  /** Options that the detector has for the sensor now; null when it does not watch it. */
  present(sensor: number, detector: string): unknown;
  task: Task;
}

export interface BacktestDeps {
  clock: Clock;
  log: Log;
  readings: Pick<ReadingsStore, "raw">;
  /** How a sensor is watched now; null: it is not known (any more). */
  plan: (sensor: number) => Watch[] | null;
  /** A time for people, in sentences about where readings are. */
  timeText: (tMs: number) => string;
}

/** One that works longer hangs. */
const LONGEST_MS = 6 * 3_600_000;
/** Backtests that may wait. */
const WAITING_MOST = 8;
/** Backtests that are over and still known. */
const KEPT = 20;

interface Job {
  shown: Backtest;
  sensor: number;
  present: unknown;
  abort: AbortController;
}

/** Creates the service at rest; what is asked is run once its task runs. */
export function createBacktests(deps: BacktestDeps): Backtests {
  const { clock } = deps;
  const jobs = new Map<string, Job>();
  let wake = () => {};
  let resting = false;
  let interrupt = new AbortController();

  function jobOf(id: string): Job {
    const job = jobs.get(id);
    if (job !== undefined) return job;
    throw new PerchError(
      "not_found",
      `there is no backtest "${id.slice(0, 40)}"; the latest ${KEPT} are kept until a restart`,
    );
  }

  function present(sensor: number, detector: string): unknown {
    return deps.plan(sensor)?.find((w) => w.detector.name === detector)?.options ?? null;
  }

  function end(job: Job, state: Backtest["state"], error: string | null = null): void {
    Object.assign(job.shown, { state, error, endedMs: clock.now() });
    const over = [...jobs].filter(([, { shown }]) => shown.endedMs !== null);
    for (const [id] of over.slice(0, Math.max(0, over.length - KEPT))) jobs.delete(id);
  }

  function cancel(id: string): Backtest {
    const job = jobOf(id);
    if (job.shown.state === "waiting") end(job, "cancelled");
    job.abort.abort(new PerchError("conflict", "the backtest was cancelled"));
    if (job.shown.state === "running") end(job, "cancelled");
    return copyOf(job);
  }

  async function runNext(signal: AbortSignal): Promise<boolean> {
    const job = [...jobs.values()].find(({ shown }) => shown.state === "waiting");
    if (job === undefined || resting) return false;
    const { shown } = job;
    shown.state = "running";
    interrupt = new AbortController();
    const both = AbortSignal.any([signal, job.abort.signal, interrupt.signal]);
    try {
      const { present, sensor } = job;
      const { detector, options: changed, fromMs, toMs } = shown;
      const result = await runTrial(deps, sensor, { detector, present, changed, fromMs, toMs }, {
        signal: both,
        onProgress: (share) => shown.progress = share,
      });
      both.throwIfAborted();
      shown.result = result;
      shown.progress = 1;
      end(job, "done");
    } catch (error) {
      if (signal.aborted || job.abort.signal.aborted) {
        if (shown.state === "running") end(job, "cancelled");
      } else if (interrupt.signal.aborted) {
        Object.assign(shown, { state: "waiting", progress: 0 });
      } else {
        deps.log.warn("a backtest failed", { sensor: shown.sensor.name, error });
        end(job, "failed", messageOf(error));
      }
    }
    return true;
  }

  return {
    async start({ sensor, detector: name, options, fromMs, toMs, by }) {
      const detector = detectorFor(sensor, name);
      const now = present(sensor.num, name);
      const wanted = optionsOf(detector, options, now);
      checkRange(fromMs, toMs, clock.now());
      await refuseNoData(deps, sensor, fromMs, toMs);
      const waiting = [...jobs.values()].filter(({ shown }) => shown.endedMs === null);
      if (waiting.length > WAITING_MOST) {
        throw new PerchError(
          "busy",
          `${waiting.length} backtests run or wait already; wait for one to end or cancel one`,
          { retryAfterS: 10 },
        );
      }
      const shown: Backtest = {
        id: randomId(12),
        sensor: { id: sensor.id, name: sensor.name },
        detector: name,
        options: wanted,
        fromMs,
        toMs: Math.min(toMs, clock.now()),
        by,
        askedMs: clock.now(),
        state: "waiting",
        progress: 0,
        endedMs: null,
        error: null,
        result: null,
      };
      const job = { shown, sensor: sensor.num, present: now, abort: new AbortController() };
      jobs.set(shown.id, job);
      wake();
      return copyOf(job);
    },
    list: () => [...jobs.values()].map(copyOf).reverse(),
    find: (id) => copyOf(jobOf(id)),
    cancel,
    remove(id) {
      cancel(id);
      jobs.delete(id);
    },
    present,
    rest(on) {
      resting = on;
      if (on) interrupt.abort(new PerchError("busy", "backtests wait"));
      else wake();
    },
    task: {
      name: "backtests",
      busyMostMs: LONGEST_MS,
      async run(signal, beat) {
        signal.addEventListener("abort", () => wake(), { once: true });
        while (!signal.aborted) {
          const asked = new Promise<void>((resolve) => wake = resolve);
          if (await runNext(signal)) continue;
          beat?.(Infinity);
          await asked;
          beat?.();
        }
      },
    },
  };
}

/** The job as it is now: what is handed out does not change under the reader. */
function copyOf({ shown }: Job): Backtest {
  return { ...shown };
}

async function refuseNoData(
  { readings, timeText }: BacktestDeps,
  sensor: BacktestRequest["sensor"],
  fromMs: number,
  toMs: number,
): Promise<void> {
  const first = async (from: number, to: number) =>
    (await readings.raw({ sensor: sensor.num, fromMs: from, toMs: to, limit: 1 })).tMs.at(0);
  if (await first(fromMs, toMs) !== undefined) return;
  const newestMs = sensor.last?.tMs;
  const oldestMs = newestMs === undefined ? undefined : await first(0, newestMs + 1);
  const message = oldestMs === undefined
    ? `${sensor.name} has no readings yet`
    : `${sensor.name} has no readings from ${timeText(fromMs)} to ${timeText(toMs)}; ` +
      `it has some from ${timeText(oldestMs)} to ${timeText(newestMs!)}`;
  throw new PerchError("validation", message, { errors: [{ path: "from", message }] });
}
