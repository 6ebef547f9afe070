/** What goes on to a history server beside Perch, as the sender and queries ask for it; `onward_store.ts` does it. */

/** A stretch of a sensor's readings, its end exclusive. */
export interface SensorRange {
  sensor: number;
  fromMs: number;
  toMs: number;
}

/** Readings in time order. */
export interface ReadingColumns {
  tMs: Float64Array;
  value: Float64Array;
}

export interface WaitingChunk extends ReadingColumns {
  /** Its place in the queue. */
  id: number;
  sensor: number;
  /** It is damaged, so it has no readings that could be sent. */
  isDamaged: boolean;
}

/** What the disk of this Perch has of a range, and how exactly. */
export interface Reach {
  /** The coarsest tier of what took the place of readings, up to where; null: it is readings only. */
  tier: "raw" | "minute" | "hour";
  summedUntilMs: number | null;
  /** The oldest that there is of the sensor in any tier; Infinity: nothing. */
  oldestMs: number;
  /** Hours from elsewhere, which no readings stand behind, are in the range. */
  hasImportedHours: boolean;
}

/** What the sender to a history server, and queries that go there, ask. */
export interface OnwardStore {
  /** The next chunks that wait, by their places; as many as have about `readings`, at least one where there is one. */
  waiting(query: { afterId: number; readings: number }): Promise<WaitingChunk[]>;
  /** All that is sealed of a range. */
  sealed(range: SensorRange): Promise<ReadingColumns>;
  /** What is not known to be at the server: unsealed readings, and chunks that wait, but for these places. */
  unsent(query: SensorRange & { except: readonly number[] }): Promise<ReadingColumns>;
  reach(range: SensorRange): Promise<Reach>;
}
