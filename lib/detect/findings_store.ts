import type { Database, SqlStatement } from "../db/client.ts";
import { listPage, type PageOf, type PageQuery } from "../db/list.ts";
import {
  and,
  asc,
  build,
  createOrm,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  lt,
  lte,
  max,
  onFirstUse,
  placeholders,
  prepared,
  type SQL,
  sql,
  statementOf,
} from "../db/orm.ts";
import { detectorStates, findingFeedback, findings } from "../db/schema/detect.ts";
import type { Severity } from "../words/severity.ts";
import type { Verdict } from "../words/verdict.ts";
import type { Finding, FindingPhase, Judged, Reason } from "./detector.ts";
import { JUDGED_MOST, judgedOf } from "./likeness.ts";

/** A finding with its name: (detector, sensor, group, item) exists once, however often it is found. */
export interface NamedFinding {
  /** Storage number. */
  sensor: number;
  groupId: number;
  /** Place of the reading in its group; negative at a tick. */
  item: number;
  finding: Finding;
}

/** A finding as stored. */
export interface StoredFinding {
  id: number;
  /** Storage number. */
  sensor: number;
  detector: string;
  tMs: number;
  phase: FindingPhase;
  severity: Severity;
  score: number;
  reason: Reason;
  /** A person's last verdict on it; null while there is none. */
  verdict: Verdict | null;
}

/** What a verdict needs to know of a finding. */
export type FindingName = Pick<StoredFinding, "id" | "sensor" | "detector">;
/** Who says it, and when. */
export interface Judge {
  name: string;
  atMs: number;
}

export interface FindingQuery {
  /** Storage numbers; left out: all. At most 500 count. */
  sensors?: readonly number[];
  detector?: string;
  severity?: Severity;
  /** Left out: all phases. */
  phases?: readonly FindingPhase[];
  fromMs?: number;
  /** Exclusive. */
  toMs?: number;
  limit: number;
  /** Only findings with a smaller id. */
  beforeId?: number;
  /** Only this one and later ones. */
  fromId?: number;
}

/** Findings on disk: append-only, the oldest of a detector go when it has too many. */
export interface FindingStore {
  /** Stores what is not stored yet, with `extra` in the same transaction; gives what was new. */
  add(found: readonly NamedFinding[], extra?: readonly SqlStatement[]): Promise<StoredFinding[]>;
  /** Newest first. */
  list(query: FindingQuery): Promise<StoredFinding[]>;
  /** A page of them, newest first. */
  page(query: Omit<FindingQuery, "limit" | "beforeId"> & PageQuery): Promise<PageOf<StoredFinding>>;
  find(id: number): Promise<StoredFinding | null>;
  /** Those that were stored after the one with this id, oldest first. */
  after(id: number, limit: number): Promise<StoredFinding[]>;
  /** Keeps a person's verdict, with `extra` (the audit row) in the same transaction. */
  judge(
    finding: FindingName,
    verdict: Verdict,
    by: Judge,
    extra: readonly SqlStatement[],
  ): Promise<void>;
  /** The same as a statement, for a transaction of another room. */
  verdictStatement(finding: FindingName, verdict: Verdict, by: Judge): SqlStatement;
  /** What people said of the streaming detector's findings, by storage number: the newest that are kept, oldest first. */
  judged(sensor?: number): Promise<Map<number, Judged[]>>;
  /** Statements that remove everything that is kept of a sensor's detection. */
  forget(sensor: number): SqlStatement[];
  /** Deletes the oldest findings of each detector that has more than it keeps. */
  trim(): Promise<void>;
}

/** Findings kept per detector. */
const KEEP_PER_DETECTOR = 100_000;
const SENSORS_MOST = 500;

const { id: _, ...GIVEN } = placeholders(findings);
const insert = prepared<Omit<typeof findings.$inferSelect, "id">>(
  build.insert(findings).values(GIVEN)
    .onConflictDoNothing({
      target: [findings.detector, findings.sensor, findings.groupId, findings.item],
    })
    .returning({ id: findings.id }),
  { one: true },
);
const latestVerdict = build.select({ verdict: findingFeedback.verdict }).from(findingFeedback)
  .where(eq(findingFeedback.findingId, findings.id)).orderBy(desc(findingFeedback.id)).limit(1);
const { groupId: __, item: ___, ...SHOWN } = getTableColumns(findings);
const STORED = { ...SHOWN, verdict: sql<Verdict | null>`${latestVerdict}` };

