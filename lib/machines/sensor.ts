import type { RejectCode, SensorKind } from "../readings/reading.ts";
import type { Machine } from "./machine.ts";
import type { SensorSettings } from "./sensor_settings.ts";

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
  /** Limits, calibration and the rest of what a person may set. */
  settings: SensorSettings;
  /** Deleted: found by its storage number only, its readings are refused. Null for all others. */
  deletedMs: number | null;
  last: LastReading | null;
  /** The unit that its device reports; null: it never sent one. `unit` may be another, by calibration. */
  deviceUnit: string | null;
  /** Units that the device reported beside that one. */
  otherUnits: readonly OtherUnit[];
  /** The latest of more texts than are kept of one sensor. */
  latestText?: string;
  /** The last word that a sensor of numbers sent instead of one. */
  latestWord?: { text: string; tMs: number };
}

/** The reading that stands for a sensor's present value. */
export interface LastReading {
  tMs: number;
  value: number;
  /** Its time, but not later than its arrival: the order by which readings replace each other. */
  orderMs?: number;
}

/** A sensor that a person adds before its first reading. */
export type NewSensor =
  & Pick<Sensor, "name" | "unit" | "kind" | "settings">
  & Partial<Pick<Sensor, "deviceUnit">>;

/** Rows as the store loads them at start. */
export interface RegistryRows {
  machines: Machine[];
  sensors: Omit<Sensor, "states" | "last" | "latestText" | "latestWord">[];
  states: { sensorNum: number; code: number; text: string }[];
  last: { sensor: number; tMs: number; value: number }[];
}

/** Read side of the registry, for pages and routes. */
export interface SensorDirectory {
  /** By public id, full name, and, where that is unambiguous, `machine/sensor` or what people call it. */
  find(idOrName: string): Sensor | undefined;
  byNum(num: number): Sensor | undefined;
  /** Sorted by name. Only sensors whose first reading is on disk, without deleted ones. */
  all(): readonly Sensor[];
}

/** The same for machines. */
export interface MachineDirectory {
  /** By path or public id; deleted ones too. */
  find(pathOrId: string): Machine | undefined;
  /** Sorted by path; without deleted ones. */
  all(): readonly Machine[];
  /** Deleted ones, latest first. */
  deleted(): readonly Machine[];
  /** The machine that had this path before it was moved. */
  former(path: string): Machine | undefined;
}

/** A sensor's name with its two parts: the machine's path, and the last level. */
export function levelsOf(name: string): Pick<Sensor, "name" | "machine" | "sensor"> {
  const cut = name.lastIndexOf("/");
  return { name, machine: name.slice(0, cut), sensor: name.slice(cut + 1) };
}

/** Text of a reading as people see it: the number, or the text of a state sensor. */
export function shownValue(sensor: Sensor, value: number): number | string {
  return sensor.kind === "text" ? sensor.states[value] ?? String(value) : value;
}

/** What is worth an event. */
export type SensorNews =
  | { what: "many_texts"; sensor: Sensor; most: number }
  | { what: "unit_changed"; sensor: Sensor; unit: string; before: string };

/** A draft with its place: storage number and float64 value, or why it cannot be stored. */
export type Resolved =
  | { ok: true; sensor: Sensor; value: number }
  | { ok: false; code: RejectCode; message: string };

/** Another unit that a sensor's device reported, and what becomes of such readings. */
export interface OtherUnit {
  /** As the device wrote it first. */
  unit: string;
  sinceMs: number;
  /** `asked`: nobody has chosen yet. `apart`: in a sensor of their own, for good. */
  choice: "asked" | "apart" | "convert";
  /** Id of the sensor in which they are kept apart; null before the first. */
  sensor: string | null;
}
