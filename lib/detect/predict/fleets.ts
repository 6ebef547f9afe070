/**
 * Remaining life from machines of the same kind that failed. A kind's model is learned when enough of its lives have
 * ended, and again when more have; it is kept beside the models of machines. Without any failure this does nothing.
 */
import { type Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { nameId } from "../../base/ids.ts";
import type { Log } from "../../base/log.ts";
import type { Sensor, SensorDirectory } from "../../machines/sensor.ts";
import { span } from "../../words/times.ts";
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
import type { History } from "./history.ts";
import type { PredictStore } from "./predict_store.ts";
import type { LifeNote, ModelInfo } from "./shapes.ts";
import { trainInWorker } from "./train_in_worker.ts";

/** Lives of a kind that have to have ended. */
export const FAILED_LEAST = 10;
/** The newest lives that are learned from. */
const LIVES_MOST = 300;
const EVERY_MS = 10 * 60_000;
const AGAIN_MS = 6 * 3_600_000;
/** Rows without any reading, after which a machine is not judged. */
const STALE_ROWS = 10;

export interface Fleets {
  /** Learns what there is to learn; how many models that were. */
  look(signal: AbortSignal): Promise<number>;
  /** Null: no model of its kind. */
  lifeOf(machine: string, nowMs: number): Promise<LifeNote | null>;
  /** Learning waits, or goes on. */
  rest(on: boolean): void;
  run(signal: AbortSignal): Promise<void>;
}

export interface FleetsDeps {
  clock: Clock;
  log: Log;
  sensors: SensorDirectory;
  readings: History;
  store: Pick<PredictStore, "fleetModel" | "addModel" | "bytesOf" | "addLog">;
  /** Machines that failed, as people said. */
  failures: () => Promise<Failure[]>;
  /** A kind has a new model: what is said of these machines changes. */
  onTrained: (machines: Iterable<string>) => void;
}

interface Known {
  info: ModelInfo;
  model: FleetModel;
}

/** Key of a kind in the table of models: no machine has a path that begins so. */
const keyOf = (kind: Kind) => `/kind/${nameId(kind.names.join("\n"))}`;

export function createFleets(deps: FleetsDeps): Fleets {
  const { clock, readings, store } = deps;
  const known = new Map<string, Known | null>();
  const begun = new Map<string, number>();
  const notBefore = new Map<string, number>();
  let failures: Failure[] | null = null;
  let resting = false;

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
    begun.clear();
    if (failures.length === 0 || resting) return 0;
    let trained = 0;
    for (const kind of kindsOf(deps.sensors.all()).values()) {
      const ended = [...kind.machines.keys()].flatMap((name) => livesOf(name, failures!).ended);
      if (ended.length < FAILED_LEAST) continue;
      const key = keyOf(kind), lives = ended.slice(-LIVES_MOST);
      const now = await modelOf(kind).catch(() => null);
      if (now !== null && livesIn(now.info) === lives.length) continue;
      if (clock.monotonic() < (notBefore.get(key) ?? -Infinity)) continue;
      notBefore.set(key, clock.monotonic() + AGAIN_MS);
      try {
        await learn(kind, lives, signal);
        trained++;
      } catch (error) {
        if (signal.aborted) throw error;
        const message = `no remaining life from machines that failed: ${messageOf(error)}`;
        deps.log.warn(message, { machines: kind.machines.size });
        await store.addLog({ tMs: clock.now(), machine: null, level: "warn", message });
      }
    }
    return trained;
  }

  async function learn(kind: Kind, lives: readonly Life[], signal: AbortSignal): Promise<void> {
    const spans = [];
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
    const runs = [];
    for (const { firstMs, lastMs, sensors } of spans) {
      runs.push(
        await readRun(readings, sensors, { fromMs: firstMs, toMs: lastMs, stepMs }, signal),
      );
    }
    const rows = runs.reduce((sum, run) => sum + run.rows, 0);
    const { packed, bytes, trainMs } = await trainInWorker(
      { runs, columns: kind.names.length },
      clock,
      signal,
    );
    const info = await store.addModel({
      machine: keyOf(kind),
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
    known.delete(keyOf(kind));
    const message = `remaining life is learned from ${lives.length} machines of a kind that ` +
      `failed: ${rows} rows of ${kind.names.length} sensors, in ${Math.round(trainMs)} ms`;
    await store.addLog({ tMs: info.createdMs, machine: null, level: "info", message });
    deps.onTrained(kind.machines.keys());
  }

  async function lifeOf(machine: string, nowMs: number): Promise<LifeNote | null> {
    failures ??= await deps.failures();
    if (failures.length === 0) return null;
    const kind = [...kindsOf(deps.sensors.all()).values()].find((one) => one.machines.has(machine));
    const own = kind === undefined ? null : await modelOf(kind);
    if (own === null) return null;
    const { present } = livesOf(machine, failures);
    if (present.over) return { known: false, text: "unknown: this machine is marked as failed" };
    const sensors = kind!.machines.get(machine)!;
    const beganMs = await began(machine, sensors, present.fromMs, nowMs);
    if (beganMs === null) return null;
    const { stepMs } = own.info;
    const rows = (nowMs - beganMs) / stepMs;
    const { guessLife } = await import("../life/fleet/fleet.ts");
    if (rows > 2 * own.model.longest) {
      return noteOf({ known: false, why: "too_old" }, own.model, stepMs);
    }
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
    if (fromMs !== null) return fromMs;
    const before = begun.get(machine);
    if (before !== undefined) return before;
    const extent = await spanOf(readings, sensors, { machine, fromMs, toMs: null }, nowMs);
    if (extent !== null) begun.set(machine, extent.firstMs);
    return extent?.firstMs ?? null;
  }

  return {
    look,
    lifeOf,
    rest: (on) => void (resting = on),
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

/** How many lives a model was learned from. */
function livesIn({ notes }: ModelInfo): number {
  return Number.parseInt(notes[0] ?? "0");
}

type Guess = ReturnType<typeof import("../life/fleet/fleet.ts").guessLife>;

function noteOf(guess: Guess, { lives, longest }: FleetModel, stepMs: number): LifeNote {
  const those = `the ${lives} machines of this kind that failed`;
  if (!guess.known) {
    const why = {
      too_short: `it has not run long enough to be compared with ${those}`,
      too_old: `it has run longer than any of ${those} (${span(longest * stepMs)})`,
      unlike: `it runs unlike ${those}`,
    };
    return { known: false, text: `unknown: ${why[guess.why]}` };
  }
  const [remainingMs, lowMs, highMs] = [guess.rows, guess.low, guess.high].map((r) => r * stepMs);
  const open = !Number.isFinite(highMs);
  const about = open
    ? `at least ${span(lowMs)} left in 8 of 10 cases`
    : `about ${span(remainingMs)} left, ${span(lowMs)} to ${span(highMs)} in 8 of 10 cases`;
  return {
    known: true,
    text: `${about}, as with ${those}`,
    machines: lives,
    remainingMs,
    lowMs,
    highMs: open ? null : highMs,
    confidence: open ? 0.5 : 1 / (1 + (highMs - lowMs) / Math.max(stepMs, remainingMs)),
  };
}
