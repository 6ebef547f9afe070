import type { Alarm } from "../../lib/alarms/alarm.ts";
import { newMachine } from "../../lib/machines/machine.ts";
import { levelsOf, type Sensor } from "../../lib/machines/sensor.ts";
import { DEFAULT_SETTINGS } from "../../lib/machines/sensor_settings.ts";
import { BucketSums, bucketWidth } from "../../lib/readings/buckets.ts";
import type { ReadingsStore } from "../../lib/readings/store.ts";
import type { ReportSources } from "../../lib/reports/figures/sources.ts";

/** Readings of sensors by their storage number, in memory, answered as the store does. */
export function memoryReadings(
  bySensor: Record<number, readonly [tMs: number, value: number][]>,
): Pick<ReadingsStore, "buckets" | "raw"> {
  const within = (sensor: number, fromMs: number, toMs: number) =>
    (bySensor[sensor] ?? []).filter(([tMs]) => tMs >= fromMs && tMs < toMs);
  return {
    buckets({ sensor, fromMs, toMs, points }) {
      const sums = new BucketSums(fromMs, toMs, bucketWidth(fromMs, toMs, points!));
      for (const [tMs, value] of within(sensor, fromMs, toMs)) {
        sums.add(tMs, 1, value, value, value);
      }
      return Promise.resolve(sums.result([], { tier: "raw", summedUntilMs: null }));
    },
    raw({ sensor, fromMs, toMs, limit, cursor = "0" }) {
      const first = Number(cursor);
      const all = within(sensor, fromMs, toMs);
      const page = all.slice(first, first + limit);
      return Promise.resolve({
        tMs: Float64Array.from(page, ([tMs]) => tMs),
        value: Float64Array.from(page, ([, value]) => value),
        flags: new Uint8Array(page.length),
        next: first + limit < all.length ? String(first + limit) : null,
        summedUntilMs: null,
        damaged: [],
      });
    },
  };
}

/** A sensor of numbers, with what a test needs otherwise. */
export function sensorCalled(name: string, num: number, change: Partial<Sensor> = {}): Sensor {
  return {
    ...{ num, id: `s${num}`, ...levelsOf(name), unit: "°C", kind: "number", states: [] },
    ...{ review: "confirmed", createdMs: 0, settings: DEFAULT_SETTINGS, deletedMs: null },
    ...{ last: null, deviceUnit: null, otherUnits: [] },
    ...change,
  };
}

/** A plant of nothing, with what a test needs otherwise. */
export function reportSources(change: Partial<ReportSources> = {}): ReportSources {
  const nothing = () => Promise.resolve({ items: [], next: null });
  return {
    site: "Works",
    zone: () => "Europe/Berlin",
    machines: () => [],
    sensors: () => [],
    shown: ({ unit, settings }) => ({
      ...{ unit, convert: null, decimals: settings.decimals, guessed: false },
    }),
    counts: () => null,
    clock: { monotonic: () => 0, sleep: () => Promise.resolve() },
    windows: () => [],
    readings: memoryReadings({}),
    past: () => Promise.resolve([]),
    perch: () => Promise.resolve([]),
    alarms: nothing,
    outlooks: nothing,
    tickets: nothing,
    ...change,
  };
}

export function machinesAt(...paths: string[]) {
  return paths.map((path) => newMachine(path, 0));
}

/** As the store lists them: those of the range, page by page; they are given newest first. */
export function alarmPages(alarms: readonly Alarm[]): ReportSources["alarms"] {
  return ({ fromMs, toMs, limit, cursor = "0" }) => {
    const first = Number(cursor);
    const all = alarms.filter(({ raised_ms }) => raised_ms >= fromMs && raised_ms < toMs);
    return Promise.resolve({
      items: all.slice(first, first + limit),
      next: first + limit < all.length ? String(first + limit) : null,
    });
  };
}
