import type { Database, SqlStatement, SqlValue } from "../db/client.ts";
import type { Actor, AuditQuery, AuditRow } from "./audit.ts";
import { type Row, rowsOf, text, textOrNull, whole } from "./rows.ts";

/** A row to be written; `before` and `after` are JSON or null. */
export interface NewAuditRow {
  ts: number;
  actor: Actor;
  action: string;
  resource: string;
  before: string | null;
  after: string | null;
}

export interface AuditSearch extends Omit<AuditQuery, "cursor"> {
  limit: number;
  /** Only rows older than this one. */
  beforeId?: number;
}

/** The table `audit`: append-only, kept so by triggers. */
export interface AuditStore {
  insert(row: NewAuditRow): SqlStatement;
  /** Newest first. */
  find(search: AuditSearch): Promise<AuditRow[]>;
  /** Those that came after a row, oldest first. */
  after(id: number, most: number): Promise<AuditRow[]>;
  /** Id of the newest row, 0 without any. */
  newest(): Promise<number>;
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
    async find(search) {
      const { where, args } = conditions(search);
      const result = await db.query({
        sql: `select * from audit ${where} order by id desc limit ?`,
        args: [...args, search.limit],
      });
      return rowsOf(result).map(entryOf);
    },
    async after(id, most) {
      const sql = "select * from audit where id > ? order by id limit ?";
      return rowsOf(await db.query({ sql, args: [id, most] })).map(entryOf);
    },
    async newest() {
      const sql = "select coalesce(max(id), 0) as id from audit";
      return whole(rowsOf(await db.query({ sql }))[0].id);
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

function conditions(search: AuditSearch): { where: string; args: SqlValue[] } {
  const parts: string[] = [];
  const args: SqlValue[] = [];
  const add = (sql: string, ...values: SqlValue[]) => {
    parts.push(sql);
    args.push(...values);
  };
  const { action, actor } = search;
  if (search.beforeId !== undefined) add("id < ?", search.beforeId);
  if (action !== undefined) {
    add("(action = ? or action like ? escape '\\')", action, `${like(action)}.%`);
  }
  if (actor !== undefined) add("(actor_id = ? or actor_name = ?)", actor, actor);
  if (search.fromMs !== undefined) add("ts_ms >= ?", search.fromMs);
  if (search.toMs !== undefined) add("ts_ms < ?", search.toMs);
  if (search.search !== undefined && search.search !== "") {
    const pattern = `%${like(search.search)}%`;
    add(
      "(actor_name like ? escape '\\' or action like ? escape '\\' or resource like ? escape '\\' or address like ? escape '\\')",
      pattern,
      pattern,
      pattern,
      pattern,
    );
  }
  return { where: parts.length === 0 ? "" : `where ${parts.join(" and ")}`, args };
}

function like(value: string): string {
  return value.replace(/[\\%_]/g, (c) => `\\${c}`);
}

function parsed(value: unknown): unknown {
  return typeof value === "string" ? JSON.parse(value) : null;
}
