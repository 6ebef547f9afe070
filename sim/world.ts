/**
 * DESIGN: the world is a pure function of seed, scenario and time: it counts its own seconds and never
 * looks at a clock. Every sensor has its own stream of random numbers, drawn from in every second, so a
 * fault in one place changes nothing elsewhere.
 */
import { distort, type Fault, isActive, wearOf } from "./faults.ts";
import { createHouse } from "./house/house.ts";
import { meter } from "./machines/meter.ts";
import type { Machine, SensorSpec, Value } from "./machines/machine.ts";
import { createPlant } from "./plant.ts";
import { createRandom, type Random } from "./random.ts";

export interface WorldOptions {
  seed: number;
  faults: readonly Fault[];
  /** Share of samples of a machine that are spikes, 0 to 1. By machine path. */
  spikeShare?: Readonly<Record<string, number>>;
  room: { minC: number; maxC: number; periodS: number };
  /** Which place it is. Default `plant`. */
  place?: Place;
}

/** `metered`: the plant, and a meter that speaks a language of its own. */
export type Place = "plant" | "metered" | "house";

/** The machine that the camera of a place looks at. */
export const SEEN: Readonly<Record<Place, string>> = {
  plant: "hall-1/press-3",
  metered: "hall-1/press-3",
  house: "works/pump",
};

/** What one machine reports in one second. Sensors that are silent are missing. */
export interface Sample {
  machine: Machine;
  values: Record<string, Value>;
}

export interface World {
  readonly machines: readonly Machine[];
  /** Simulated seconds since the start. */
  readonly nowS: number;
  /** One second passes; gives what is reported in it. */
  step(): Sample[];
}

/** States are reported again after this long even when they have not changed. */
const STATE_REPEAT_S = 60;

export function createWorld(options: WorldOptions): World {
  const machines = machinesOf(options);
  const speakers = machines.map((machine) => createSpeaker(machine, options));
  let nowS = 0;
  return {
    machines,
    get nowS() {
      return nowS;
    },
    step() {
      nowS++;
      const samples: Sample[] = [];
      machines.forEach((machine, i) => {
        if (nowS % (machine.tickS ?? 1) !== 0) return;
        const values = speakers[i](nowS);
        if (Object.keys(values).length > 0) samples.push({ machine, values });
      });
      return samples;
    },
  };
}

function machinesOf({ place, seed, room }: WorldOptions): Machine[] {
  if (place === "house") return createHouse(seed);
  const plant = createPlant(seed, room);
  const path = "hall-2/meter-1";
  return place === "metered" ? [...plant, meter(path, createRandom(seed, path))] : plant;
}

/** Turns a machine's physics into what its sensors say: noise, faults, rounding, period. */
function createSpeaker(
  machine: Machine,
  { seed, faults, spikeShare }: WorldOptions,
): (nowS: number) => Record<string, Value> {
  const mine = faults.filter((fault) => fault.machine === machine.path);
  const share = spikeShare?.[machine.path] ?? 0;
  const sensors = machine.sensors.map((spec) => ({
    spec,
    random: createRandom(seed, `${machine.path}/${spec.name}`),
    faults: mine.filter((fault) => fault.sensor === spec.name),
    last: NaN,
  }));
  const states = new Map<string, { value: Value; reportedS: number }>();
  let dueS = 0;

  return (nowS) => {
    const physics = machine.step(wearOf(mine, machine.path, nowS));
    if (machine.speaks) return distorted(physics, sensors, nowS);
    const out: Record<string, Value> = {};
    for (const sensor of sensors) {
      const reported = report(sensor, physics[sensor.spec.name] as number, nowS, share);
      if (reported !== null) out[sensor.spec.name] = sensor.last = reported;
    }
    for (const name of machine.states ?? []) {
      const before = states.get(name);
      if (before?.value === physics[name] && nowS - before.reportedS < STATE_REPEAT_S) continue;
      states.set(name, { value: physics[name], reportedS: nowS });
      out[name] = physics[name];
    }
    if (machine.periodS === undefined) return out;
    if (nowS < dueS) return {};
    dueS += Math.max(1, machine.periodS);
    return out;
  };
}

/** What a machine that decides for itself when it reports sends, with the faults of its sensors. */
function distorted(
  reported: Record<string, Value>,
  sensors: readonly { spec: SensorSpec; random: Random; faults: readonly Fault[]; last: number }[],
  nowS: number,
): Record<string, Value> {
  for (const sensor of sensors) {
    const { name, decimals } = sensor.spec;
    let value = reported[name] as number | undefined;
    if (value === undefined) continue;
    for (const fault of sensor.faults) {
      if (!isActive(fault, nowS)) continue;
      const { random, last } = sensor;
      const draws = { uniform: random.uniform(), normal: random.normal() };
      const wrong: number | null = distort(
        fault,
        nowS,
        value,
        Number.isNaN(last) ? value : last,
        draws,
      );
      if (wrong === null) {
        value = undefined;
        break;
      }
      value = Math.round(wrong * 10 ** decimals) / 10 ** decimals;
    }
    if (value === undefined) delete reported[name];
    else reported[name] = sensor.last = value;
  }
  return reported;
}

function report(
  sensor: { spec: SensorSpec; random: Random; faults: readonly Fault[]; last: number },
  physics: number,
  nowS: number,
  spikeShare: number,
): number | null {
  const { spec, random } = sensor;
  const measured = physics + spec.noise * random.normal();
  const draws = { uniform: random.uniform(), normal: random.normal() };
  const spikes = random.uniform() < spikeShare;
  let value: number | null = within(spec, measured);
  if (spikes) value += spec.spike * (draws.uniform < 0.5 ? 1 : -1);
  for (const fault of sensor.faults) {
    if (!isActive(fault, nowS)) continue;
    const last = Number.isNaN(sensor.last) ? value : sensor.last;
    value = distort(fault, nowS, value, last, draws);
    if (value === null) return null;
  }
  const scale = 10 ** spec.decimals;
  return Math.round(value * scale) / scale;
}

function within(spec: SensorSpec, value: number): number {
  return Math.min(spec.most ?? Infinity, Math.max(spec.least ?? -Infinity, value));
}
