import type { Audit } from "../../lib/access/audit.ts";
import type { Alarms } from "../../lib/alarms/alarms.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { Backtests } from "../../lib/detect/backtest/jobs.ts";
import type { EventLog } from "../../lib/events/events_store.ts";
import type { ClockNotes } from "../../lib/intake/clock_notes.ts";
import type { RejectCount, RejectRecord } from "../../lib/intake/rejects.ts";
import type { Recent } from "../../lib/live/recent.ts";
import type { Statuses } from "../../lib/live/statuses.ts";
import type { Trends } from "../../lib/live/timeline.ts";
import type { StatusBoard } from "../../lib/live/status.ts";
import type { MachineDirectory, SensorDirectory } from "../../lib/machines/sensor.ts";
import type { SensorSettings } from "../../lib/machines/sensor_settings.ts";
import type { Predictions } from "../../lib/detect/predict/predictions.ts";
import type { Photos } from "../../lib/machines/photos.ts";
import type { MachinesService } from "../../lib/machines/service.ts";
import type { ReadingsStore } from "../../lib/readings/store.ts";
import type { SourceState } from "../../lib/sources/source.ts";
import type { Simulator } from "../../sim/simulator.ts";
import type { AnomalyServices } from "../sensors/anomalies_api.ts";
import type { ClockServices } from "../site/clock_api.ts";
import type { DamageServices } from "../site/damage_api.ts";
import type { Tickets } from "../../lib/tickets/tickets.ts";
import type { DiscussionServices } from "../discussion/api.ts";
import type { Assets } from "../http/static.ts";
import type { PageFrame } from "./layout.tsx";

/** What the pages read. */
export interface PageServices extends Pick<DiscussionServices, "comments" | "attachments"> {
  clock: Clock;
  clocks: ClockServices;
  damage: DamageServices;
  sensors: SensorDirectory;
  machines: MachineDirectory;
  statuses: Statuses;
  service: MachinesService;
  audit: Pick<Audit, "statement">;
  photos: Photos;
  readings: Pick<ReadingsStore, "buckets">;
  trends: Trends;
  predictions: Pick<Predictions, "current">;
  anomalies: AnomalyServices;
  alarms: Pick<Alarms, "list" | "find" | "evidence" | "act" | "counts" | "open">;
  events: Pick<EventLog, "list">;
  backtests: Backtests;
  /** What to set of a sensor so that a detector has these options; null when it cannot be set. */
  settingsOf: (detector: string, options: unknown) => Partial<SensorSettings> | null;
  tickets: Pick<Tickets, "ofAlarm" | "list">;
  recent: Recent;
  status: Pick<StatusBoard, "now">;
  sources: () => SourceState[];
  rejects: { counts(): RejectCount[]; sample(): RejectRecord[]; total(): number };
  clockNotes: Pick<ClockNotes, "list">;
  /** Null in `perch serve`. */
  simulator: Pick<Simulator, "start" | "stop" | "status"> | null;
  /** Where a first message can be sent to, for the examples on empty pages. */
  mqtt: { host: string; port: number };
  /** Where the event stream stands: a page's stream goes on from where its picture was taken. */
  place: () => string;
  version: string;
  assets: Assets;
  /** Draws the pages. */
  frame: PageFrame;
}

/** The same with what all pages share. */
export interface PageParts extends PageServices {
  /** The site's time zone, an IANA name. */
  zone: string;
}
