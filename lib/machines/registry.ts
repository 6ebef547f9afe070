import type { SensorKind } from "../readings/reading.ts";

/** A sensor as the registry knows it. Kept in memory for every sensor; the database is the truth. */
export interface Sensor {
  /** Small storage number, never shown. */
  num: number;
  /** Public id: depends on the name at creation alone, survives renaming. */
  id: string;
  /** Full path `<area…>/<machine>/<sensor>`. */
  name: string;
  /** Path of the machine: the name without its last level. */
  machine: string;
  /** Last level. */
  sensor: string;
  unit: string | null;
  kind: SensorKind;
  /** Texts of a `text` sensor by code. */
  states: string[];
  /** "new" until a person confirms it. */
  review: "new" | "confirmed";
  createdMs: number;
  last: { tMs: number; value: number } | null;
}

/** Read side of the registry, for pages and routes. */
export interface SensorDirectory {
  /** By public id, full name, or `machine/sensor` where that is unambiguous. */
  find(idOrName: string): Sensor | undefined;
  byNum(num: number): Sensor | undefined;
  /** Sorted by name. */
  all(): readonly Sensor[];
}
