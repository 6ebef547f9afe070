import { type AccessParts, accessRoutes } from "./access/mod.ts";
import { aiPartRoutes, type AnalysisPageParts, chatBeside } from "./ai/mod.ts";
import { type AnnotationRouteParts, annotationsRoutes } from "./annotations/mod.ts";
import type { AlarmPageParts } from "./alarms/request.ts";
import { alarmsRoutes } from "./alarms/mod.ts";
import { type BackupRouteParts, backupRoutes } from "./backup/mod.ts";
import { type CameraRouteParts, cameraRoutes } from "./cameras/mod.ts";
import { type CommandRouteParts, commandRoutes } from "./commands/mod.ts";
import { type DashboardPageParts, dashboardRoutes } from "./dashboards/mod.ts";
import { type DeviceRouteParts, devicesRoutes } from "./devices/mod.ts";
import type { BacktestParts } from "./detection/backtest_form.tsx";
import { detectionRoutes } from "./detection/mod.ts";
import type { ModelParts } from "./detection/models.tsx";
import { discussionRoutes } from "./discussion/api.ts";
import { type DiscussionServices } from "./discussion/request.ts";
import { type EventRouteParts, eventsRoutes } from "./events/mod.ts";
import { type FaultRouteParts, faultsRoutes } from "./faults/mod.ts";
import { type HealthRouteParts, healthRoutes } from "./health/mod.ts";
import { type HistoryRouteParts, historyRoutes } from "./history/mod.ts";
import type { Route } from "./http/route.ts";
import type { JobServices } from "./jobs/request.ts";
import { machinesRoutes } from "./machines/mod.ts";
import { type NotifyParts, notifyRoutes } from "./notify/mod.ts";
import { overviewRoutes } from "./overview/mod.ts";
import type { OverviewParts } from "./overview/overview.tsx";
import { type ReportRouteParts, reportRoutes } from "./reports/mod.ts";
import { type ScriptParts, scriptsRoutes } from "./scripts/mod.ts";
import { type SearchRouteParts, searchRoutes } from "./search/mod.ts";
import type { SensorPageParts } from "./sensors/request.ts";
import { sensorsRoutes } from "./sensors/mod.ts";
import type { ReadingServices } from "./sensors/readings_api.ts";
import { type SiteParts, siteRoutes } from "./site/mod.ts";
import type { TicketPageParts } from "./tickets/form.tsx";
import { ticketsRoutes } from "./tickets/mod.ts";
import { type SiteRouteParts, upstreamRoutes } from "./upstream/mod.ts";

/** What all of them take together. */
export type RouteParts =
  & SiteParts
  & AnalysisPageParts
  & AnnotationRouteParts
  & BackupRouteParts
  & CameraRouteParts
  & CommandRouteParts
  & DashboardPageParts
  & DeviceRouteParts
  & FaultRouteParts
  & ScriptParts
  & EventRouteParts
  & HealthRouteParts
  & HistoryRouteParts
  & JobServices
  & ReportRouteParts
  & AccessParts
  & NotifyParts
  & DiscussionServices
  & TicketPageParts
  & AlarmPageParts
  & SensorPageParts
  & ReadingServices
  & ModelParts
  & BacktestParts
  & SearchRouteParts
  & SiteRouteParts
  & OverviewParts;

/** The route table of the whole product, a line for each folder. */
export function allRoutes(parts: RouteParts): Route[] {
  return [
    ...siteRoutes(parts),
    ...backupRoutes(parts),
    ...faultsRoutes(parts),
    ...scriptsRoutes(parts),
    ...aiPartRoutes(parts),
    ...eventsRoutes(parts, chatBeside(parts)),
    ...healthRoutes(parts),
    ...historyRoutes(parts),
    ...reportRoutes(parts),
    ...accessRoutes(parts),
    ...notifyRoutes(parts),
    ...cameraRoutes(parts),
    ...commandRoutes(parts),
    ...dashboardRoutes(parts),
    ...devicesRoutes(parts),
    ...machinesRoutes(parts),
    ...sensorsRoutes(parts),
    ...ticketsRoutes(parts),
    ...discussionRoutes(parts),
    ...annotationsRoutes(parts),
    ...detectionRoutes(parts),
    ...alarmsRoutes(parts),
    ...searchRoutes(parts),
    ...upstreamRoutes(parts),
    ...overviewRoutes(parts),
  ];
}
