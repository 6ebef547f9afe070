import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import { createTurns } from "../base/turns.ts";
import type { Database } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import { DAY_MS, MINUTE_MS } from "../words/times.ts";
import { createDashboardStore, type KioskLinkRow } from "./dashboard_store.ts";
import type { Dashboard } from "./dashboard.ts";
import { type Dashboards, linksOf } from "./dashboards.ts";
import type { KioskLink } from "./kiosk_link.ts";

/** Links for screens; only the SHA-256 of a link's secret is kept. */
export interface KioskLinks {
  /** In the order in which they were made; revoked ones for a month. */
  all(): Promise<KioskLink[]>;
  /** The secret is in this answer and nowhere else. @throws `not_found`, `conflict` */
  add(
    given: { name: string; dashboard: string },
    by: { name: string; audited: Audited },
  ): Promise<{ secret: string; link: KioskLink }>;
  /** From now on it shows nothing. @throws `not_found`, `conflict` when it was revoked before */
  revoke(id: string, audited: Audited): Promise<KioskLink>;
  /** What a secret shows; null: nothing. */
  open(secret: string): Promise<Dashboard | null>;
}

const MOST = 200;
const REVOKED_KEPT_MS = 30 * DAY_MS;
/** A screen asks every other second; when it last did is written so often. */
const USED_EVERY_MS = 10 * MINUTE_MS;
const LONGEST_SECRET = 100;

export function createKioskLinks(
  { db, clock, log, dashboards, secrets }: {
    db: Database;
    clock: Clock;
    log: Log;
    dashboards: Pick<Dashboards, "get" | "onRemove">;
    secrets: { fresh(): string; hashOf(secret: string): string };
  },
): KioskLinks {
  const store = createDashboardStore(db);
  const oneAtATime = createTurns();
  /** By hash; read when somebody first asks. */
  let loaded: Promise<Map<string, KioskLinkRow>> | null = null;

  function links(): Promise<Map<string, KioskLinkRow>> {
    loaded ??= store.links().then((rows) => new Map(rows.map((row) => [row.hash, row])));
    loaded.catch(() => loaded = null);
    return loaded;
  }
  dashboards.onRemove((id) => {
    loaded?.then((all) => {
      for (const [hash, { dashboardId }] of all) if (dashboardId === id) all.delete(hash);
    }, () => {});
  });

  async function add(
    { name, dashboard }: { name: string; dashboard: string },
    by: { name: string; audited: Audited },
  ): Promise<{ secret: string; link: KioskLink }> {
    if (await dashboards.get(dashboard) === null) {
      const message = `there is no dashboard "${dashboard.slice(0, 80)}"`;
      throw new PerchError("not_found", message, { errors: [{ path: "dashboard", message }] });
    }
    const all = await links();
    const nowMs = clock.now();
    const old = [...all.values()].filter(({ revokedMs }) =>
      revokedMs !== null && revokedMs < nowMs - REVOKED_KEPT_MS
    );
    if (all.size - old.length >= MOST) {
      throw new PerchError("conflict", `more than ${MOST} links are not possible; revoke some`);
    }
    const secret = secrets.fresh();
    const row: KioskLinkRow = {
      ...{ id: randomId(12), name, dashboardId: dashboard, hash: secrets.hashOf(secret) },
      ...{ createdBy: by.name, createdMs: nowMs, lastUsedMs: null, revokedMs: null },
    };
    await db.write([
      ...old.map(({ id }) => store.removeLink(id)),
      store.addLink(row),
      by.audited({
        action: "kiosk.create",
        resource: `kiosk:${row.id}`,
        after: { name, dashboard },
        heeds: [`dashboard:${dashboard}`],
        adds: [linksOf(dashboard)],
      }),
    ]);
    for (const { hash } of old) all.delete(hash);
    all.set(row.hash, row);
    return { secret, link: linkOf(row) };
  }

  async function revoke(id: string, audited: Audited): Promise<KioskLink> {
    const all = await links();
    const row = [...all.values()].find((one) => one.id === id);
    const about = [`kiosk:${id}`];
    if (row === undefined) {
      throw new PerchError("not_found", `there is no link "${id.slice(0, 80)}"`, { about });
    }
    if (row.revokedMs !== null) {
      throw new PerchError("conflict", "this link was revoked before", { about });
    }
    const next = { ...row, revokedMs: clock.now() };
    const { name, dashboardId: dashboard } = row;
    await db.write([
      store.revokeLink(id, next.revokedMs),
      audited({ action: "kiosk.revoke", resource: `kiosk:${id}`, before: { name, dashboard } }),
    ]);
    all.set(row.hash, next);
    return linkOf(next);
  }

  /** Not waited for: a screen shows its values also when this cannot be written. */
  function used(row: KioskLinkRow): void {
    const nowMs = clock.now();
    if (row.lastUsedMs !== null && nowMs - row.lastUsedMs < USED_EVERY_MS) return;
    row.lastUsedMs = nowMs;
    db.write([store.usedLink(row.id, nowMs)]).catch((error) => {
      log.warn("when a screen was last used could not be written", { error });
    });
  }

  return {
    all: async () => [...(await links()).values()].map(linkOf),
    add: (...given) => oneAtATime(() => add(...given)),
    revoke: (...given) => oneAtATime(() => revoke(...given)),
    async open(secret) {
      if (secret.length > LONGEST_SECRET) return null;
      const row = (await links()).get(secrets.hashOf(secret));
      if (row === undefined || row.revokedMs !== null) return null;
      const dashboard = await dashboards.get(row.dashboardId);
      if (dashboard !== null) used(row);
      return dashboard;
    },
  };
}

function linkOf({ hash: _, ...link }: KioskLinkRow): KioskLink {
  return link;
}
