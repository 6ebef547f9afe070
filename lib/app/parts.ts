import type { Settings } from "../settings/settings.ts";
import type { Access } from "../access/access.ts";
import type { SteadyClock } from "../base/steady_clock.ts";
import type { Detection } from "./detection.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { Alarms } from "../alarms/alarms.ts";
import type { DamageWatch } from "./damage.ts";
import type { TicketParts } from "./tickets.ts";
import type { DeadLetter } from "../intake/dead_letter.ts";
import type { ClockNotes } from "../intake/clock_notes.ts";
import type { EventLog } from "../events/events_store.ts";
import type { Intake } from "../intake/intake.ts";
import type { Backtests } from "../detect/backtest/jobs.ts";
import type { Predictions } from "../detect/predict/predictions.ts";
import type { RejectLog } from "../intake/rejects.ts";
import type { ReplayOutcome } from "../intake/replay.ts";
import type { Components } from "../live/components.ts";
import type { LoopLag } from "../live/loop_lag.ts";
import type { Recent } from "../live/recent.ts";
import type { Statuses } from "../live/statuses.ts";
import type { StatusBoard } from "../live/status.ts";
import type { StreamHub } from "../live/stream.ts";
import type { Registry } from "../machines/registry.ts";
import type { Photos } from "../machines/photos.ts";
import type { MachinesService } from "../machines/service.ts";
import type { Notify } from "../notify/notify.ts";
import type { Uploader } from "../notify/thingspeak/uploader.ts";
import type { Broker } from "../sources/broker/broker.ts";
import type { Source } from "../sources/source.ts";
import type { Storage } from "./storage.ts";
import type { StorageGuard } from "./storage_guard.ts";
import type { StorageTroubles } from "./storage_troubles.ts";

/** What runs between start and stop, as routes, the command line and the simulator see it. */
export interface Parts {
  /** The one clock: the host's, as far as it can be believed. */
  clock: SteadyClock;
  storage: Storage;
  storageTroubles: StorageTroubles;
  storageGuard: StorageGuard;
  damage: DamageWatch;
  checkpoints: Checkpoints;
  settings: Settings;
  registry: Registry;
  machines: MachinesService;
  photos: Photos;
  statuses: Statuses;
  rejects: RejectLog;
  clockNotes: ClockNotes;
  intake: Intake;
  replay: (letter: DeadLetter) => Promise<ReplayOutcome>;
  sources: Source[];
  /** One of the sources; null when `MQTT_URL` names another broker. */
  broker: Broker | null;
  hub: StreamHub;
  detection: Detection;
  recent: Recent;
  status: StatusBoard;
  access: Access;
  components: Components;
  loopLag: LoopLag;
  predictions: Predictions;
  backtests: Backtests;
  events: EventLog;
  alarms: Alarms;
  notify: Notify;
  tickets: TicketParts;
  thingspeak: Uploader;
}
