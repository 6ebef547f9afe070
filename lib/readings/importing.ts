/**
 * History from elsewhere, straight into chunks and the tier of hours: it passes neither the journal nor whoever
 * follows new readings, so no alarm is raised and no last value shown on pages changes.
 */

/** Readings of some sensors, one sensor after the other, and how far their importer is once they are stored. */
export interface ImportBlock {
  /** Per part: its sensor, and how many of the readings are its own, in time order. */
  sensor: Uint32Array;
  n: Uint32Array;
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
  /** The stretch of its source that this is from; the importer's own words. */
  cursor: string;
  /** Readings (and hours) of that stretch that were taken before these: what is taken now is added to it. */
  done: number;
}

export interface Imported {
  stored: number;
  /** Were there already: the same sensor, time and value; hours that have readings, or the same values. */
  repeated: number;
  /**
   * How many of them that is, stored or not: one step reads a few chunks at most. Where it is fewer than were
   * given, the importer goes on behind them.
   */
  taken: number;
  /** Of a dry run of readings: 1 for each that was taken and is repeated. */
  there?: Uint8Array;
}

export interface ImportState {
  cursor: string;
  /** Readings (and hours) of the stretch at the cursor that were taken. */
  done: number;
  stored: number;
  repeated: number;
}

/** Part of the readings store. */
export interface ImportStore {
  /**
   * One transaction: stores what is not there yet, and moves the importer's cursor and counters. Arrays are handed
   * over. `dryRun`: only counts, and writes nothing.
   */
  importReadings(block: ImportBlock, dryRun?: boolean): Promise<Imported>;
  /** The same for hourly values: an hour in which the sensor has readings keeps those. */
  importHours(hours: ImportedHours, dryRun?: boolean): Promise<Imported>;
  importState(name: string): Promise<ImportState | null>;
  /** The import is over and will not be continued. */
  forgetImport(name: string): Promise<void>;
}
