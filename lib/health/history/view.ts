import type { Clock } from "../../base/clock.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import type { HostSample } from "../host_sample.ts";
import type { WriteBudget } from "./budget.ts";
import type { HostSensors } from "./host_sensors.ts";
import type { Need } from "../emergency/emergency.ts";
import { type Judged, type Level, makeReport, presetLevel } from "./make_report.ts";
import type { HostTrouble } from "./notices.ts";
import { QUANTITIES, type Quantity } from "./quantities.ts";
import { isBeyondLimit, type Recorder } from "./recorder.ts";
import type { HostReport } from "./report.ts";
import { type HostSeries, hostSeries, type Range } from "./series.ts";
import { type CardRating, NO_RATES, NO_TREND } from "./writes.ts";

/** What the recorder of a host and its parts know of it. */
export interface HostParts {
  recorder: Recorder;
  sensors: HostSensors;
  budget: WriteBudget;
  trouble: () => HostTrouble;
}

/** The host for the API, the page and the command line. */
export interface HostView {
  report(): Promise<HostReport>;
  /**
   * The latest value of every quantity, rounded as it is kept; null: not measured. What is written a day is that of
   * the last 24 hours, as in the report.
   */
  values(): Promise<{ atMs: number; values: Record<string, number | null> }>;
  /** Quantities over time; those of these names, in their order, or all. */
  history(range: Range, names?: readonly string[]): Promise<HostSeries[]>;
}

export interface HostViewDeps {
  clock: Clock;
  readings: Pick<ReadingsStore, "buckets">;
  /** Null: nobody looks at the host; then nothing is measured. */
  host: HostParts | null;
  rating: () => CardRating;
  backupMs: () => number | null;
  /** How the sensor of a quantity is by its limits; null: it has no sensor yet. */
  levelOf: (name: string) => Level | null;
  /** Why the host is in need; null: it is not. */
  need: () => Need | null;
}

const NO_TROUBLE: HostTrouble = { power: null, readOnly: false, kills: 0 };

export function createHostView(deps: HostViewDeps): HostView {
  const { clock, readings, host } = deps;

  const latest = () =>
    host?.recorder.latest() ?? {
      sample: unmeasured(clock.now()),
      own: { loopLagMs: null, databaseBytes: null, walBytes: null, pictureBytes: null },
      writes: NO_RATES,
    };

  async function written() {
    const [trend, perch, database, pictures] = await Promise.all([
      host?.budget.trend() ?? NO_TREND,
      host?.budget.lastDay("perch_writes") ?? null,
      host?.budget.lastDay("database_writes") ?? null,
      host?.budget.lastDay("picture_writes") ?? null,
    ]);
    return { trend, perch, database, pictures };
  }

  function judge(quantity: Quantity, value: number): Judged {
    const level = deps.levelOf(quantity.name);
    if (level === null) return presetLevel(quantity, value);
    return { level, isBeyond: isBeyondLimit(host?.sensors.find(quantity.name) ?? null, value) };
  }

  return {
    async report() {
      return makeReport({
        observed: latest(),
        ...await written(),
        rating: deps.rating(),
        trouble: host?.trouble() ?? NO_TROUBLE,
        backupMs: deps.backupMs(),
        levelOf: judge,
        need: deps.need(),
      });
    },
    async values() {
      const observed = latest();
      const { trend, ...parts } = await written();
      const days = { disk: trend.day, ...parts };
      const values = QUANTITIES.map(({ name, decimals, value, isDaily }) => {
        const measured = value(isDaily ? { ...observed, writes: days } : observed);
        return [name, measured === null ? null : Number(measured.toFixed(decimals))];
      });
      return { atMs: observed.sample.atMs, values: Object.fromEntries(values) };
    },
    async history(range, names = QUANTITIES.map(({ name }) => name)) {
      const waiting = host?.recorder.waiting() ?? [];
      const sensors = host?.sensors ?? { find: () => null };
      const chosen = names.flatMap((name) => QUANTITIES.find((one) => one.name === name) ?? []);
      return await Promise.all(
        chosen.map((quantity) => hostSeries({ readings, sensors, waiting }, quantity, range)),
      );
    },
  };
}

/** A sample in which nothing is measured. */
export function unmeasured(atMs: number): HostSample {
  return {
    atMs,
    cpu: null,
    cores: null,
    load: null,
    frequencyMhz: null,
    memory: null,
    disk: null,
    temperatures: [],
    power: null,
    pressure: null,
    network: [],
    blocks: [],
    wear: [],
    fans: [],
    process: null,
    group: null,
    watchdog: null,
    uptimeS: null,
    bootId: null,
    model: null,
    system: null,
  };
}
