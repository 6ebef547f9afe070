import type { Clock } from "./clock.ts";
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";

/** Background work. `run` ends when `signal` aborts; ending or throwing earlier means it is restarted. */
export interface Task {
  name: string;
  run(signal: AbortSignal): Promise<void>;
}

export interface TaskState {
  name: string;
  state: "running" | "waiting" | "stopped";
  restarts: number;
  lastError?: string;
  /** Wall-clock time of the latest start. */
  sinceMs: number;
}

/** Runs tasks, restarts each with exponential backoff and jitter, and reports how they are. */
export interface Supervisor {
  start(task: Task): void;
  states(): TaskState[];
  /** Aborts every task and resolves when all have ended, or after `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}

const FIRST_BACKOFF_MS = 500;
const MOST_BACKOFF_MS = 30_000;
/** A task that ran this long counts as healthy: its next failure starts from the first backoff. */
const HEALTHY_MS = 60_000;

export function createSupervisor(
  deps: { clock: Clock; log: Log; random?: () => number },
): Supervisor {
  const { clock, log } = deps;
  const random = deps.random ?? Math.random;
  const abort = new AbortController();
  const states = new Map<string, TaskState>();
  const running = new Set<Promise<void>>();

  async function keep(task: Task): Promise<void> {
    const state: TaskState = {
      name: task.name,
      state: "running",
      restarts: 0,
      sinceMs: clock.now(),
    };
    states.set(task.name, state);
    let backoffMs = FIRST_BACKOFF_MS;
    while (!abort.signal.aborted) {
      const startedMs = clock.monotonic();
      state.state = "running";
      state.sinceMs = clock.now();
      try {
        await task.run(abort.signal);
        if (abort.signal.aborted) break;
        state.lastError = "ended by itself";
      } catch (error) {
        if (abort.signal.aborted) break;
        state.lastError = messageOf(error);
      }
      if (clock.monotonic() - startedMs > HEALTHY_MS) backoffMs = FIRST_BACKOFF_MS;
      state.restarts++;
      state.state = "waiting";
      const waitMs = backoffMs * (0.5 + random() / 2);
      log.warn(`task ${task.name} stopped: ${state.lastError}; starting it again`, {
        waitMs: Math.round(waitMs),
        restarts: state.restarts,
      });
      await clock.sleep(waitMs, abort.signal).catch(() => {});
      backoffMs = Math.min(backoffMs * 2, MOST_BACKOFF_MS);
    }
    state.state = "stopped";
  }

  return {
    start(task) {
      const run = keep(task);
      running.add(run);
      run.finally(() => running.delete(run));
    },
    states: () => [...states.values()].map((s) => ({ ...s })),
    async stop(timeoutMs) {
      abort.abort(new DOMException("stopping", "AbortError"));
      const timeout = new AbortController();
      await Promise.race([
        Promise.allSettled([...running]),
        clock.sleep(timeoutMs, timeout.signal).catch(() => {}),
      ]);
      timeout.abort();
    },
  };
}
