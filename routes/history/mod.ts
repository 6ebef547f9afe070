import type { Route } from "../http/route.ts";
import { exportRoutes } from "./export_api.ts";
import { type ExportPageParts, exportPages } from "./export_page.tsx";
import { importRoutes } from "./import_api.ts";
import { importJobPages } from "./import_job.tsx";
import { importListPages } from "./import_list.tsx";
import { importLookPages } from "./import_look.tsx";
import type { ImportPageParts } from "./import_parts.tsx";

export type HistoryRouteParts = ExportPageParts & ImportPageParts;

/** History to and from elsewhere. */
export function historyRoutes(parts: HistoryRouteParts): Route[] {
  return [
    ...exportRoutes(parts),
    ...exportPages(parts),
    ...importRoutes(parts),
    ...importListPages(parts),
    ...importLookPages(parts),
    ...importJobPages(parts),
  ];
}
