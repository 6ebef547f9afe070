/**
 * DESIGN. The runner feeds every committed reading to its sensor's detectors, on the main thread: a reading
 * costs microseconds. It works in slices of a few milliseconds and lets the event loop turn in between.
 *
 * Groups come from the bus into a bounded queue. When the queue overflows, and after every start, the runner
 * is *behind*: it reads the journal after the last group it is done with until there are no further ones, then
 * continues with the queue. Groups it has seen are skipped, so it does not matter that both may show one.
 *
 * States are saved every few minutes (state_saver.ts). A finding is named by detector, sensor, group and place
 * in the group, and stored once: what a replay finds again is there already.
 *
 * Ticks follow the journal's clock. While nothing comes in at all, that clock stands; after a while idle ticks
 * move on from it by the time the process has waited, so that a silent site is noticed.
 *
 * Nobody is called silent for a time in which nobody listened: while the past is read after a start, and until
 * `heardSinceMs` has been so for as long as the sensor may be silent. What is found at ticks depends on that
 * and on the process's own time, so a state that found something there is stored together with it.
 */
import type { Beat, Task } from "../../base/supervisor.ts";
import { allowedMs, silence, type SilenceState } from "../detectors/silence.ts";
import { createStateSaver } from "./state_saver.ts";
import { type DetectGroup, RUNNER_OPTIONS, type RunnerDeps } from "./options.ts";
import { Run } from "./run.ts";
import { Slice } from "./slice.ts";

export interface RunnerStats {
  /** Last group that was judged. */
  group: number;
  sensors: number;
  readings: number;
  findings: number;
  /** Reading the journal because of a start or an overflow. */
  behind: boolean;
  queuedReadings: number;
  /** Time spent on the event loop since the start: judging, saving, bookkeeping. */
  busyMs: number;
  saves: number;
}

export interface Runner {
  /** A committed group; costs next to nothing. */
  take(group: DetectGroup): void;
  /** The sensor's options changed, or it is gone: its detectors continue with the new plan. */
  replan(sensor: number): void;
  /** How long a sensor may be silent, as its rhythm is known; null: not known. */
  silenceMs(sensor: number): number | null;
  task: Task;
  stats(): RunnerStats;
}

const PAGE_BYTES = 256 * 1024;
const IDLE_WAIT_MS = 1000;
/** While states or findings wait to be written. */
const BUSY_WAIT_MS = 50;

/** Creates the runner; it works while its task runs. */
export function createRunner(deps: RunnerDeps): Runner {
  const { clock } = deps;
  const options = { ...RUNNER_OPTIONS, ...deps.options };
  const saver = createStateSaver(deps);
  const totals = { readings: 0, findings: 0, saves: 0 };
  const slice = new Slice(clock, options.sliceMs);
  let queue: DetectGroup[] = [];
  let queued = 0;
  let wake = () => {};
  let run: Run | null = null;
  /** The queue lost a group, or nobody was there to take it. */
  let behind = true;

  return {
    take(group) {
      if (run === null || behind) {
        // Whatever it is, the journal has it.
        behind = true;
        wake();
        return;
      }
      queue.push(group);
      queued += group.n;
      if (queued > options.queueReadings) fallBehind();
      wake();
    },
    replan: (sensor) => run?.replan(sensor),
    silenceMs(sensor) {
      const state = run?.watched.get(sensor)?.stateOf(silence.name);
      return state === undefined ? null : allowedMs(state as SilenceState);
    },
    task: {
      name: "detection",
      async run(signal, beat = () => {}) {
        fallBehind();
        slice.begin();
        run = new Run(deps, options, saver, totals, slice);
        const onAbort = () => wake();
        signal.addEventListener("abort", onAbort);
        try {
          await run.restore();
          await work(run, signal, beat);
          await run.end();
        } finally {
          signal.removeEventListener("abort", onAbort);
          run = null;
        }
      },
    },
    stats: () => ({
      group: run?.done ?? 0,
      sensors: run?.watched.size ?? 0,
      behind,
      queuedReadings: queued,
      busyMs: slice.busyMs,
      ...totals,
    }),
  };

  function fallBehind(): void {
    queue = [];
    queued = 0;
    behind = true;
  }

  async function work(run: Run, signal: AbortSignal, beat: Beat): Promise<void> {
    while (!signal.aborted) {
      beat();
      if (behind) {
        await catchUp(run, signal, beat);
      } else if (queue.length > 0) {
        const group = queue.shift()!;
        queued -= group.n;
        await run.judge(group, signal);
      } else {
        await idle(run, signal);
      }
      // A group may have been left half-way: such states must not be saved.
      if (!signal.aborted) await run.keep();
    }
  }

  async function catchUp(run: Run, signal: AbortSignal, beat: Beat): Promise<void> {
    // Groups that come from now on are queued: they are in the journal page as well, or after it.
    behind = false;
    while (!signal.aborted) {
      beat();
      const page = await deps.readings.journalAfter({ afterGroup: run.done, maxBytes: PAGE_BYTES });
      if (page.groupId.length === 0) {
        run.live = true;
        return;
      }
      let at = 0;
      for (let i = 0; i < page.groupId.length; i++) {
        const to = at + page.n[i];
        await run.judge({
          groupId: page.groupId[i],
          n: page.n[i],
          sensor: page.sensor.subarray(at, to),
          tMs: page.tMs.subarray(at, to),
          value: page.value.subarray(at, to),
          flags: page.flags.subarray(at, to),
        }, signal);
        if (signal.aborted) return;
        at = to;
      }
      await run.keep();
    }
  }

  /** Waits for a group, at most until something else is to be done. */
  async function idle(run: Run, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    wake = () => woken.abort();
    slice.end();
    await clock.sleep(run.settled ? IDLE_WAIT_MS : BUSY_WAIT_MS, woken.signal).catch(() => {});
    wake = () => {};
    slice.begin();
    if (!signal.aborted) await run.idleTick();
  }
}
