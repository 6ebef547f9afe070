import type { Route } from "../http/route.ts";
import { exportRoutes } from "./export_api.ts";
import type { ExportServices } from "./export_request.ts";

export type HistoryRouteParts = ExportServices;

/** History to and from elsewhere. */
export function historyRoutes(parts: HistoryRouteParts): Route[] {
  return exportRoutes(parts);
}
