/**
 * DESIGN. Every machine is looked at when its next row is due (10 s, longer where its sensors are
 * slower): by its model, or by rules until there is one. The newest outlook of each machine is in
 * memory; it is stored and published when its class changes and every ten minutes, and published when its
 * remaining life reads otherwise. Nothing here runs long: a look costs under a millisecond, and after a few of them the event loop gets its turn.
 */
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { CommittedGroup } from "../../intake/committed.ts";
import type { Sensor, SensorDirectory } from "../../machines/sensor.ts";
import { trendLife } from "../life/trend.ts";
import type { Limits } from "../limits.ts";
import { type History, numericSensors } from "./history.ts";
import { follow, type Followed, nextStep, stepModel } from "./machine_state.ts";
import type { PredictStore } from "./predict_store.ts";
import { lifeWords } from "./life_words.ts";
import { inPlantWords } from "./plant_words.ts";
import { remainingLife } from "./remaining.ts";
import { createRowFeed } from "./row_feed.ts";
import { judgeByRules, learnedOf, raisedByLimits, type RuleInput } from "./rules.ts";
import type { LifeNote, ModelInfo, Outlook, StoredOutlook } from "./shapes.ts";

/** How long an unchanged class goes without being stored. */
const STORE_MS = 10 * 60_000;
/** A sensor's usual values and a machine's remaining life are looked up this often. */
const LOOKUP_MS = 10 * 60_000;
const PAST_MS = 24 * 3_600_000;
const PAST_POINTS = 1440;
/** The loop gets its turn after this much work. */
const TURN_MS = 8;
const LATENCIES = 512;
/** A class has changed when so many looks in a row say so: one that flickers fills no table. */
const LOOKS_TO_CHANGE = 3;

export interface OutlookDeps {
  clock: Clock;
  log: Log;
  sensors: SensorDirectory;
  readings: History;
  store: PredictStore;
  /** Limits of a sensor, null where none are set. */
  limitsOf: (sensor: Sensor) => Limits | null;
  /** Publishes to the live stream. */
  publish: (type: "prediction", data: unknown) => void;
  /** Remaining life from machines of its kind that failed; null: there is no model of these. */
  fleetLife: (machine: string, nowMs: number) => Promise<LifeNote | null>;
  /** A model turned out to be unusable: asks for a new one. */
  retrain: (machine: string, why: string) => void;
}

export interface Outlooks {
  /** Reads the newest models and outlooks from the database. */
  load(signal: AbortSignal): Promise<void>;
  /** A committed group. */
  add(group: CommittedGroup): void;
  /** Looks at every machine that is due; `all`: at every one. */
  look(options?: { all?: boolean; signal?: AbortSignal }): Promise<void>;
  /** The newest outlook of each machine, the worst first; `id` of the stored one it goes with. */
  current(): (Outlook & { id: number | null })[];
  /** The newest outlook of one machine; null before the first. */
  of(machine: string): Outlook | null;
  /** A model to use from the machine's next look on. */
  use(model: ModelInfo): void;
  forget(machine: string): void;
  /** Limits of one of its sensors changed: its next look asks for its remaining life. */
  renew(machine: string): void;
  /** Looks since the start, those that failed, and how long one takes. */
  counts(): {
    predictions: number;
    errors: number;
    latencyMs: { p50: number; p99: number } | null;
  };
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
  past: Map<number, { values: Float64Array; learnedMs: number }>;
  pastMs: number;
  life: LifeNote;
  lifeMs: number;
  /** Its remaining life in words, as the pages heard of it last. */
  lifeSaid: string;
}

