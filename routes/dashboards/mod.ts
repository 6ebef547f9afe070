import type { Route } from "../http/route.ts";
import { dashboardApi } from "./api.ts";
import { createBoards } from "./board.ts";
import { dashboardEditPages } from "./edit.tsx";
import { kioskApi } from "./kiosk_api.ts";
import { kioskPages } from "./kiosk.tsx";
import { dashboardListPages } from "./list.tsx";
import { dashboardPages } from "./one.tsx";
import { pinPages } from "./pin.tsx";
import type { BoardParts, DashboardPageParts } from "./request.ts";
import { screenPages } from "./screens.tsx";
import { statusPage } from "./status_page.tsx";

export type { DashboardPageParts };

/** Dashboards, screens that show them, and the public status page. */
export function dashboardRoutes(given: DashboardPageParts): Route[] {
  const parts: BoardParts = { ...given, boards: createBoards(given) };
  return [
    ...dashboardApi(parts),
    ...kioskApi(parts),
    ...dashboardListPages(parts),
    ...pinPages(parts),
    ...dashboardPages(parts),
    ...dashboardEditPages(parts),
    ...screenPages(parts),
    ...kioskPages(parts),
    ...statusPage(parts),
  ];
}
