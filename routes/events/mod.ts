import type { Route } from "../http/route.ts";
import { eventListRoutes } from "./list_api.ts";
import { exportRoutes, type ExportServices } from "./export_api.ts";
import { logRoutes, type LogServices } from "./logs_api.ts";
import { metricRoutes, type MetricServices } from "./metrics_api.ts";
import { eventPage } from "./one.tsx";
import { type Beside, type EventPageParts, eventPages } from "./page.tsx";
import { reportedRoutes, type ReportedServices } from "./reported_api.ts";

export type EventRouteParts =
  & EventPageParts
  & ExportServices
  & LogServices
  & ReportedServices
  & MetricServices;

/** What happened: the event log and the log files, what other programs report, and the counts of it. */
export function eventsRoutes(parts: EventRouteParts, beside: Beside): Route[] {
  return [
    ...eventListRoutes(parts),
    ...eventPages(parts, beside),
    ...eventPage(parts),
    ...exportRoutes(parts),
    ...logRoutes(parts),
    ...reportedRoutes(parts),
    ...metricRoutes(parts),
  ];
}
