import type { Database, SqlStatement } from "../db/client.ts";
import {
  type Conditions,
  conditions,
  containing,
  listPage,
  type PageOf,
  type Row,
  rowsOf,
} from "../db/list.ts";
import type { Actor, AuditQuery, AuditRow } from "./audit_row.ts";
import { text, textOrNull, whole } from "./rows.ts";

/** A row to be written; `before` and `after` are JSON or null. */
export interface NewAuditRow {
  ts: number;
  actor: Actor;
  action: string;
  resource: string;
  before: string | null;
  after: string | null;
}

/** The table `audit`: append-only, kept so by triggers. */
export interface AuditStore {
  insert(row: NewAuditRow): SqlStatement;
  /** Newest first. */
  list(query: AuditQuery): Promise<PageOf<AuditRow>>;
  /** Those that came after a row, oldest first. */
  after(id: number, most: number): Promise<AuditRow[]>;
  /** Id of the newest row, 0 without any. */
  newest(): Promise<number>;
  /** Id of the newest row that changed something, 0 without any. */
  newestChange(): Promise<number>;
  /** Keeps that the audit row just written changed these; gives its id. */
  touch(keys: readonly string[]): SqlStatement;
  /** Fails the transaction when one of the keys was changed by a later row than is said of it. */
  unchanged(bases: Readonly<Record<string, number>>): SqlStatement;
  /** The newest such row; null: there is none. */
  changedSince(bases: Readonly<Record<string, number>>): Promise<AuditRow | null>;
}

export function createAuditStore(db: Database): AuditStore {
  return {
    insert: ({ ts, actor, action, resource, before, after }) => ({
      sql:
        "insert into audit (ts_ms, actor_kind, actor_id, actor_name, action, resource, before, after, address, agent) values (?,?,?,?,?,?,?,?,?,?)",
      args: [
        ts,
        actor.kind,
        actor.id,
        actor.name,
        action,
        resource,
        before,
        after,
        actor.address,
        actor.agent,
      ],
    }),
    async list(query) {
      const wanted = wantedBy(query);
      const page = await listPage(db, "select * from audit", wanted, query);
      return { items: page.items.map(entryOf), next: page.next };
    },
    async after(id, most) {
      const sql = "select * from audit where id > ? order by id limit ?";
      return rowsOf(await db.query({ sql, args: [id, most] })).map(entryOf);
    },
    async newest() {
      const sql = "select coalesce(max(id), 0) as id from audit";
      return whole(rowsOf(await db.query({ sql }))[0].id);
    },
    async newestChange() {
      const sql = "select coalesce(max(audit_id), 0) as id from changed";
      return whole(rowsOf(await db.query({ sql }))[0].id);
    },
    touch: (keys) => ({
      sql: "insert into changed (key, audit_id) select value, (select max(id) from audit) " +
        "from json_each(?) where true on conflict (key) do update set audit_id = excluded.audit_id " +
        "returning audit_id",
      args: [JSON.stringify(keys)],
    }),
    unchanged: (bases) => ({
      sql: "insert into unchanged_since (seen) values (?)",
      args: [JSON.stringify(bases)],
    }),
    async changedSince(bases) {
      const [row] = rowsOf(
        await db.query({
          sql:
            "select audit.* from json_each(?) as wanted join changed on changed.key = wanted.key " +
            "join audit on audit.id = changed.audit_id where changed.audit_id > wanted.value " +
            "order by audit.id desc limit 1",
          args: [JSON.stringify(bases)],
        }),
      );
      return row === undefined ? null : entryOf(row);
    },
  };
}

function entryOf(row: Row): AuditRow {
  return {
    id: whole(row.id),
    ts: whole(row.ts_ms),
    actor: {
      kind: text(row.actor_kind),
      id: textOrNull(row.actor_id),
      name: text(row.actor_name),
    },
    action: text(row.action),
    resource: text(row.resource),
    before: parsed(row.before),
    after: parsed(row.after),
    address: textOrNull(row.address),
    agent: textOrNull(row.agent),
  };
}

const SEARCHED = ["actor_name", "action", "resource", "address"];

function wantedBy({ search, action, actor, fromMs, toMs }: AuditQuery): Conditions {
  const wanted = conditions();
  if (action !== undefined) {
    // `user` is everything between `user.` and `user/`, the character after the dot.
    wanted.add("(action = ? or (action >= ? and action < ?))", action, `${action}.`, `${action}/`);
  }
  if (actor !== undefined) wanted.add("(actor_id = ? or actor_name = ?)", actor, actor);
  if (fromMs !== undefined) wanted.add("ts_ms >= ?", fromMs);
  if (toMs !== undefined) wanted.add("ts_ms < ?", toMs);
  if (search !== undefined && search !== "") {
    const part = containing(search);
    wanted.add(
      `(${SEARCHED.map((column) => `${column} like ? escape '\\'`).join(" or ")})`,
      ...SEARCHED.map(() => part),
    );
  }
  return wanted;
}

function parsed(value: unknown): unknown {
  return typeof value === "string" ? JSON.parse(value) : null;
}
