import type { Database } from "../db/client.ts";
import { listPage, type PageOf, type PageQuery } from "../db/list.ts";
import { build, createOrm, desc, eq, lte, sql, statementOf } from "../db/orm.ts";
import { analyses } from "../db/schema/ai.ts";
import { searchedPage } from "../db/searched.ts";
import type { Analysis, AnalysisBody, Overall } from "./analysis.ts";

export type NewAnalysis = Omit<Analysis, "id">;

export interface AnalysisQuery extends PageQuery {
  overall?: Overall;
  /** Words of what it says. */
  search?: string;
}

export interface AnalysisStore {
  /** Stores it and deletes the oldest beyond `keep`; gives its id. */
  add(analysis: NewAnalysis, keep: number): Promise<number>;
  find(id: number): Promise<Analysis | null>;
  latest(): Promise<Analysis | null>;
  /** Newest first, without what was sent. */
  list(query: AnalysisQuery): Promise<PageOf<Analysis>>;
}

type Row = typeof analyses.$inferSelect;

export function createAnalysisStore(db: Pick<Database, "query" | "write">): AnalysisStore {
  const orm = createOrm(db);
  const all = () => orm.select().from(analyses);
  return {
    async add({ tMs, trigger, author, overall, sent, inputHash, instead, tokens, ...body }, keep) {
      const { summary, issues, recommendations, insights } = body;
      const added = build.insert(analyses).values({
        tMs,
        trigger,
        author,
        overall,
        body: JSON.stringify({ summary, issues, recommendations, insights }),
        sent,
        inputHash,
        instead,
        tokens,
      }).returning({ id: analyses.id });
      const oldest = sql<number>`(select max(id) from ${analyses}) - ${keep}`;
      const [result] = await db.write([
        statementOf(added),
        statementOf(build.delete(analyses).where(lte(analyses.id, oldest))),
      ]);
      return Number(result.rows[0][0]);
    },
    async find(id) {
      const row = await all().where(eq(analyses.id, id)).get();
      return row === undefined ? null : analysisOf(row);
    },
    async latest() {
      const row = await all().orderBy(desc(analyses.id)).limit(1).get();
      return row === undefined ? null : analysisOf(row);
    },
    async list({ overall, search, ...page }) {
      const wanted = overall === undefined ? undefined : eq(analyses.overall, overall);
      const { items, next } = await searchedPage(
        orm,
        search,
        { id: analyses.id, columns: [SUMMARY, analyses.author] },
        (fits) => listPage(all(), analyses.id, [wanted, fits], page),
      );
      return { items: items.map((row) => ({ ...analysisOf(row), sent: null })), next };
    },
  };
}

const SUMMARY = sql`json_extract(${analyses.body}, '$.summary')`;

function analysisOf({ body, ...row }: Row): Analysis {
  return { ...row, ...JSON.parse(body) as Omit<AnalysisBody, "overall"> };
}
