import type { Route } from "../http/route.ts";
import { reportRoutes as apiRoutes } from "./api.ts";
import type { ReportServices } from "./request.ts";
import { scheduleRoutes } from "./schedules_api.ts";

export type ReportRouteParts = ReportServices;

/** Reports: the API and the pages. */
export function reportRoutes(parts: ReportRouteParts): Route[] {
  return [...apiRoutes(parts), ...scheduleRoutes(parts)];
}
