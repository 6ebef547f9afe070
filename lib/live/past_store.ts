/** How sensors and machines were: the table `status_changes`. */
import type { Database, SqlStatement } from "../db/client.ts";
import {
  and,
  asc,
  build,
  createOrm,
  desc,
  eq,
  gt,
  gte,
  inArray,
  lt,
  lte,
  max,
  ne,
  or,
  placeholders,
  prepared,
  sql,
  statementOf,
} from "../db/orm.ts";
import { statusChanges, statuses } from "../db/schema/live.ts";
import { type PastChange, type PastStatus, PERCH } from "./past.ts";

/** From its time on, until the next one of its subject. */
export interface StatusChange {
  tMs: number;
  status: PastStatus;
}

/** About 40 MB. The oldest go first; those of Perch itself stay. */
const KEPT = 1_000_000;
/** Rows of one step of deleting, so that commits of readings wait little for it. */
export const TRIM_MOST = 2_000;
/** Read of one subject for one report: a change every ten seconds for three weeks. What follows is unknown. */
const READ_MOST = 200_000;
const PAGE = 2_000;

const { id: _, ...COLUMNS } = placeholders(statusChanges);
/** Writes a change. */
export const changeStatement = prepared<PastChange>(
  build.insert(statusChanges).values(COLUMNS),
);

/** One small step of deleting the oldest. */
export function trimChanges(): SqlStatement {
  const newest = build.select({ id: max(statusChanges.id) }).from(statusChanges);
  const old = build.select({ id: statusChanges.id }).from(statusChanges)
    .where(and(lte(statusChanges.id, sql`${newest} - ${KEPT}`), ne(statusChanges.subject, PERCH)))
    .orderBy(asc(statusChanges.id)).limit(TRIM_MOST);
  return statementOf(build.delete(statusChanges).where(inArray(statusChanges.id, old)));
}

/** What a start finds of the time before it. */
export interface Before {
  /** Nothing was kept yet. */
  empty: boolean;
  /** When the last Perch wrote last, where it did not write its end. */
  endedMs: number | null;
  /** Subjects that were perhaps unknown when it ended. */
  unknown: string[];
}

export async function loadBefore(db: Pick<Database, "query">): Promise<Before> {
  const orm = createOrm(db);
  const newest = () => orm.select().from(statusChanges).orderBy(desc(statusChanges.id)).limit(1);
  const [last] = await newest();
  if (last === undefined) return { empty: true, endedMs: null, unknown: [] };
  const perch = await orm.select().from(statusChanges).where(eq(statusChanges.subject, PERCH))
    .orderBy(desc(statusChanges.tMs), desc(statusChanges.id)).limit(1).get();
  if (perch?.status === "unknown") return { empty: false, endedMs: null, unknown: [] };
  const unknown = await orm.selectDistinct({ subject: statusChanges.subject }).from(statusChanges)
    .where(and(gt(statusChanges.id, perch?.id ?? 0), eq(statusChanges.status, "unknown")));
  return { empty: false, endedMs: last.tMs, unknown: unknown.map(({ subject }) => subject) };
}

/** The rows of a subject in a range, and the one that holds at its beginning, in order of time. */
export async function changesOf(
  db: Pick<Database, "query">,
  subject: string,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<StatusChange[]> {
  const orm = createOrm(db);
  const of = { tMs: statusChanges.tMs, status: statusChanges.status };
  const own = eq(statusChanges.subject, subject);
  const before = await orm.select(of).from(statusChanges)
    .where(and(own, lt(statusChanges.tMs, fromMs)))
    .orderBy(desc(statusChanges.tMs), desc(statusChanges.id)).limit(1);
  const rows: StatusChange[] = [...before];
  let last: { tMs: number; id: number } | null = null;
  do {
    const after = last === null ? gte(statusChanges.tMs, fromMs) : or(
      gt(statusChanges.tMs, last.tMs),
      and(eq(statusChanges.tMs, last.tMs), gt(statusChanges.id, last.id)),
    );
    const from = gte(statusChanges.tMs, last?.tMs ?? fromMs);
    const page: { id: number; tMs: number; status: PastStatus }[] = await orm.select({
      id: statusChanges.id,
      ...of,
    }).from(statusChanges).where(and(own, from, after, lt(statusChanges.tMs, toMs)))
      .orderBy(asc(statusChanges.tMs), asc(statusChanges.id)).limit(PAGE);
    for (const { tMs, status } of page) rows.push({ tMs, status });
    last = page.length < PAGE ? null : page[PAGE - 1];
  } while (last !== null && rows.length < READ_MOST);
  if (last !== null) rows.push({ tMs: last.tMs, status: "unknown" });
  // What has lasted since before the oldest row that is kept.
  const present = await orm.select().from(statuses).where(eq(statuses.id, subject)).get();
  const firstMs = rows[0]?.tMs ?? toMs;
  if (present !== undefined && present.sinceMs < firstMs) {
    rows.unshift({ tMs: present.sinceMs, status: present.status });
  }
  return rows;
}
