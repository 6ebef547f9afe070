import type { Sensor, SensorDirectory } from "../../lib/machines/sensor.ts";
import { DEFAULT_SETTINGS } from "../../lib/machines/sensor_settings.ts";
import { type CommittedGroup, committedGroup } from "../../lib/intake/committed.ts";

/** Sensors `area/m<i>/s` (or the given ones) as the registry would show them. */
export function directoryOf(given: (Partial<Sensor> & { name: string })[]): SensorDirectory {
  const sensors = given.map((sensor, i): Sensor => {
    const cut = sensor.name.lastIndexOf("/");
    return {
      num: i + 1,
      id: `id${i + 1}`,
      machine: sensor.name.slice(0, cut),
      sensor: sensor.name.slice(cut + 1),
      unit: null,
      deviceUnit: null,
      otherUnits: [],
      kind: "number",
      states: [],
      review: "confirmed",
      createdMs: 0,
      settings: { ...DEFAULT_SETTINGS },
      deletedMs: null,
      last: null,
      ...sensor,
    };
  }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    find: (key) => sensors.find((s) => s.id === key || s.name === key),
    byNum: (num) => sensors.find((s) => s.num === num),
    all: () => sensors,
  };
}

/** A commit group of the given readings. */
export function groupOf(
  sensors: SensorDirectory,
  readings: { sensor: string; tMs: number; value: number }[],
): CommittedGroup {
  const found = readings.map((r) => sensors.find(r.sensor)!);
  return committedGroup(1, {
    n: readings.length,
    sensor: Uint32Array.from(found, (s) => s.num),
    tMs: Float64Array.from(readings, (r) => r.tMs),
    value: Float64Array.from(readings, (r) => r.value),
    flags: new Uint8Array(readings.length),
  }, null);
}
