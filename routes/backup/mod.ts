import type { Route } from "../http/route.ts";
import { backupRoutes as apiRoutes } from "./api.ts";
import { type BackupPageParts, backupPages } from "./page.tsx";
import { type RestorePageParts, restorePages } from "./restore.tsx";
import { restoreRoutes } from "./restore_api.ts";
import { uploadRoutes } from "./upload_api.ts";

export type BackupRouteParts = BackupPageParts & RestorePageParts;

/** Backups and restores: the API and the pages. */
export function backupRoutes(parts: BackupRouteParts): Route[] {
  return [
    ...apiRoutes(parts),
    ...restoreRoutes(parts),
    ...uploadRoutes(parts),
    ...restorePages(parts),
    ...backupPages(parts),
  ];
}
