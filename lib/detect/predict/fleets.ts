/**
 * Remaining life from machines of the same kind that failed. A kind's model is learned when enough of its lives have
 * ended, and again when more have; it is kept beside the models of machines. Without any failure this does nothing.
 */
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { nameId } from "../../base/ids.ts";
import type { Log } from "../../base/log.ts";
import type { Sensor, SensorDirectory } from "../../machines/sensor.ts";
import type { FleetModel } from "../life/fleet/fleet.ts";
import {
  extentOf,
  type Failure,
  type Kind,
  kindsOf,
  type Life,
  livesOf,
  readRun,
  stepFor,
} from "./fleet_lives.ts";
import { FAILED_LEAST, noteOf, notLearned, tooFew, unknown } from "./fleet_words.ts";
import type { History } from "./history.ts";
import type { PredictStore } from "./predict_store.ts";
import type { LifeNote, ModelInfo } from "./shapes.ts";
import { trainInWorker } from "./train_in_worker.ts";

/** The newest lives that are learned from. */
const LIVES_MOST = 300, EVERY_MS = 60_000;
/** What taught nothing is tried again then, or when more have failed. */
const AGAIN_MS = 6 * 3_600_000;
/** Rows without any reading, after which a machine is not judged; share of a training that reading takes. */
const STALE_ROWS = 10, READING = 0.6;

export interface Fleets {
  /** Learns what there is to learn; how many models that were. */
  look(signal: AbortSignal): Promise<number>;
  /** Null: no machine of its kind has failed. */
  lifeOf(machine: string, nowMs: number): Promise<LifeNote | null>;
  /** Kinds of which at least one machine has failed. */
  views(): Promise<FleetView[]>;
  /** Learning waits, or goes on. */
  rest(on: boolean): void;
  run(signal: AbortSignal): Promise<void>;
}

export interface FleetView extends Pick<Kind, "names" | "called"> {
  machines: number;
  /** Lives that have ended, and how many it takes. */
  failed: number;
  needed: number;
  /** `errorMs`: how far off it was on lives that it had not seen. */
  model: { createdMs: number; lives: number; errorMs: number } | null;
  training: { phase: "reading" | "learning"; progress: number } | null;
  /** Why the last training gave no model. */
  refusal: string | null;
}

export interface FleetsDeps {
  clock: Clock;
  log: Log;
  sensors: SensorDirectory;
  readings: History;
  store: Pick<PredictStore, "fleetModel" | "addModel" | "bytesOf" | "addLog">;
  /** Machines that failed, as people said. */
  failures: () => Promise<Failure[]>;
  /** What people call the kind of a machine; null: nothing. */
  calledOf: (machine: string) => string | null;
  /** What is said of these machines changes. */
  onChanged: (machines: Iterable<string>) => void;
  /** Gives back what the C library keeps of memory that was freed. */
  freeMemory?: (() => Promise<void>) | null;
}

interface Known {
  info: ModelInfo;
  model: FleetModel;
}

/** In the table of models: no machine has a path that begins so. */
const keyOf = ({ names, called }: Kind) =>
  `/kind/${nameId([...names, ...(called === null ? [] : ["", called])].join("\n"))}`;

