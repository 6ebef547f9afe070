/**
 * The service of predictions: outlooks of machines (`outlooks.ts`), training (`training.ts`, a task of
 * its own), its schedule, and what people think of predictions.
 */
import type { Clock } from "../../base/clock.ts";
import { PerchError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import type { Database, SqlStatement } from "../../db/client.ts";
import type { CommittedGroup } from "../../intake/committed.ts";
import type { Sensor, SensorDirectory } from "../../machines/sensor.ts";
import type { Verdict } from "../../words/verdict.ts";
import type { Limits } from "../limits.ts";
import { createFeedbackStore } from "./feedback_store.ts";
import { type History, numericSensors } from "./history.ts";
import type { Failure } from "./fleet_lives.ts";
import { createFleets, type FleetView } from "./fleets.ts";
import { createOutlooks } from "./outlooks.ts";
import { createPredictStore, type PredictStore } from "./predict_store.ts";
import { createSchedule } from "./schedule.ts";
import type { Outlook, StoredOutlook, TrainingState } from "./shapes.ts";
import { createTraining } from "./training.ts";

const TICK_MS = 1000;

export interface PredictStatus {
  machines: number;
  /** Looks since the start, those that failed, and how long one takes. */
  predictions: number;
  errors: number;
  latencyMs: { p50: number; p99: number } | null;
  trained: number;
  trainingsFailed: number;
}

export interface Predictions {
  readonly store: PredictStore;
  /** A committed group. */
  add(group: CommittedGroup): void;
  /** Looks at every machine that is due; `all`: at every one. Called by the task every second. */
  look(options?: { all?: boolean; signal?: AbortSignal }): Promise<void>;
  /** The newest outlook of each machine by name; `id` of the stored one it goes with. */
  current(): (Outlook & { id: number | null })[];
  /** Something of a sensor changed: the remaining life of its machine is another. */
  renew(machine: string): void;
  status(): PredictStatus;
  training(): TrainingState[];
  /** Queues the machine, or all that have sensors; the names that were added. */
  retrain(machine: string | null, by: string): string[];
  cancelTraining(machine?: string): number;
  /** A statement that keeps a verdict on the newest unusual prediction of a machine up to a time. */
  verdictStatement(
    machine: string,
    tMs: number,
    verdict: Verdict,
    by: { name: string; atMs: number },
  ): SqlStatement;
  /** A machine is about to be moved: its models and predictions go along. */
  move(from: string, to: string): Promise<{ statements: SqlStatement[]; moved(): void }>;
  /**
   * Keeps a person's verdict on a stored prediction, with `extra` (the audit row) in the same transaction;
   * the schedule trains the machine accordingly within a minute.
   * @throws PerchError `validation` of class normal: there is nothing to judge
   */
  judge(
    outlook: StoredOutlook,
    verdict: Verdict,
    by: string,
    extra: readonly SqlStatement[],
  ): Promise<void>;
  /** Machines with at least one sensor that reports numbers, sorted. */
  machines(): string[];
  /** Learns from machines that failed, where there is something new to learn; how many models that were. */
  learnFleets(signal: AbortSignal): Promise<number>;
  /** Kinds of machines of which at least one has failed. */
  fleets(): Promise<FleetView[]>;
  /** Training waits, or goes on. */
  restTraining(on: boolean): void;
  /** Looking, training, and the schedule. */
  tasks: Task[];
}

export interface PredictDeps {
  clock: Clock;
  log: Log;
  db: Database;
  sensors: SensorDirectory;
  readings: History;
  /** Limits of a sensor, null where none are set. */
  limitsOf: (sensor: Sensor) => Limits | null;
  /** Publishes to the live stream. */
  publish: (type: "prediction", data: unknown) => void;
  /** Days after which a model is trained again; 0: never by itself. */
  retrainDays: () => number;
  /** Machines that failed, as people said. */
  failures?: () => Promise<Failure[]>;
  /** What people call the kind of a machine; null: nothing. */
  calledOf?: (machine: string) => string | null;
  /** Gives back what the C library keeps of memory that was freed. */
  freeMemory?: (() => Promise<void>) | null;
}

/** Creates the service; its tasks have to be started. */
export function createPredictions(deps: PredictDeps): Predictions {
  const { clock, log, sensors, readings } = deps;
  const store = createPredictStore(deps.db);
  const feedback = createFeedbackStore(deps.db);
  const fleets = createFleets({
    clock,
    log,
    sensors,
    readings,
    store,
    failures: deps.failures ?? (() => Promise.resolve([])),
    calledOf: deps.calledOf ?? (() => null),
    onChanged(machines) {
      for (const machine of machines) outlooks.renew(machine);
    },
    freeMemory: deps.freeMemory,
  });
  const outlooks = createOutlooks({
    clock,
    log,
    sensors,
    readings,
    store,
    limitsOf: deps.limitsOf,
    publish: deps.publish,
    fleetLife: fleets.lifeOf,
    retrain: (machine, why) => void training.request(machine, why),
  });
  const training = createTraining({
    clock,
    log,
    sensors,
    readings,
    store,
    feedback,
    onTrained: outlooks.use,
    onFailed: (machine) => schedule.failed(machine),
    freeMemory: deps.freeMemory,
  });
  const schedule = createSchedule({
    clock,
    store,
    feedback,
    machines: machineNames,
    retrainDays: deps.retrainDays,
    classOf: (machine) => outlooks.of(machine)?.class ?? "normal",
    request: (machine, why) => training.request(machine, why),
  });

  function machineNames(): string[] {
    return [...new Set(numericSensors(sensors.all()).map((s) => s.machine))];
  }

  return {
    store,
    add: outlooks.add,
    look: outlooks.look,
    current: outlooks.current,
    renew: outlooks.renew,
    status: () => ({
      machines: machineNames().length,
      ...outlooks.counts(),
      trained: training.counts().trained,
      trainingsFailed: training.counts().failed,
    }),
    training: () => training.states(),
    retrain: (machine, by) =>
      (machine === null ? machineNames() : [machine])
        .filter((name) => training.request(name, `asked for by ${by}`)),
    cancelTraining: (machine) => training.cancel(machine),
    learnFleets: fleets.look,
    fleets: fleets.views,
    restTraining(on) {
      training.rest(on);
      fleets.rest(on);
    },
    async move(from, to) {
      const statements = await store.move(from, to);
      return {
        statements,
        moved() {
          outlooks.forget(from);
          store.models(to).then(([newest]) => {
            if (newest) outlooks.use(newest);
          }).catch((error) => log.warn("the model of a moved machine was not loaded", { error }));
        },
      };
    },
    verdictStatement: feedback.verdictAt,
    async judge(outlook, verdict, by, extra) {
      if (outlook.class === "normal") {
        const message = "this prediction said normal; only warning and critical ones are judged";
        throw new PerchError("validation", message, { errors: [{ path: "params.id", message }] });
      }
      await feedback.judge(outlook, verdict, { name: by, atMs: clock.now() }, extra);
    },
    machines: () => machineNames().sort(),
    tasks: [
      {
        name: "predictions",
        async run(signal) {
          await outlooks.load(signal);
          for (;;) {
            await clock.sleep(TICK_MS, signal);
            await outlooks.look({ signal });
          }
        },
      },
      { name: "training", run: (signal, beat) => training.run(signal, beat) },
      { name: "training schedule", run: (signal) => schedule.run(signal) },
      { name: "lives of machines that failed", run: (signal) => fleets.run(signal) },
    ],
  };
}
