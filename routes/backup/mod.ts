import type { Route } from "../http/route.ts";
import { backupRoutes as apiRoutes } from "./api.ts";
import { type BackupPageParts, backupPages } from "./page.tsx";
import { type RestorePageParts, restorePages } from "./restore.tsx";
import { restoreRoutes } from "./restore_api.ts";
import { archiveUploads } from "./restore_request.ts";
import { uploadOf, uploadShape } from "../../lib/backup/shapes.ts";
import { uploadRoutes } from "../uploads/api.ts";

const UPLOADS = {
  path: "/api/restore/uploads",
  tags: ["Backups"],
  called: "archive",
  one: "an archive",
  purpose: "for a restore",
  shape: uploadShape,
  show: uploadOf,
  example: "perch-hall-3-20261128T193000Z-17.tar.gz",
};

export type BackupRouteParts = BackupPageParts & RestorePageParts;

/** Backups and restores: the API and the pages. */
export function backupRoutes(parts: BackupRouteParts): Route[] {
  return [
    ...apiRoutes(parts),
    ...restoreRoutes(parts),
    ...uploadRoutes(UPLOADS, archiveUploads(parts)),
    ...restorePages(parts),
    ...backupPages(parts),
  ];
}
