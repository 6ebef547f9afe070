/** What a report is made from: small questions that the app answers from its stores. */
import type { Alarm } from "../../alarms/alarm.ts";
import type { Clock } from "../../base/clock.ts";
import type { PageOf } from "../../db/list.ts";
import type { BriefOutlook } from "../../detect/predict/shapes.ts";
import type { Range } from "../../words/past_spans.ts";
import type { StatusChange } from "../../live/past_store.ts";
import type { Machine } from "../../machines/machine.ts";
import type { Sensor } from "../../machines/sensor.ts";
import type { Shown } from "../../machines/shown_unit.ts";
import type { MaintenanceWindow } from "../../machines/windows.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import type { Ticket } from "../../tickets/ticket.ts";

export type { Range };

export interface ReportSources {
  /** Name of the plant. */
  site: string;
  /** IANA zone in which times are written and days begin. */
  zone: () => string;
  /** Of the plant, sorted by path; neither the host nor cameras. */
  machines: () => readonly Machine[];
  /** Sorted by name. */
  sensors: () => readonly Sensor[];
  /** In which unit a sensor is shown. */
  shown: (sensor: Sensor) => Shown;
  /** What a computed sensor counts; null: nothing, or it is none. */
  counts: (sensor: Sensor) => "total" | "run_time" | null;
  /** Between two sensors it rests for as long as the last one took: readings come first. */
  clock: Pick<Clock, "monotonic" | "sleep">;
  windows: () => readonly MaintenanceWindow[];
  readings: Pick<ReadingsStore, "buckets" | "raw">;
  /**
   * How a sensor or machine was, by its public id, as it was judged then: the changes of the range and the one that
   * holds at its beginning, in order of time.
   */
  past: (subject: string, range: Range) => Promise<StatusChange[]>;
  /** The same of Perch itself: `unknown` while it did not run. */
  perch: (range: Range) => Promise<StatusChange[]>;
  /** Raised in the range, newest first. */
  alarms: (query: Range & { limit: number; cursor?: string }) => Promise<PageOf<Alarm>>;
  /** Of the range, newest first. */
  outlooks: (query: Range & { limit: number; cursor?: string }) => Promise<PageOf<BriefOutlook>>;
  /** Of a machine, newest first. */
  tickets: (
    query: { machineId: string; limit: number; cursor?: string },
  ) => Promise<PageOf<Ticket>>;
}

/** How far it is. */
export type Told = (done: { share: number; words: string }) => void;
