/**
 * Training, one machine at a time: reads the history in small steps, learns in a worker that lives
 * as long as it learns, and stores the model. What waits is a set of machines, so asking twice
 * changes nothing.
 */
import type { Clock } from "../../base/clock.ts";
import { messageOf, PerchError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Beat } from "../../base/supervisor.ts";
import type { SensorDirectory } from "../../machines/sensor.ts";
import type { FeedbackStore } from "./feedback_store.ts";
import { type History, readRows } from "./history.ts";
import type { PredictStore } from "./predict_store.ts";
import type { ModelInfo, TrainingState } from "./shapes.ts";
import { trainInWorker } from "./train_in_worker.ts";

export interface Training {
  /** Puts a machine into the queue; false when it is there already. */
  request(machine: string, why: string): boolean;
  /** Ends what is running or waiting for the machine, or for all; how many that were. */
  cancel(machine?: string): number;
  /** What runs is put back, and nothing is begun; or goes on. */
  rest(on: boolean): void;
  /** The running one first. */
  states(): TrainingState[];
  /** Works through the queue until `signal` aborts. */
  run(signal: AbortSignal, beat?: Beat): Promise<void>;
  counts(): { trained: number; failed: number };
}

export interface TrainingDeps {
  clock: Clock;
  log: Log;
  sensors: SensorDirectory;
  readings: History;
  store: PredictStore;
  feedback: Pick<FeedbackStore, "periods">;
  onTrained: (model: ModelInfo) => void;
  onFailed: (machine: string, message: string) => void;
  /** Gives back what the C library keeps of memory that was freed. */
  freeMemory?: (() => Promise<void>) | null;
}

export function createTraining(deps: TrainingDeps): Training {
  const { clock, store } = deps;
  const waiting = new Map<string, string>();
  const count = { trained: 0, failed: 0 };
  let running: { state: TrainingState; abort: AbortController } | null = null;
  let wake = () => {};
  let resting = false;

  const note = (machine: string, level: "info" | "warn", message: string) => {
    deps.log[level](message, { machine });
    return store.addLog({ tMs: clock.now(), machine, level, message });
  };

  async function train(machine: string, why: string, signal: AbortSignal): Promise<void> {
    const state: TrainingState = {
      machine,
      phase: "reading",
      progress: 0,
      startedMs: clock.now(),
    };
    const abort = new AbortController();
    const both = AbortSignal.any([signal, abort.signal]);
    running = { state, abort };
    try {
      await note(machine, "info", `training began: ${why}`);
      const model = await learn(machine, state, both);
      count.trained++;
      await note(machine, "info", trainedText(model));
      deps.onTrained(model);
    } catch (error) {
      if (signal.aborted) return;
      if (resting) return void waiting.set(machine, why);
      const message = abort.signal.aborted ? "training was cancelled" : messageOf(error);
      if (!abort.signal.aborted) count.failed++;
      deps.onFailed(machine, message);
      await note(machine, "warn", `no new model: ${message}`);
    } finally {
      running = null;
    }
  }

  async function learn(
    machine: string,
    state: TrainingState,
    signal: AbortSignal,
  ): Promise<ModelInfo> {
    const toMs = clock.now();
    const own = deps.sensors.all().filter((s) => s.machine === machine);
    const rows = await readRows(deps.readings, own, {
      toMs,
      signal,
      onProgress: (share) => state.progress = 0.7 * share,
      judged: (sinceMs) => deps.feedback.periods(machine, own.map((s) => s.num), sinceMs),
    });
    state.phase = "learning";
    state.progress = 0.7;
    const sensors = rows.sensors.map((s) => s.name);
    const answer = await trainInWorker(
      { sensors, data: rows.data, rows: rows.rows },
      clock,
      signal,
    );
    signal.throwIfAborted();
    state.phase = "storing";
    state.progress = 0.95;
    return await store.addModel({
      machine,
      createdMs: clock.now(),
      sensors,
      stepMs: rows.stepMs,
      fromMs: rows.fromMs,
      toMs: rows.toMs,
      rows: rows.rows,
      trainMs: answer.trainMs,
      bytes: answer.bytes,
      notes: rows.notes,
    }, answer.packed);
  }

  return {
    request(machine, why) {
      if (waiting.has(machine) || running?.state.machine === machine) return false;
      waiting.set(machine, why);
      wake();
      return true;
    },
    cancel(machine) {
      let ended = 0;
      for (const name of machine === undefined ? [...waiting.keys()] : [machine]) {
        if (waiting.delete(name)) ended++;
      }
      if (running !== null && (machine === undefined || running.state.machine === machine)) {
        running.abort.abort(new PerchError("conflict", "training was cancelled"));
        ended++;
      }
      return ended;
    },
    rest(on) {
      resting = on;
      if (on) running?.abort.abort(new PerchError("busy", "training waits"));
      else wake();
    },
    states: () => [
      ...(running === null ? [] : [{ ...running.state }]),
      ...[...waiting.keys()].map((machine): TrainingState => ({
        machine,
        phase: "waiting",
        progress: 0,
        startedMs: null,
      })),
    ],
    async run(signal, beat) {
      signal.addEventListener("abort", () => wake(), { once: true });
      let trained = false;
      while (!signal.aborted) {
        const next = waiting.entries().next();
        if (next.done || resting) {
          beat?.(Infinity);
          // Each worker leaves some megabytes, which a plant of many machines would keep until the next hour.
          if (trained) await deps.freeMemory?.();
          trained = false;
          if (waiting.size > 0 && !resting || signal.aborted) continue;
          await new Promise<void>((resolve) => wake = resolve);
          continue;
        }
        beat?.();
        const [machine, why] = next.value;
        waiting.delete(machine);
        await train(machine, why, signal);
        trained = true;
      }
    },
    counts: () => ({ ...count }),
  };
}

function trainedText(model: ModelInfo): string {
  const hours = (model.toMs - model.fromMs) / 3_600_000;
  const left = model.notes.length === 0 ? "" : `; ${model.notes.join("; ")}`;
  return `model ${model.version} is ready: ${model.rows} rows of ${model.sensors.length} sensors ` +
    `over ${hours.toFixed(1)} h, learned in ${Math.round(model.trainMs)} ms${left}`;
}
