/**
 * DESIGN. Every machine is looked at when its next row is due (10 s, longer where its sensors are
 * slower): by its model, or by rules until there is one. The newest outlook of each machine is in
 * memory; it is stored and told to the stream when its class changes and every ten minutes. Nothing
 * here runs long: a look costs under a millisecond, and after a few of them the loop gets its turn.
 * Training has a task of its own (`training.ts`).
 */
import type { Clock } from "../../base/clock.ts";
import { messageOf, PerchError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import type { Database, SqlStatement } from "../../db/client.ts";
import type { CommittedGroup } from "../../intake/committed.ts";
import type { Sensor, SensorDirectory } from "../../machines/sensor.ts";
import type { Verdict } from "../../words/verdict.ts";
import { trendLife } from "../life/trend.ts";
import type { Limits } from "../limits.ts";
import { createFeedbackStore } from "./feedback_store.ts";
import { type History, numericSensors } from "./history.ts";
import { follow, type Followed, nextStep, stepModel } from "./machine_state.ts";
import { createPredictStore, type PredictStore } from "./predict_store.ts";
import { remainingLife } from "./remaining.ts";
import { createRowFeed } from "./row_feed.ts";
import { judgeByRules, raisedByLimits, type RuleInput } from "./rules.ts";
import { createSchedule } from "./schedule.ts";
import type { LifeNote, ModelInfo, Outlook, StoredOutlook, TrainingState } from "./shapes.ts";
import { createTraining } from "./training.ts";

/** How long an unchanged class goes without being stored. */
const STORE_MS = 10 * 60_000;
/** A sensor's usual values and a machine's remaining life are looked up this often. */
const LOOKUP_MS = 10 * 60_000;
const PAST_MS = 24 * 3_600_000;
const PAST_POINTS = 1440;
const TICK_MS = 1000;
/** The loop gets its turn after this much work. */
const TURN_MS = 8;
const LATENCIES = 512;
/** A class has changed when so many looks in a row say so: one that flickers fills no table. */
const LOOKS_TO_CHANGE = 3;

export interface PredictStatus {
  machines: number;
  /** Looks taken since the start, those that failed, and how long one takes. */
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
  status(): PredictStatus;
  training(): TrainingState[];
  /** Queues the machine, or all that have sensors; the names that were added. */
  retrain(machine: string | null, by: string): string[];
  cancelTraining(machine?: string): number;
  /** A statement that keeps a word on the newest unusual prediction of a machine up to a time. */
  saying(
    machine: string,
    tMs: number,
    verdict: Verdict,
    by: { name: string; atMs: number },
  ): SqlStatement;
  /** A machine is about to be moved: its models and predictions go along. */
  move(from: string, to: string): Promise<{ statements: SqlStatement[]; moved(): void }>;
  /**
   * Keeps what a person said of a stored prediction, with `extra` (the audit row) in the same transaction;
   * the schedule trains the machine accordingly within a minute.
   * @throws PerchError `validation` for one that said normal: there is nothing to judge
   */
  judge(
    outlook: StoredOutlook,
    verdict: Verdict,
    by: string,
    extra: readonly SqlStatement[],
  ): Promise<void>;
  /** Machines with at least one sensor that reports numbers, sorted. */
  machines(): string[];
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
  /** Tells the stream. */
  publish: (type: "prediction", data: unknown) => void;
  /** Days after which a model is trained anew; 0: never by itself. */
  retrainDays: () => number;
}

interface Machine {
  name: string;
  followed: Followed | null;
  /** A model to load before the next look. */
  load: ModelInfo | null;
  dueMs: number;
  outlook: Outlook | null;
  stored: StoredOutlook | null;
  /** Looks in a row whose class is another than the stored one. */
  differing: number;
  past: Map<number, Float64Array>;
  pastMs: number;
  life: LifeNote;
  lifeMs: number;
}

export function createPredictions(deps: PredictDeps): Predictions {
  const { clock, log, sensors, readings } = deps;
  const store = createPredictStore(deps.db);
  const feedback = createFeedbackStore(deps.db);
  const feed = createRowFeed();
  const machines = new Map<string, Machine>();
  const latencies: number[] = [];
  const count = { predictions: 0, errors: 0 };
  const unaborted = new AbortController().signal;

  const training = createTraining({
    clock,
    log,
    sensors,
    readings,
    store,
    feedback,
    onTrained: (model) => machineOf(model.machine).load = model,
    onFailed: (machine) => schedule.failed(machine),
  });
  const schedule = createSchedule({
    clock,
    store,
    feedback,
    machines: machineNames,
    retrainDays: deps.retrainDays,
    classOf: (machine) => machines.get(machine)?.outlook?.class ?? "normal",
    request: (machine, why) => training.request(machine, why),
  });

  function machineNames(): string[] {
    return [...new Set(numericSensors(sensors.all()).map((s) => s.machine))];
  }

  function machineOf(name: string): Machine {
    let machine = machines.get(name);
    if (machine === undefined) {
      machine = {
        name,
        followed: null,
        load: null,
        dueMs: 0,
        outlook: null,
        stored: null,
        differing: 0,
        past: new Map(),
        pastMs: -Infinity,
        life: { known: false, text: "unknown: not looked at yet" },
        lifeMs: -Infinity,
      };
      machines.set(name, machine);
    }
    return machine;
  }

  async function load(signal: AbortSignal): Promise<void> {
    for (const info of (await store.models()).reverse()) machineOf(info.machine).load = info;
    for (const outlook of await store.latest()) machineOf(outlook.machine).stored = outlook;
    signal.throwIfAborted();
  }

  async function look(options: { all?: boolean; signal?: AbortSignal } = {}): Promise<void> {
    const signal = options.signal ?? unaborted;
    const bySensor = Map.groupBy(numericSensors(sensors.all()), (s) => s.machine);
    for (const name of machines.keys()) if (!bySensor.has(name)) machines.delete(name);
    let turnMs = clock.monotonic();
    for (const [name, own] of bySensor) {
      const machine = machineOf(name);
      if (!options.all && clock.now() < machine.dueMs) continue;
      try {
        await lookAt(machine, own, signal);
      } catch (error) {
        if (signal.aborted) return;
        await failed(machine, error);
      }
      if (clock.monotonic() - turnMs < TURN_MS) continue;
      await clock.sleep(0, signal);
      turnMs = clock.monotonic();
    }
  }

  async function failed(machine: Machine, error: unknown): Promise<void> {
    count.errors++;
    machine.dueMs = clock.now() + 60_000;
    const message = `no prediction for a minute: ${messageOf(error)}`;
    log.warn(message, { machine: machine.name });
    await store.addLog({ tMs: clock.now(), machine: machine.name, level: "error", message });
  }

  async function lookAt(
    machine: Machine,
    own: readonly Sensor[],
    signal: AbortSignal,
  ): Promise<void> {
    if (machine.load !== null) await begin(machine, own, signal);
    await lookUp(machine, own);
    const startedMs = clock.monotonic();
    const outlook = judge(machine, own);
    if (outlook === null) return;
    count.predictions++;
    latencies[count.predictions % LATENCIES] = clock.monotonic() - startedMs;
    machine.outlook = outlook;
    await keep(machine, outlook);
  }

  /** Loads a new model; one that cannot be used is left and said so. */
  async function begin(
    machine: Machine,
    own: readonly Sensor[],
    signal: AbortSignal,
  ): Promise<void> {
    const info = machine.load!;
    machine.load = null;
    try {
      machine.followed = await follow({ store, readings }, info, own, clock.now(), signal);
      if (machine.followed === null) throw new Error("its sensors were renamed or removed");
    } catch (error) {
      if (signal.aborted) throw error;
      machine.followed = null;
      const message = `model ${info.version} cannot be used (${messageOf(error)}); rules stand in`;
      log.warn(message, { machine: machine.name });
      await store.addLog({ tMs: clock.now(), machine: machine.name, level: "error", message });
      training.request(machine.name, `model ${info.version} cannot be used`);
    }
  }

  /** What is slow to learn and slow to change: usual values for the rules, remaining life. */
  async function lookUp(machine: Machine, own: readonly Sensor[]): Promise<void> {
    const nowMs = clock.now(), sinceMs = clock.monotonic();
    if (machine.followed === null && sinceMs - machine.pastMs >= LOOKUP_MS) {
      machine.pastMs = sinceMs;
      machine.past.clear();
      for (const { num } of own) {
        const past = await readings.buckets({
          sensor: num,
          fromMs: nowMs - PAST_MS,
          toMs: nowMs,
          points: PAST_POINTS + 1,
        });
        machine.past.set(num, past.mean.filter(Number.isFinite));
      }
    }
    if (sinceMs - machine.lifeMs < LOOKUP_MS) return;
    machine.lifeMs = sinceMs;
    const limited = own.flatMap((sensor) => {
      const limits = deps.limitsOf(sensor);
      return limits === null ? [] : [{ sensor, limits }];
    });
    machine.life = await remainingLife({ readings, estimator: trendLife }, limited, nowMs);
  }

  function judge(machine: Machine, own: readonly Sensor[]): Outlook | null {
    const nowMs = clock.now();
    const { followed } = machine;
    const about = { machine: machine.name, tMs: nowMs, life: machine.life };
    if (followed !== null) {
      const said = stepModel(followed, feed, nowMs);
      machine.dueMs = followed.dueMs;
      if (said === null) return null;
      const inputs = said.sensors.map(({ name, value }) => ({
        name,
        value,
        limits: limitsByName(own, name),
      }));
      const verdict = raisedByLimits(said, inputs);
      return { ...about, ...verdict, source: "model", modelVersion: followed.info.version };
    }
    machine.dueMs = nextStep(nowMs);
    const row = feed.take(own.map((s) => s.num));
    if (!row.some(Number.isFinite)) return null;
    const inputs = own.map((sensor, i): RuleInput => ({
      name: sensor.name,
      value: row[i],
      past: machine.past.get(sensor.num) ?? new Float64Array(),
      limits: deps.limitsOf(sensor),
    }));
    const verdict = judgeByRules(inputs);
    return { ...about, ...verdict, features: [], source: "rules", modelVersion: null };
  }

  function limitsByName(own: readonly Sensor[], name: string): Limits | null {
    const sensor = own.find((s) => s.name === name);
    return sensor === undefined ? null : deps.limitsOf(sensor);
  }

  async function keep(machine: Machine, outlook: Outlook): Promise<void> {
    const { stored } = machine;
    machine.differing = stored?.class === outlook.class ? 0 : machine.differing + 1;
    const changed = stored === null || stored.source !== outlook.source ||
      machine.differing >= LOOKS_TO_CHANGE;
    if (!changed && Math.abs(outlook.tMs - stored.tMs) < STORE_MS) return;
    machine.differing = 0;
    machine.stored = await store.addOutlook(outlook);
    const { id, tMs, class: kind, score, confidence, action, summary, source } = machine.stored;
    deps.publish("prediction", {
      id: String(id),
      machine: machine.name,
      ts: tMs,
      class: kind,
      score,
      confidence,
      action,
      summary,
      source,
    });
  }

  return {
    store,
    add: (group) => feed.add(group, clock.now()),
    look,
    current: () =>
      [...machines.values()].flatMap(({ outlook, stored }) =>
        outlook === null ? [] : [{ ...outlook, id: stored?.id ?? null }]
      ).sort((a, b) => b.score - a.score),
    status: () => ({
      machines: machineNames().length,
      ...count,
      latencyMs: quantiles(latencies),
      trained: training.counts().trained,
      trainingsFailed: training.counts().failed,
    }),
    training: () => training.states(),
    retrain: (machine, by) =>
      (machine === null ? machineNames() : [machine])
        .filter((name) => training.request(name, `asked for by ${by}`)),
    cancelTraining: (machine) => training.cancel(machine),
    async move(from, to) {
      const statements = await store.move(from, to);
      return {
        statements,
        moved() {
          machines.delete(from);
          store.models(to).then(([newest]) => {
            if (newest) machineOf(to).load = newest;
          }).catch((error) => log.warn("the model of a moved machine was not loaded", { error }));
        },
      };
    },
    saying: feedback.sayingAt,
    async judge(outlook, verdict, by, extra) {
      if (outlook.class === "normal") {
        const message = "this prediction said normal; only warning and critical ones are judged";
        throw new PerchError("validation", message, { errors: [{ path: "params.id", message }] });
      }
      await feedback.say(outlook, verdict, { name: by, atMs: clock.now() }, extra);
    },
    machines: () => machineNames().sort(),
    tasks: [
      {
        name: "predictions",
        async run(signal) {
          await load(signal);
          for (;;) {
            await clock.sleep(TICK_MS, signal);
            await look({ signal });
          }
        },
      },
      { name: "training", run: (signal) => training.run(signal) },
      { name: "training schedule", run: (signal) => schedule.run(signal) },
    ],
  };
}

function quantiles(values: number[]): { p50: number; p99: number } | null {
  const sorted = values.filter((x) => x !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const at = (q: number) => sorted[Math.floor(q * (sorted.length - 1))];
  return { p50: at(0.5), p99: at(0.99) };
}