export function createFindingStore(db: Database, keep = KEEP_PER_DETECTOR): FindingStore {
  const orm = createOrm(db);
  const all = () => orm.select(STORED).from(findings);
  const findOne = onFirstUse(() => all().where(eq(findings.id, sql.placeholder("id"))).prepare());
  const findAfter = onFirstUse(() =>
    all().where(gt(findings.id, sql.placeholder("id")))
      .orderBy(asc(findings.id)).limit(sql.placeholder("limit")).prepare()
  );
  return {
    async add(found, extra = []) {
      if (found.length === 0 && extra.length === 0) return [];
      const rows = found.map(({ finding, ...name }) => insert({ ...name, ...finding }));
      const results = await db.write([...rows, ...extra]);
      return found.flatMap(({ sensor, finding }, i) => {
        const [row] = results[i].rows;
        return row === undefined ? [] : [{ id: Number(row[0]), sensor, ...finding, verdict: null }];
      });
    },
    list: async (query) =>
      await all().where(and(...wantedBy(query)))
        .orderBy(desc(findings.id)).limit(query.limit) as StoredFinding[],
    page: (query) =>
      listPage(all(), findings.id, wantedBy(query), query) as Promise<PageOf<StoredFinding>>,
    find: async (id) => await findOne().get({ id }) as StoredFinding | undefined ?? null,
    after: async (id, limit) => await findAfter().all({ id, limit }) as StoredFinding[],
    verdictStatement,
    async judge(finding, verdict, by, extra) {
      await db.write([verdictStatement(finding, verdict, by), ...extra]);
    },
    async judged(sensor) {
      // The latest word on each finding counts.
      const latest = orm.select({ id: max(findingFeedback.id) }).from(findingFeedback)
        .groupBy(findingFeedback.findingId);
      const rows = await orm.select({
        sensor: findings.sensor,
        reason: findings.reason,
        verdict: findingFeedback.verdict,
      }).from(findingFeedback)
        .innerJoin(findings, eq(findings.id, findingFeedback.findingId))
        .where(and(
          eq(findingFeedback.detector, "streaming"),
          sensor === undefined ? undefined : eq(findingFeedback.sensor, sensor),
          inArray(findingFeedback.id, latest),
        ))
        .orderBy(asc(findingFeedback.id));
      const said = new Map<number, Judged[]>();
      for (const { sensor, reason, verdict } of rows) {
        const own = said.get(sensor) ?? [];
        said.set(sensor, [...own.slice(1 - JUDGED_MOST), judgedOf(reason as Reason, verdict)]);
      }
      return said;
    },
    forget: (sensor) =>
      [findings, findingFeedback, detectorStates].map((table) =>
        statementOf(build.delete(table).where(eq(table.sensor, sensor)))
      ),
    async trim() {
      const rows = await orm.selectDistinct({ detector: findings.detector }).from(findings);
      for (const { detector } of rows) {
        const ofIt = eq(findings.detector, detector);
        const newestTooMany = build.select({ id: findings.id }).from(findings).where(ofIt)
          .orderBy(desc(findings.id)).limit(1).offset(keep);
        await db.write([
          statementOf(
            build.delete(findings).where(and(ofIt, lte(findings.id, sql`${newestTooMany}`))),
          ),
        ]);
      }
    },
  };
}

function verdictStatement(finding: FindingName, verdict: Verdict, by: Judge): SqlStatement {
  const { id, sensor, detector } = finding;
  return statementOf(
    build.insert(findingFeedback).values({
      findingId: id,
      sensor,
      detector,
      verdict,
      byName: by.name,
      atMs: by.atMs,
    }),
  );
}

function wantedBy(query: Omit<FindingQuery, "limit">): (SQL | undefined)[] {
  const { sensors, detector, severity, phases, fromMs, toMs, beforeId, fromId } = query;
  return [
    sensors && inArray(findings.sensor, sensors.slice(0, SENSORS_MOST)),
    phases && inArray(findings.phase, phases),
    detector === undefined ? undefined : eq(findings.detector, detector),
    severity === undefined ? undefined : eq(findings.severity, severity),
    fromMs === undefined ? undefined : gte(findings.tMs, fromMs),
    toMs === undefined ? undefined : lt(findings.tMs, toMs),
    beforeId === undefined ? undefined : lt(findings.id, beforeId),
    fromId === undefined ? undefined : gte(findings.id, fromId),
  ];
}
