/** The dashboards of this site: whose they are, who sees them, and what people change of them. */
import type { Identity } from "../access/identity.ts";
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import { createTurns } from "../base/turns.ts";
import type { Database } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import type { MachineDirectory, SensorDirectory } from "../machines/sensor.ts";
import {
  type Dashboard,
  type DashboardPatch,
  type NewDashboard,
  storedTiles,
} from "./dashboard.ts";
import { createDashboardStore } from "./dashboard_store.ts";
import { resolveTiles } from "./resolve.ts";

/** Who asks. */
export type Asker = Pick<Identity, "id" | "role">;

export interface Dashboards {
  /** One's own and those that are shared, by title; admins see all. */
  visible(who: Asker): Promise<Dashboard[]>;
  /** One that `who` may see. @throws `not_found` */
  find(id: string, who: Asker): Promise<Dashboard>;
  /** Whoever asks; null: it is gone. */
  get(id: string): Promise<Dashboard | null>;
  /** @throws `validation` naming the tile, `conflict` when there are too many */
  add(given: NewDashboard, who: Asker, audited: Audited): Promise<Dashboard>;
  /** @throws `not_found`, `validation`, `forbidden` for somebody else's */
  change(id: string, patch: DashboardPatch, who: Asker, audited: Audited): Promise<Dashboard>;
  /** Its links go with it. @throws `not_found`, `forbidden` */
  remove(id: string, who: Asker, audited: Audited): Promise<Dashboard>;
  /** Called with the id of one that is gone. */
  onRemove(listener: (id: string) => void): void;
}

export interface DashboardsDeps {
  db: Database;
  clock: Clock;
  sensors: Pick<SensorDirectory, "find">;
  machines: Pick<MachineDirectory, "find" | "all">;
}

const OWN_MOST = 50;
const ALL_MOST = 1_000;

/** The links of a dashboard, as what grows: who deletes it has seen them all. */
export const linksOf = (id: string) => `dashboard-links:${id}`;

/** Owners change theirs, and admins everybody's. */
export function mayChange(
  { ownerId }: Pick<Dashboard, "ownerId">,
  { id, role }: Asker,
): boolean {
  return ownerId === id || role === "admin";
}

export function createDashboards(deps: DashboardsDeps): Dashboards {
  const { db, clock } = deps;
  const store = createDashboardStore(db);
  const oneAtATime = createTurns();
  const listeners: ((id: string) => void)[] = [];
  /** Read when somebody first asks. */
  let loaded: Promise<Map<string, Dashboard>> | null = null;

  function all(): Promise<Map<string, Dashboard>> {
    loaded ??= store.dashboards().then(
      (rows) => new Map(rows.map((row) => [row.id, { ...row, tiles: storedTiles(row.tiles) }])),
    );
    loaded.catch(() => loaded = null);
    return loaded;
  }

  async function find(id: string, who: Asker): Promise<Dashboard> {
    const found = (await all()).get(id);
    if (found && (found.shared || mayChange(found, who))) return found;
    throw new PerchError("not_found", `there is no dashboard "${id.slice(0, 80)}"`, {
      about: [`dashboard:${id}`],
    });
  }

  async function own(id: string, who: Asker): Promise<Dashboard> {
    const found = await find(id, who);
    if (mayChange(found, who)) return found;
    throw new PerchError("forbidden", "this dashboard is somebody else's; make a copy of it");
  }

  async function put(
    next: Dashboard,
    before: Dashboard | null,
    audited: Audited,
  ): Promise<Dashboard> {
    const verb = before === null ? "create" : "update";
    await db.write([
      store.put({ ...next, tiles: [...next.tiles] }),
      audited({
        action: `dashboard.${verb}`,
        resource: `dashboard:${next.id}`,
        ...(before === null ? {} : { before: audit(before) }),
        after: audit(next),
      }),
    ]);
    (await all()).set(next.id, next);
    return next;
  }

  async function add(given: NewDashboard, who: Asker, audited: Audited): Promise<Dashboard> {
    const there = await all();
    const mine = [...there.values()].filter(({ ownerId }) => ownerId === who.id);
    if (mine.length >= OWN_MOST || there.size >= ALL_MOST) {
      const most = mine.length >= OWN_MOST ? `${OWN_MOST} of one person` : `${ALL_MOST} in all`;
      throw new PerchError("conflict", `more than ${most} are not possible; delete one first`);
    }
    const nowMs = clock.now();
    const { title, shared } = given;
    return await put(
      {
        ...{ id: randomId(12), title, shared, ownerId: who.id },
        tiles: resolveTiles(given.tiles, [], deps),
        createdMs: nowMs,
        changedMs: nowMs,
      },
      null,
      audited,
    );
  }

  async function change(
    id: string,
    { title, shared, tiles }: DashboardPatch,
    who: Asker,
    audited: Audited,
  ): Promise<Dashboard> {
    const before = await own(id, who);
    const next: Dashboard = {
      ...before,
      title: title ?? before.title,
      shared: shared ?? before.shared,
      tiles: tiles === undefined ? before.tiles : resolveTiles(tiles, before.tiles, deps),
      // Two changes within a millisecond are two: screens load themselves anew by this time.
      changedMs: Math.max(clock.now(), before.changedMs + 1),
    };
    return await put(next, before, audited);
  }

  async function remove(id: string, who: Asker, audited: Audited): Promise<Dashboard> {
    const before = await own(id, who);
    await db.write([
      ...store.remove(id),
      audited({
        action: "dashboard.delete",
        resource: `dashboard:${id}`,
        before: audit(before),
        heeds: [linksOf(id)],
      }),
    ]);
    (await all()).delete(id);
    listeners.forEach((listener) => listener(id));
    return before;
  }

  return {
    visible: async (who) =>
      [...(await all()).values()]
        .filter((one) => one.shared || mayChange(one, who))
        .sort((a, b) => a.title.localeCompare(b.title) || (a.id < b.id ? -1 : 1)),
    find,
    get: async (id) => (await all()).get(id) ?? null,
    add: (...given) => oneAtATime(() => add(...given)),
    change: (...given) => oneAtATime(() => change(...given)),
    remove: (...given) => oneAtATime(() => remove(...given)),
    onRemove: (listener) => void listeners.push(listener),
  };
}

/** As the audit log shows it. */
function audit({ title, shared, tiles }: Dashboard) {
  return { title, shared, tiles };
}
