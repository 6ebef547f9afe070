import type { Database, SqlStatement } from "../../db/client.ts";
import { and, asc, build, createOrm, eq, inArray, statementOf } from "../../db/orm.ts";
import {
  siteAlarms,
  siteCommands,
  siteCursors,
  sites,
  siteSensors,
} from "../../db/schema/upstream.ts";
import type { SentAlarm, SiteCommand } from "../wire.ts";
import { NEW_STATE, type Site, type SiteState } from "./site.ts";

export type Lane = "readings" | "events";
export interface Numbered {
  site: string;
  node: string;
  epoch: string;
}

/** The tables of the sites. */
export interface SiteStore {
  all(): Promise<Site[]>;
  insert(site: Omit<Site, "state">): SqlStatement;
  setKey(id: string, keyId: string | null): SqlStatement;
  saveState(site: Site): SqlStatement;
  /** Everything of a site but its machines. */
  remove(id: string): SqlStatement[];
  cursor(of: Numbered, lane: Lane): Promise<number | null>;
  /** Fails, with its transaction, when the cursor is not at `after`. */
  advance(of: Numbered, lane: Lane, after: number, to: number): SqlStatement;
  /** Storage numbers here, by the ids of sensors at the site. */
  sensors(site: string, there: readonly string[]): Promise<Map<string, number>>;
  putSensor(site: string, there: string, sensor: number): SqlStatement;
  alarms(): Promise<{ site: string; alarm: SentAlarm }[]>;
  /** All that are open at a site. */
  putAlarms(site: string, open: readonly SentAlarm[]): SqlStatement[];
  commands(): Promise<{ site: string; command: SiteCommand }[]>;
  /** Gives the order with its number. */
  addCommand(
    site: string,
    command: Omit<SiteCommand, "id">,
    nowMs: number,
  ): Promise<SiteCommand>;
  commandsDone(site: string, ids: readonly number[]): SqlStatement;
}

export function createSiteStore(db: Database): SiteStore {
  const orm = createOrm(db);
  return {
    async all() {
      const rows = await orm.select().from(sites).orderBy(asc(sites.id)).all();
      return rows.map(({ state, ...site }) => ({
        ...site,
        state: { ...NEW_STATE, ...state as Partial<SiteState> | null },
      }));
    },
    insert: (site) => statementOf(build.insert(sites).values(site)),
    setKey: (id, keyId) => statementOf(build.update(sites).set({ keyId }).where(eq(sites.id, id))),
    saveState: ({ id, state }) =>
      statementOf(build.update(sites).set({ state }).where(eq(sites.id, id))),
    remove: (id) => [
      statementOf(build.delete(siteAlarms).where(eq(siteAlarms.site, id))),
      statementOf(build.delete(siteSensors).where(eq(siteSensors.site, id))),
      statementOf(build.delete(siteCommands).where(eq(siteCommands.site, id))),
      statementOf(build.delete(siteCursors).where(eq(siteCursors.site, id))),
      statementOf(build.delete(sites).where(eq(sites.id, id))),
    ],
    async cursor({ site, node, epoch }, lane) {
      const row = await orm.select({ seq: siteCursors.seq }).from(siteCursors).where(and(
        eq(siteCursors.site, site),
        eq(siteCursors.node, node),
        eq(siteCursors.epoch, epoch),
        eq(siteCursors.lane, lane),
      )).get();
      return row?.seq ?? null;
    },
    // By hand: one statement that cannot be half true. NULL is not allowed in the column.
    advance: ({ site, node, epoch }, lane, after, to) => ({
      sql: "INSERT INTO site_cursors (site, node, epoch, lane, seq) VALUES (?1, ?2, ?3, ?4, ?6) " +
        "ON CONFLICT DO UPDATE SET seq = CASE WHEN seq = ?5 THEN ?6 ELSE NULL END",
      args: [site, node, epoch, lane, after, to],
    }),
    async sensors(site, there) {
      const rows = await orm.select().from(siteSensors).where(and(
        eq(siteSensors.site, site),
        inArray(siteSensors.there, [...there]),
      )).all();
      return new Map(rows.map((row) => [row.there, row.sensor]));
    },
    putSensor: (site, there, sensor) =>
      statementOf(
        build.insert(siteSensors).values({ site, there, sensor })
          .onConflictDoUpdate({ target: [siteSensors.site, siteSensors.there], set: { sensor } }),
      ),
    async alarms() {
      const rows = await orm.select().from(siteAlarms).all();
      return rows.map(({ site, body }) => ({ site, alarm: body as SentAlarm }));
    },
    putAlarms: (site, open) => [
      statementOf(build.delete(siteAlarms).where(eq(siteAlarms.site, site))),
      ...(open.length === 0 ? [] : [
        statementOf(
          build.insert(siteAlarms).values(
            open.map((alarm) => ({ site, alarm: alarm.id, body: alarm })),
          ),
        ),
      ]),
    ],
    async commands() {
      const rows = await orm.select().from(siteCommands).orderBy(asc(siteCommands.id)).all();
      return rows.map(({ id, site, body }) => ({
        site,
        command: { ...body as Omit<SiteCommand, "id">, id },
      }));
    },
    async addCommand(site, command, nowMs) {
      const row = { site, createdMs: nowMs, body: command };
      const [{ rows }] = await db.write([
        statementOf(build.insert(siteCommands).values(row).returning({ id: siteCommands.id })),
      ]);
      return { ...command, id: Number(rows[0][0]) };
    },
    commandsDone: (site, ids) =>
      statementOf(
        build.delete(siteCommands).where(
          and(eq(siteCommands.site, site), inArray(siteCommands.id, [...ids])),
        ),
      ),
  };
}
