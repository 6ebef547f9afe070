/**
 * History from elsewhere, straight into chunks and the tier of hours: it passes neither the journal nor whoever
 * follows new readings, so no alarm is raised and no last value shown on pages changes.
 */

/** Readings of one sensor, in time order, and how far their importer is once they are stored. */
export interface ImportBlock {
  sensor: number;
  tMs: Float64Array;
  value: Float64Array;
  importer: ImporterStep;
}

/** Hourly values from elsewhere, one per hour, in time order. */
export interface ImportedHours {
  sensor: number;
  /** Starts of full hours. */
  tMs: Float64Array;
  min: Float64Array;
  mean: Float64Array;
  max: Float64Array;
  importer: ImporterStep;
}

/** Written in the same transaction as the readings. */
export interface ImporterStep {
  /** Id of its job. */
  name: string;
  cursor: string;
}

export interface Imported {
  stored: number;
  /** Were there already: the same sensor, time and value; hours that have readings, or the same values. */
  repeated: number;
}

export interface ImportState extends Imported {
  cursor: string;
}

/** Part of the readings store. */
export interface ImportStore {
  /** One transaction: stores what is not there yet, and moves the importer's cursor and counters. */
  importReadings(block: ImportBlock): Promise<Imported>;
  /** The same for hourly values: an hour in which the sensor has readings keeps those. */
  importHours(hours: ImportedHours): Promise<Imported>;
  importState(name: string): Promise<ImportState | null>;
  /** The import is over and will not be continued. */
  forgetImport(name: string): Promise<void>;
}
