import type { Route } from "../http/route.ts";
import { reportRoutes as apiRoutes } from "./api.ts";
import { reportPage } from "./one.tsx";
import { type ReportPageParts, reportPages } from "./page.tsx";
import { schedulePages } from "./schedules.tsx";
import { scheduleRoutes } from "./schedules_api.ts";

export type ReportRouteParts = ReportPageParts;

/** Reports: the API and the pages. */
export function reportRoutes(parts: ReportRouteParts): Route[] {
  return [
    ...apiRoutes(parts),
    ...scheduleRoutes(parts),
    ...reportPages(parts),
    reportPage(parts),
    ...schedulePages(parts),
  ];
}