/** Creates the outlooks of all machines; nothing is loaded yet. */
export function createOutlooks(deps: OutlookDeps): Outlooks {
  const { clock, log, sensors, readings, store } = deps;
  const feed = createRowFeed();
  const machines = new Map<string, Machine>();
  const latencies: number[] = [];
  const count = { predictions: 0, errors: 0 };
  const unaborted = new AbortController().signal;

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
        lifeSaid: "",
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
    await keep(machine, outlook, own);
  }

  /** Loads a new model; one that cannot be used is reported, and the rules stand in. */
  async function begin(
    machine: Machine,
    own: readonly Sensor[],
    signal: AbortSignal,
  ): Promise<void> {
    const info = machine.load!;
    machine.load = null;
    try {
      machine.followed = await follow(
        { store, readings },
        info,
        own,
        machine.stored,
        clock.now(),
        signal,
      );
      if (machine.followed === null) throw new Error("its sensors were renamed or removed");
    } catch (error) {
      if (signal.aborted) throw error;
      machine.followed = null;
      const message = `model ${info.version} cannot be used (${messageOf(error)}); rules stand in`;
      log.warn(message, { machine: machine.name });
      await store.addLog({ tMs: clock.now(), machine: machine.name, level: "error", message });
      deps.retrain(machine.name, `model ${info.version} cannot be used`);
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
        const isThere = (_: number, i: number) => Number.isFinite(past.mean[i]);
        machine.past.set(num, {
          values: past.mean.filter(isThere),
          learnedMs: learnedOf(past.tMs.filter(isThere)),
        });
      }
    }
    if (sinceMs - machine.lifeMs < LOOKUP_MS) return;
    machine.lifeMs = sinceMs;
    const limited = own.flatMap((sensor) => {
      const limits = deps.limitsOf(sensor);
      return limits === null ? [] : [{ sensor, limits }];
    });
    const trend = await remainingLife({ readings, estimator: trendLife }, limited, nowMs);
    machine.life = firstOf(trend, await deps.fleetLife(machine.name, nowMs));
  }

  function judge(machine: Machine, own: readonly Sensor[]): Outlook | null {
    const nowMs = clock.now();
    const { followed } = machine;
    const limits = (name: string) => limitsByName(own, name);
    const about = { machine: machine.name, tMs: nowMs, life: machine.life };
    if (followed !== null) {
      const seen = stepModel(followed, feed, nowMs);
      machine.dueMs = followed.dueMs;
      if (seen === null) return null;
      const inputs = seen.sensors.map(({ name, value }) => ({
        name,
        value,
        limits: limitsByName(own, name),
      }));
      const verdict = inPlantWords(raisedByLimits(seen, inputs), own, limits);
      return { ...about, ...verdict, source: "model", modelVersion: followed.info.version };
    }
    machine.dueMs = nextStep(nowMs);
    const row = feed.take(own.map((s) => s.num));
    if (!row.some(Number.isFinite)) return null;
    const inputs = own.map((sensor, i): RuleInput => ({
      name: sensor.name,
      value: row[i],
      past: machine.past.get(sensor.num)?.values ?? new Float64Array(),
      learnedMs: machine.past.get(sensor.num)?.learnedMs ?? 0,
      limits: deps.limitsOf(sensor),
    }));
    const verdict = inPlantWords(judgeByRules(inputs), own, limits);
    return { ...about, ...verdict, features: [], source: "rules", modelVersion: null };
  }

  function limitsByName(own: readonly Sensor[], name: string): Limits | null {
    const sensor = own.find((s) => s.name === name);
    return sensor === undefined ? null : deps.limitsOf(sensor);
  }

  async function keep(
    machine: Machine,
    outlook: Outlook,
    own: readonly Sensor[],
  ): Promise<void> {
    const { stored } = machine;
    machine.differing = stored?.class === outlook.class ? 0 : machine.differing + 1;
    const changed = stored === null || stored.source !== outlook.source ||
      stored.life.known !== outlook.life.known || machine.differing >= LOOKS_TO_CHANGE;
    const named = { find: (name: string) => own.find((sensor) => sensor.name === name) };
    const life = lifeWords(outlook.life, named, outlook.tMs);
    if (changed || Math.abs(outlook.tMs - stored.tMs) >= STORE_MS) {
      machine.differing = 0;
      machine.stored = await store.addOutlook(outlook);
    } else if (life === machine.lifeSaid) return;
    machine.lifeSaid = life;
    publish(machine.stored!, life);
  }

  function publish(
    { id, machine, tMs, class: kind, score, confidence, action, summary, source }: StoredOutlook,
    life: string,
  ): void {
    deps.publish("prediction", {
      id: String(id),
      machine,
      at_ms: tMs,
      ts: tMs,
      class: kind,
      score,
      confidence,
      action,
      summary,
      source,
      life,
    });
  }

  return {
    load,
    add: (group) => feed.add(group, clock.now()),
    look,
    current: () =>
      [...machines.values()].flatMap(({ outlook, stored }) =>
        outlook === null ? [] : [{ ...outlook, id: stored?.id ?? null }]
      ).sort((a, b) => b.score - a.score),
    of: (machine) => machines.get(machine)?.outlook ?? null,
    use: (model) => void (machineOf(model.machine).load = model),
    forget: (machine) => void machines.delete(machine),
    renew(name) {
      const machine = machines.get(name);
      if (machine !== undefined) machine.lifeMs = -Infinity;
    },
    counts: () => ({ ...count, latencyMs: quantiles(latencies) }),
  };
}

/** A limit that is reached sooner counts; else what machines of its kind say, or why they say nothing. */
function firstOf(trend: LifeNote, fleet: LifeNote | null): LifeNote {
  if (fleet === null) return trend;
  if (!trend.known) return fleet;
  return fleet.known && fleet.remainingMs < trend.remainingMs ? fleet : trend;
}

function quantiles(values: number[]): { p50: number; p99: number } | null {
  const sorted = values.filter((x) => x !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const at = (q: number) => sorted[Math.floor(q * (sorted.length - 1))];
  return { p50: at(0.5), p99: at(0.99) };
}
