import type { Clock } from "./clock.ts";
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";
import { createRests, type Rests } from "./rests.ts";

/*
 * DESIGN. A task that ends or throws is started again after a growing wait. One that hangs does neither, so each
 * shows that it moves: by resting with `clock.sleep(ms, signal)` (`rests.ts`), or, where it waits for something
 * else, by `beat`. One that has not been seen for its `busyMostMs` is given up: its signal is
 * aborted, and after a moment it is started anew, ended or not. A run that was given up and never ends keeps what
 * it holds, so a task is given up a few times only and then left alone, until a person restarts it. People may also
 * pause a task: its run is ended, and the next one begins when it is resumed.
 */

/** Shows that a task moves. `restMs`: it will not be heard of for so long, because there is nothing to do. */
export type Beat = (restMs?: number) => void;

/**
 * Background work. `run` ends when `signal` aborts; ending or throwing earlier means it is restarted, and so does
 * not being seen for `busyMostMs` beyond its rests.
 */
export interface Task {
  name: string;
  /** Most ms of work between two rests; default `BUSY_MOST_MS`. */
  busyMostMs?: number;
  run(signal: AbortSignal, beat?: Beat): Promise<void>;
}

export interface TaskState {
  name: string;
  /** `hung`: it hung again and again and is not started any more by itself. `paused`: by a person. */
  state: "running" | "waiting" | "stopped" | "hung" | "paused";
  restarts: number;
  /** How many of the restarts were because it hung. */
  hangs: number;
  lastError?: string;
  /** Wall-clock time of the latest start. */
  sinceMs: number;
}

/** Runs tasks, restarts each with exponential backoff and jitter, and reports how they are. */
export interface Supervisor {
  start(task: Task): void;
  states(): TaskState[];
  /** Starts a task anew, at once, also one that was given up. False: there is none by this name. */
  restart(name: string): boolean;
  /** Ends the run of a task and starts none until `resume`. Resolves when it has ended, or soon. */
  pause(name: string): Promise<void>;
  resume(name: string): void;
  /** Called when a task failed that was well before, and when it is given up for good. */
  onFailure(listener: (state: TaskState) => void): void;
  /** Aborts every task and resolves when all have ended, or after `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}

const FIRST_BACKOFF_MS = 500;
const MOST_BACKOFF_MS = 30_000;
/** A task that ran this long counts as healthy: its next failure starts from the first backoff. */
const HEALTHY_MS = 60_000;
/** Work that takes longer has hung. */
export const BUSY_MOST_MS = 15 * 60_000;
/** Whether one hangs is looked at this often. */
const LOOK_MS = 5_000;
/** One that was given up has so long to end before it is started anew. */
const GRACE_MS = 5_000;
/** So many runs that were given up and never ended are all that a task leaves behind. */
const ABANDONED_MOST = 3;

/** A run of a task. */
interface Run {
  /** Not seen by then, it has hung (monotonic). */
  dueMs: number;
  busyMostMs: number;
  giveUp: () => void;
}

/** What a person wants of a task. */
interface Control {
  isPaused: boolean;
  /** Something is wanted that its loop has not seen yet. */
  isAsked: boolean;
  /** Ends what its loop waits for. */
  wake: () => void;
  onPaused: () => void;
}

export function createSupervisor(
  deps: { clock: Clock; log: Log; rests?: Rests; random?: () => number },
): Supervisor {
  const { clock, log } = deps;
  const random = deps.random ?? Math.random;
  const rests = deps.rests ?? createRests();
  const abort = new AbortController();
  const states = new Map<string, TaskState>();
  const keeping = new Set<Promise<void>>();
  const runs = new Set<Run>();
  const controls = new Map<string, Control>();
  const listeners = new Set<(state: TaskState) => void>();
  let looking = false;

  const seen = (run: Run, restMs = 0) =>
    void (run.dueMs = clock.monotonic() + restMs + run.busyMostMs);

  /** Looks as long as anything runs. When it is itself late the whole process stood still: no task is to blame. */
  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    let lookedMs = clock.monotonic();
    while (runs.size > 0 && !abort.signal.aborted) {
      await clock.sleep(LOOK_MS, abort.signal).catch(() => {});
      const nowMs = clock.monotonic();
      const stoodMs = nowMs - lookedMs - LOOK_MS;
      lookedMs = nowMs;
      for (const run of [...runs]) {
        if (stoodMs > LOOK_MS) run.dueMs += stoodMs;
        if (nowMs > run.dueMs) run.giveUp();
      }
    }
    looking = false;
  }

