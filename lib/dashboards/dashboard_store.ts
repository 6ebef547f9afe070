import type { Database, SqlStatement } from "../db/client.ts";
import { asc, build, createOrm, eq, excluded, statementOf } from "../db/orm.ts";
import {
  type DashboardRow,
  dashboards,
  type KioskLinkRow,
  kioskLinks,
} from "../db/schema/pages.ts";

export type { DashboardRow, KioskLinkRow };

/** Statements and reads of dashboards and of the links that show them. */
export interface DashboardStore {
  dashboards(): Promise<DashboardRow[]>;
  put(row: DashboardRow): SqlStatement;
  /** The dashboard and its links. */
  remove(id: string): SqlStatement[];
  links(): Promise<KioskLinkRow[]>;
  addLink(row: KioskLinkRow): SqlStatement;
  revokeLink(id: string, nowMs: number): SqlStatement;
  /** Nothing but when it was used: it may be revoked in the same moment. */
  usedLink(id: string, nowMs: number): SqlStatement;
  removeLink(id: string): SqlStatement;
}

export function createDashboardStore(db: Pick<Database, "query">): DashboardStore {
  const orm = createOrm(db);
  return {
    dashboards: async () =>
      await orm.select().from(dashboards).orderBy(asc(dashboards.createdMs), asc(dashboards.id)),
    put: (row) =>
      statementOf(
        build.insert(dashboards).values(row).onConflictDoUpdate({
          target: dashboards.id,
          set: excluded(dashboards, ["title", "ownerId", "shared", "tiles", "changedMs"]),
        }),
      ),
    remove: (id) => [
      statementOf(build.delete(kioskLinks).where(eq(kioskLinks.dashboardId, id))),
      statementOf(build.delete(dashboards).where(eq(dashboards.id, id))),
    ],
    links: async () =>
      await orm.select().from(kioskLinks).orderBy(asc(kioskLinks.createdMs), asc(kioskLinks.id)),
    addLink: (row) => statementOf(build.insert(kioskLinks).values(row)),
    revokeLink: (id, nowMs) =>
      statementOf(build.update(kioskLinks).set({ revokedMs: nowMs }).where(eq(kioskLinks.id, id))),
    usedLink: (id, nowMs) =>
      statementOf(build.update(kioskLinks).set({ lastUsedMs: nowMs }).where(eq(kioskLinks.id, id))),
    removeLink: (id) => statementOf(build.delete(kioskLinks).where(eq(kioskLinks.id, id))),
  };
}
