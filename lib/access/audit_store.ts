import type { Database, SqlStatement } from "../db/client.ts";
import { isOrBelow, listPage, type PageOf } from "../db/list.ts";
import {
  asc,
  build,
  createOrm,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  lt,
  max,
  onFirstUse,
  or,
  placeholders,
  prepared,
  type SQL,
  sql,
} from "../db/orm.ts";
import { audit, changed } from "../db/schema/access.ts";
import { searchedPage } from "../db/searched.ts";
import type { Actor, AuditQuery, AuditRow } from "./audit_row.ts";

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
  /** Fails the transaction when one of the keys was changed by a later row than its author saw. */
  unchanged(bases: Readonly<Record<string, number>>): SqlStatement;
  /** The newest such row; null: there is none. */
  changedSince(bases: Readonly<Record<string, number>>): Promise<AuditRow | null>;
}

type Row = typeof audit.$inferSelect;
const { id: _, ...GIVEN } = placeholders(audit);
const insert = prepared<Omit<Row, "id">>(build.insert(audit).values(GIVEN));

export function createAuditStore(db: Database): AuditStore {
  const orm = createOrm(db);
  const all = () => orm.select().from(audit);
  const findAfter = onFirstUse(() =>
    all().where(gt(audit.id, sql.placeholder("id")))
      .orderBy(asc(audit.id)).limit(sql.placeholder("most")).prepare()
  );
  return {
    insert: ({ ts, actor, ...row }) =>
      insert({
        ...row,
        tsMs: ts,
        actorKind: actor.kind,
        actorId: actor.id,
        actorName: actor.name,
        address: actor.address,
        agent: actor.agent,
      }),
    async list(query) {
      const columns = [audit.actorName, audit.action, audit.resource, audit.address];
      const page = await searchedPage(
        orm,
        query.search,
        { id: audit.id, columns },
        (fits) => listPage(all(), audit.id, [...wantedBy(query), fits], query),
      );
      return { items: page.items.map(entryOf), next: page.next };
    },
    after: async (id, most) => (await findAfter().all({ id, most })).map(entryOf),
    async newest() {
      const [{ id }] = await orm.select({ id: max(audit.id) }).from(audit);
      return id ?? 0;
    },
    async newestChange() {
      const [{ id }] = await orm.select({ id: max(changed.auditId) }).from(changed);
      return id ?? 0;
    },
    // By hand: an insert from `json_each`, and one into a view that only checks.
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
      const [row] = await orm.select(getTableColumns(audit))
        .from(sql`json_each(${JSON.stringify(bases)}) as wanted`)
        .innerJoin(changed, sql`${changed.key} = wanted.key`)
        .innerJoin(audit, eq(audit.id, changed.auditId))
        .where(sql`${changed.auditId} > wanted.value`)
        .orderBy(desc(audit.id)).limit(1);
      return row === undefined ? null : entryOf(row);
    },
  };
}

function entryOf(row: Row): AuditRow {
  const { tsMs, actorKind, actorId, actorName, before, after, ...rest } = row;
  return {
    ...rest,
    ts: tsMs,
    actor: { kind: actorKind, id: actorId, name: actorName },
    before: parsed(before),
    after: parsed(after),
  };
}

function wantedBy({ action, actor, fromMs, toMs }: AuditQuery): (SQL | undefined)[] {
  return [
    action === undefined ? undefined : isOrBelow(audit.action, action, "."),
    actor === undefined ? undefined : or(eq(audit.actorId, actor), eq(audit.actorName, actor)),
    fromMs === undefined ? undefined : gte(audit.tsMs, fromMs),
    toMs === undefined ? undefined : lt(audit.tsMs, toMs),
  ];
}

function parsed(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