  /**
   * One run, until it ends, throws, hangs, or a person wants something else. Says why it is over; `over`: when it
   * really is.
   */
  async function runOnce(
    task: Task,
    control: Control,
  ): Promise<{ why: string; how: "ended" | "hung" | "asked"; over: Promise<void> }> {
    const life = new AbortController();
    const end = () => life.abort(abort.signal.reason);
    abort.signal.addEventListener("abort", end, { once: true });
    const busyMostMs = task.busyMostMs ?? BUSY_MOST_MS;
    const hang = Promise.withResolvers<null>();
    const run: Run = { dueMs: 0, busyMostMs, giveUp: () => hang.resolve(null) };
    seen(run);
    runs.add(run);
    const unfollow = rests.follow(life.signal, (restMs) => seen(run, restMs));
    look();
    const attempt = async () => await task.run(life.signal, (restMs) => seen(run, restMs));
    const ending = attempt().then(() => "ended by itself", messageOf);
    const wanted = Promise.withResolvers<undefined>();
    control.wake = () => wanted.resolve(undefined);
    const why = await Promise.race([ending, hang.promise, wanted.promise]);
    runs.delete(run);
    unfollow();
    abort.signal.removeEventListener("abort", end);
    const over = ending.then(() => {});
    // Whatever it left behind ends, too.
    life.abort(new DOMException("this run is over", "AbortError"));
    if (why === undefined) return { why: "a person asked for it", how: "asked", over };
    if (why !== null) return { why, how: "ended", over };
    return { why: `did not move for ${Math.round(busyMostMs / 1000)} s`, how: "hung", over };
  }

  /** Until a person wants something, all ends, or the time is over. */
  async function wait(control: Control, ms: number | null): Promise<void> {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const early = new AbortController();
    control.wake = resolve;
    abort.signal.addEventListener("abort", () => resolve(), { once: true, signal: early.signal });
    if (control.isAsked || abort.signal.aborted) resolve();
    const over = ms === null ? asked : clock.sleep(ms, early.signal).catch(() => {});
    await Promise.race([asked, over]);
    early.abort();
  }

  function ask(name: string): boolean {
    const control = controls.get(name);
    if (control === undefined) return false;
    control.isAsked = true;
    control.wake();
    return true;
  }

  async function keep(task: Task): Promise<void> {
    const state: TaskState = {
      name: task.name,
      state: "running",
      restarts: 0,
      hangs: 0,
      sinceMs: clock.now(),
    };
    states.set(task.name, state);
    const control: Control = {
      isPaused: false,
      isAsked: false,
      wake: () => {},
      onPaused: () => {},
    };
    controls.set(task.name, control);
    let backoffMs = FIRST_BACKOFF_MS;
    let abandoned = 0;
    while (!abort.signal.aborted) {
      control.isAsked = false;
      if (control.isPaused) {
        state.state = "paused";
        control.onPaused();
        await wait(control, null);
        continue;
      }
      const startedMs = clock.monotonic();
      state.state = "running";
      state.sinceMs = clock.now();
      const { why, how, over } = await runOnce(task, control);
      if (abort.signal.aborted) break;
      if (how !== "ended") {
        abandoned++;
        over.then(() => abandoned--);
        await Promise.race([over, clock.sleep(GRACE_MS, abort.signal).catch(() => {})]);
      }
      if (how === "asked") {
        log.info(`task ${task.name}: ${control.isPaused ? "paused" : "started anew"} by a person`);
        backoffMs = FIRST_BACKOFF_MS;
        continue;
      }
      state.lastError = why;
      const wasWell = state.restarts === 0 || clock.monotonic() - startedMs > HEALTHY_MS;
      if (wasWell) backoffMs = FIRST_BACKOFF_MS;
      if (how === "hung") state.hangs++;
      if (abandoned >= ABANDONED_MOST) {
        state.state = "hung";
        log.error(`task ${task.name} ${why}, again; it is left alone until it is restarted`);
        for (const listener of listeners) listener({ ...state });
        await wait(control, null);
        abandoned = 0;
        continue;
      }
      state.restarts++;
      state.state = "waiting";
      const waitMs = backoffMs * (0.5 + random() / 2);
      log.warn(`task ${task.name} stopped: ${why}; starting it again`, {
        waitMs: Math.round(waitMs),
        restarts: state.restarts,
      });
      if (wasWell) { for (const listener of listeners) listener({ ...state }); }
      await wait(control, waitMs);
      backoffMs = Math.min(backoffMs * 2, MOST_BACKOFF_MS);
    }
    state.state = "stopped";
    control.onPaused();
  }

  return {
    start(task) {
      const kept = keep(task);
      keeping.add(kept);
      kept.finally(() => keeping.delete(kept));
    },
    states: () => [...states.values()].map((s) => ({ ...s })),
    restart: ask,
    async pause(name) {
      const control = controls.get(name);
      if (control === undefined || control.isPaused) return;
      control.isPaused = true;
      await new Promise<void>((resolve) => {
        control.onPaused = resolve;
        ask(name);
      });
    },
    resume(name) {
      const control = controls.get(name);
      if (control === undefined || !control.isPaused) return;
      control.isPaused = false;
      ask(name);
    },
    onFailure: (listener) => void listeners.add(listener),
    async stop(timeoutMs) {
      abort.abort(new DOMException("stopping", "AbortError"));
      const timeout = new AbortController();
      await Promise.race([
        Promise.allSettled([...keeping]),
        clock.sleep(timeoutMs, timeout.signal).catch(() => {}),
      ]);
      timeout.abort();
    },
  };
}
