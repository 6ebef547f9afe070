import type { Database, SqlStatement } from "../db/client.ts";
import { rowsOf } from "../db/list.ts";
import { type Rule, ruleSchema, type RuleSpec } from "./rule.ts";

/** Statements and reads of rules. */
export interface RulesStore {
  /** Oldest first. Rules of another version that no longer fit are named apart. */
  all(): Promise<{ rules: Rule[]; unreadable: string[] }>;
  put(rule: Rule): SqlStatement;
  remove(id: string): SqlStatement;
}

export function createRulesStore(db: Pick<Database, "query">): RulesStore {
  return {
    async all() {
      const rows = rowsOf(await db.query({ sql: "select * from rules order by created_ms, id" }));
      const rules: Rule[] = [];
      const unreadable: string[] = [];
      for (const row of rows) {
        const id = String(row.id);
        const spec = ruleSchema.safeParse(JSON.parse(String(row.spec)));
        if (spec.success) rules.push({ ...spec.data, id, createdMs: Number(row.created_ms) });
        else unreadable.push(id);
      }
      return { rules, unreadable };
    },
    put: (rule) => ({
      sql: "insert into rules (id, spec, created_ms) values (?,?,?) " +
        "on conflict (id) do update set spec = excluded.spec",
      args: [rule.id, JSON.stringify(specOf(rule)), rule.createdMs],
    }),
    remove: (id) => ({ sql: "delete from rules where id = ?", args: [id] }),
  };
}

/** What a rule says, without its id. */
export function specOf({ id: _, createdMs: __, ...spec }: Rule): RuleSpec {
  return spec;
}
