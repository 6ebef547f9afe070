import type { Access } from "../access/access.ts";
import type { Restamper } from "../intake/restamp.ts";
import type { Alarms } from "../alarms/alarms.ts";
import type { Computed } from "../computed/computed.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { LoopLag } from "../live/loop_lag.ts";
import type { StatusBoard } from "../live/status.ts";
import type { HostParts, HostView } from "../health/history/view.ts";
import type { Emergency } from "../health/emergency/emergency.ts";
import type { Exports } from "../transfer/export/exports.ts";
import type { Corrections } from "../faults/corrections/corrections.ts";
import type { Notify } from "../notify/notify.ts";
import type { PushBrowsers } from "../notify/push/browsers.ts";
import type { Uploader } from "../notify/thingspeak/uploader.ts";
import type { Task } from "../base/supervisor.ts";
import type { Forwarder } from "../upstream/edge/forwarder.ts";
import type { Sites } from "../upstream/centre/sites.ts";
import type { ModelParts } from "./ai.ts";
import type { Commands } from "../commands/commands.ts";
import type { AnalysisParts } from "./analyses.ts";
import type { AnnotationParts } from "./annotations.ts";
import type { BackupParts } from "./backup.ts";
import type { CodecParts } from "./codecs.ts";
import type { CameraParts } from "./cameras.ts";
import type { DashboardParts } from "./dashboards.ts";
import type { DamageWatch } from "./damage.ts";
import type { CustomDetection } from "./custom_detectors.ts";
import type { DetectionParts } from "./detection.ts";
import type { DeviceParts } from "./devices.ts";
import type { FaultParts } from "./faults.ts";
import type { Foundation } from "./foundation.ts";
import type { PollParts } from "./polls.ts";
import type { PresenceParts } from "./presence.ts";
import type { SystemParts } from "./health_system.ts";
import type { History } from "../history/history.ts";
import type { HardwareParts } from "./hardware.ts";
import type { ImportFileParts } from "./import_files.ts";
import type { IntakeParts } from "./intake.ts";
import type { LiveParts } from "./live.ts";
import type { MachineParts } from "./machines.ts";
import type { Reported } from "./reported.ts";
import type { ReportParts } from "./reports.ts";
import type { RestoreParts } from "./restores.ts";
import type { ScriptParts } from "./scripts.ts";
import type { SourceParts } from "./sources.ts";
import type { SparkplugParts } from "./sparkplug.ts";
import type { TicketParts } from "./tickets.ts";
import type { TransferParts } from "./transfer.ts";

/** What routes, the command line and the simulator may use of the foundation. */
type Shared =
  | "clock"
  | "storage"
  | "storageTroubles"
  | "storageGuard"
  | "checkpoints"
  | "settings"
  | "zone"
  | "events"
  | "eventFeed"
  | "logFiles"
  | "components"
  | "intakePause"
  | "freeMemory";

/** What runs between start and stop: what each room's wiring made. */
export interface Parts
  extends
    Pick<Foundation, Shared>,
    MachineParts,
    CameraParts,
    CodecParts,
    LiveParts,
    ModelParts,
    AnalysisParts,
    AnnotationParts,
    DetectionParts,
    DashboardParts,
    DeviceParts,
    FaultParts,
    HardwareParts,
    ImportFileParts,
    IntakeParts,
    PollParts,
    PresenceParts,
    ReportParts,
    RestoreParts,
    ScriptParts,
    SourceParts,
    SparkplugParts,
    TransferParts {
  loopLag: LoopLag;
  restamper: Restamper;
  status: StatusBoard;
  access: Access;
  alarms: Alarms;
  backup: BackupParts;
  /** Detectors that somebody wrote. */
  custom: CustomDetection;
  damage: DamageWatch;
  /** Null: nobody looks at the host. */
  emergency: Emergency | null;
  commands: Commands;
  computed: Computed;
  corrections: Corrections;
  exports: Exports;
  history: History;
  /** Null: nobody looks at the host. */
  host: HostParts | null;
  hostView: HostView;
  jobs: Jobs;
  system: SystemParts;
  notify: Notify;
  push: PushBrowsers;
  reported: Reported;
  /** Readings to a broker that is not Perch's own. */
  mqttFeedTasks: Task[];
  /** Sites that forward through the broker. */
  siteDeskTasks: Task[];
  /** What this Perch forwards. */
  forwarder: Forwarder;
  /** Sites that forward to this Perch. */
  sites: Sites;
  thingspeak: Uploader;
  tickets: TicketParts;
}