export function createFleets(deps: FleetsDeps): Fleets {
  const { clock, readings, store } = deps;
  const known = new Map<string, Known | null>();
  const begun = new Map<string, number>();
  /** By kind: how many lives have ended; of how many it was tried last, and what came of it. */
  const counted = new Map<string, number>();
  const tried = new Map<string, { lives: number; againMs: number; refusal?: string }>();
  let training: (FleetView["training"] & { key: string }) | null = null;
  let failures: Failure[] | null = null;
  let kinds: Kind[] | null = null;
  let resting = false;

  const allKinds = () => kinds ??= [...kindsOf(deps.sensors.all(), deps.calledOf).values()];
  const endedOf = ({ machines }: Kind) =>
    [...machines.keys()].flatMap((name) => livesOf(name, failures ?? []).ended);

  async function modelOf(kind: Kind): Promise<Known | null> {
    const key = keyOf(kind);
    let one = known.get(key);
    if (one === undefined) {
      const info = await store.fleetModel(key);
      const bytes = info === null ? null : await store.bytesOf(info.id);
      const { loadFleet } = await import("../life/fleet/saved_fleet.ts");
      one = info === null || bytes === null ? null : { info, model: loadFleet(bytes) };
      known.set(key, one);
    }
    return one;
  }

  async function look(signal: AbortSignal): Promise<number> {
    failures = await deps.failures();
    kinds = null;
    begun.clear();
    if (failures.length === 0 && counted.size === 0) return 0;
    let trained = 0;
    for (const kind of allKinds()) {
      const ended = endedOf(kind), key = keyOf(kind);
      if ((counted.get(key) ?? 0) !== ended.length) deps.onChanged(kind.machines.keys());
      if (ended.length === 0) counted.delete(key);
      else counted.set(key, ended.length);
      const lives = ended.slice(-LIVES_MOST);
      if (resting || ended.length < FAILED_LEAST || !await isDue(kind, lives)) continue;
      if (await isLearned(kind, lives, signal)) trained++;
    }
    if (trained > 0) await deps.freeMemory?.();
    return trained;
  }

  async function isDue(kind: Kind, lives: readonly Life[]): Promise<boolean> {
    const now = await modelOf(kind).catch(() => null);
    if (now !== null && livesIn(now.info) === lives.length) return false;
    const before = tried.get(keyOf(kind));
    return before?.lives !== lives.length || clock.monotonic() >= before.againMs;
  }

  async function isLearned(
    kind: Kind,
    lives: readonly Life[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const attempt = { lives: lives.length, againMs: clock.monotonic() + AGAIN_MS };
    tried.set(keyOf(kind), attempt);
    try {
      await learn(kind, lives, signal);
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      const refusal = messageOf(error);
      tried.set(keyOf(kind), { ...attempt, refusal });
      const message = `no remaining life from machines that failed: ${refusal}`;
      deps.log.warn(message);
      await store.addLog({ tMs: clock.now(), machine: null, level: "warn", message });
      return false;
    } finally {
      training = null;
      deps.onChanged(kind.machines.keys());
    }
  }

  async function learn(kind: Kind, lives: readonly Life[], signal: AbortSignal): Promise<void> {
    const key = keyOf(kind), spans = [], runs = [];
    training = { key, phase: "reading", progress: 0 };
    for (const life of lives) {
      const sensors = kind.machines.get(life.machine)!;
      const extent = await spanOf(readings, sensors, life, clock.now());
      if (extent !== null) spans.push({ ...extent, sensors });
    }
    if (spans.length === 0) throw new RangeError("their histories are empty");
    const stepMs = stepFor(
      spans.map(({ firstMs, lastMs }) => lastMs - firstMs),
      spans.map(({ firstMs, lastMs, readings: n }) => (lastMs - firstMs) / Math.max(1, n - 1)),
    );
    for (const { firstMs, lastMs, sensors } of spans) {
      runs.push(
        await readRun(readings, sensors, { fromMs: firstMs, toMs: lastMs, stepMs }, signal),
      );
      training = { key, phase: "reading", progress: READING * runs.length / spans.length };
    }
    const rows = runs.reduce((sum, run) => sum + run.rows, 0);
    training = { key, phase: "learning", progress: READING };
    const { packed, bytes, trainMs } = await trainInWorker(
      { runs, columns: kind.names.length },
      clock,
      signal,
    );
    const info = await store.addModel({
      machine: key,
      createdMs: clock.now(),
      sensors: kind.names,
      stepMs,
      fromMs: Math.min(...spans.map(({ firstMs }) => firstMs)),
      toMs: Math.max(...spans.map(({ lastMs }) => lastMs)),
      rows,
      trainMs,
      bytes,
      notes: [`${lives.length} lives`],
    }, packed);
    known.delete(key);
    const message = `remaining life is learned from ${lives.length} machines of a kind that ` +
      `failed: ${rows} rows of ${kind.names.length} sensors, in ${Math.round(trainMs)} ms`;
    await store.addLog({ tMs: info.createdMs, machine: null, level: "info", message });
  }

  async function lifeOf(machine: string, nowMs: number): Promise<LifeNote | null> {
    failures ??= await deps.failures();
    if (failures.length === 0) return null;
    const kind = allKinds().find((one) => one.machines.has(machine));
    const failed = kind === undefined ? 0 : endedOf(kind).length;
    if (kind === undefined || failed === 0) return null;
    const { present } = livesOf(machine, failures);
    if (present.over) return unknown("this machine is marked as failed");
    if (failed < FAILED_LEAST) return tooFew(kind, failed);
    const own = await modelOf(kind).catch(() => null);
    if (own === null) return notLearned(failed, tried.get(keyOf(kind))?.refusal);
    const sensors = kind.machines.get(machine)!;
    const beganMs = await began(machine, sensors, present.fromMs, nowMs);
    if (beganMs === null) return null;
    const { stepMs } = own.info;
    const rows = (nowMs - beganMs) / stepMs;
    const { guessLife } = await import("../life/fleet/fleet.ts");
    const tooOld = { known: false, why: "too_old" } as const;
    if (rows > 2 * own.model.longest) return noteOf(tooOld, own.model, stepMs);
    const run = await readRun(readings, sensors, { fromMs: beganMs, toMs: nowMs, stepMs });
    const tail = run.data.subarray(Math.max(0, run.rows - STALE_ROWS) * sensors.length);
    if (!tail.some(Number.isFinite)) return null;
    return noteOf(guessLife(own.model, run), own.model, stepMs);
  }

  async function began(
    machine: string,
    sensors: readonly Sensor[],
    fromMs: number | null,
    nowMs: number,
  ): Promise<number | null> {
    const before = fromMs ?? begun.get(machine);
    if (before !== undefined) return before;
    const extent = await spanOf(readings, sensors, { machine, fromMs, toMs: null }, nowMs);
    if (extent === null) return null;
    begun.set(machine, extent.firstMs);
    return extent.firstMs;
  }

  async function viewOf(kind: Kind, failed: number): Promise<FleetView> {
    const key = keyOf(kind), own = await modelOf(kind).catch(() => null);
    return {
      names: kind.names,
      called: kind.called,
      machines: kind.machines.size,
      failed,
      needed: FAILED_LEAST,
      model: own && modelView(own),
      training: training?.key === key ? training : null,
      refusal: tried.get(key)?.refusal ?? null,
    };
  }

  return {
    look,
    lifeOf,
    rest: (on) => void (resting = on),
    async views() {
      failures ??= await deps.failures();
      const views = [];
      for (const kind of failures.length === 0 ? [] : allKinds()) {
        const failed = endedOf(kind).length;
        if (failed > 0) views.push(await viewOf(kind, failed));
      }
      return views;
    },
    async run(signal) {
      for (;;) {
        await clock.sleep(EVERY_MS, signal);
        await look(signal);
      }
    },
  };
}

/** Where a life begins and ends by its readings, of the sensor that has most of them among the first few. */
async function spanOf(readings: History, sensors: readonly Sensor[], life: Life, nowMs: number) {
  const found = [];
  for (const { num } of sensors.slice(0, 3)) {
    const toMs = Math.min(life.toMs ?? nowMs, nowMs) + 1;
    const extent = await extentOf(readings, num, life.fromMs ?? 0, toMs);
    if (extent !== null) found.push(extent);
  }
  return found.sort((a, b) => b.readings - a.readings)[0] ?? null;
}

const modelView = ({ info, model }: Known) => ({
  createdMs: info.createdMs,
  lives: model.lives,
  errorMs: model.error * info.stepMs,
});

/** How many lives a model was learned from. */
const livesIn = ({ notes }: ModelInfo) => Number.parseInt(notes[0] ?? "0");
