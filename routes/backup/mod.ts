import type { Route } from "../http/route.ts";
import { backupRoutes as apiRoutes } from "./api.ts";
import { type BackupPageParts, backupPages } from "./page.tsx";

export type BackupRouteParts = BackupPageParts;

/** Backups: the API and the page. */
export function backupRoutes(parts: BackupRouteParts): Route[] {
  return [...apiRoutes(parts), ...backupPages(parts)];
}
