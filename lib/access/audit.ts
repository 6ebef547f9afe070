import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Database, SqlStatement, SqlValue } from "../db/client.ts";
import type { Identity } from "./identity.ts";
import { rowsOf, text, textOrNull, whole } from "./rows.ts";

/** Who acts, and from where. */
export interface Actor {
  kind: "user" | "key" | "device" | "system";
  id: string | null;
  name: string;
  address: string | null;
  agent: string | null;
}

/** The program itself, or a person at the command line. */
export function systemActor(name: string): Actor {
  return { kind: "system", id: null, name, address: null, agent: null };
}

/** The actor of a request. */
export function actorOf(who: Identity | null, address: string, agent: string | undefined): Actor {
  const cut = agent === undefined ? null : clean(agent).slice(0, 200);
  return who === null
    ? { kind: "system", id: null, name: "nobody", address, agent: cut }
    : { kind: who.kind, id: who.id, name: who.name, address, agent: cut };
}

export interface AuditEntry {
  actor: Actor;
  /** `<resource>.<verb>`, e.g. `user.update`, `sign_in.failed`. */
  action: string;
  /** What it was done to, e.g. `user:4fk2…`. */
  resource: string;
  /** State before and after, without secrets. */
  before?: unknown;
  after?: unknown;
}

export interface AuditRow {
  id: number;
  ts: number;
  actor: { kind: string; id: string | null; name: string };
  action: string;
  resource: string;
  before: unknown;
  after: unknown;
  address: string | null;
  agent: string | null;
}

export interface AuditQuery {
  /** Part of the actor's name, the action, the resource or the address. */
  search?: string;
  /** Action, or the part before its dot (`user` finds `user.update`). */
  action?: string;
  actor?: string;
  fromMs?: number;
  toMs?: number;
  /** 1 … 500, default 50. */
  limit?: number;
  cursor?: string;
}

/** The append-only log of what people, keys and the program did. */
export interface Audit {
  /** The row as a statement, to be written in the same transaction as what it tells of. */
  statement(entry: AuditEntry): SqlStatement;
  record(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<{ items: AuditRow[]; next: string | null }>;
}

const MOST_JSON = 16_384;

export function createAudit(deps: { db: Database; clock: Clock }): Audit {
  function statement(entry: AuditEntry): SqlStatement {
    const { actor } = entry;
    return {
      sql:
        "insert into audit (ts_ms, actor_kind, actor_id, actor_name, action, resource, before, after, address, agent) values (?,?,?,?,?,?,?,?,?,?)",
      args: [
        deps.clock.now(),
        actor.kind,
        actor.id,
        actor.name,
        entry.action,
        entry.resource,
        json(entry.before),
        json(entry.after),
        actor.address,
        actor.agent,
      ],
    };
  }

  return {
    statement,
    record: async (entry) => void await deps.db.write([statement(entry)]),
    async list(query) {
      const limit = query.limit ?? 50;
      const { where, args } = conditions(query);
      const result = await deps.db.query({
        sql: `select * from audit ${where} order by id desc limit ?`,
        args: [...args, limit + 1],
      });
      const items = rowsOf(result).map((row): AuditRow => ({
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
      }));
      const more = items.length > limit;
      if (more) items.pop();
      return { items, next: more ? String(items[items.length - 1].id) : null };
    },
  };
}

function conditions(query: AuditQuery): { where: string; args: SqlValue[] } {
  const parts: string[] = [];
  const args: SqlValue[] = [];
  const add = (sql: string, ...values: SqlValue[]) => {
    parts.push(sql);
    args.push(...values);
  };
  if (query.cursor !== undefined) {
    if (!/^\d{1,15}$/.test(query.cursor)) {
      throw new PerchError("validation", "query.cursor: not a cursor of this list", {
        errors: [{ path: "query.cursor", message: "not a cursor of this list" }],
      });
    }
    add("id < ?", Number(query.cursor));
  }
  if (query.action !== undefined) {
    add("(action = ? or action like ? escape '\\')", query.action, `${like(query.action)}.%`);
  }
  if (query.actor !== undefined) add("(actor_id = ? or actor_name = ?)", query.actor, query.actor);
  if (query.fromMs !== undefined) add("ts_ms >= ?", query.fromMs);
  if (query.toMs !== undefined) add("ts_ms < ?", query.toMs);
  if (query.search !== undefined && query.search !== "") {
    const pattern = `%${like(query.search)}%`;
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

function json(value: unknown): string | null {
  if (value === undefined) return null;
  const out = JSON.stringify(value);
  return out.length <= MOST_JSON ? out : JSON.stringify({ truncated: out.slice(0, MOST_JSON) });
}

function parsed(value: unknown): unknown {
  return typeof value === "string" ? JSON.parse(value) : null;
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
function clean(value: string): string {
  return value.replace(CONTROL, " ");
}
