import type { Database, SqlStatement } from "../db/client.ts";
import { asc, build, createOrm, eq, excluded, statementOf } from "../db/orm.ts";
import { rules } from "../db/schema/notify.ts";
import { type Rule, ruleShape, type RuleSpec } from "./rule.ts";

/** Statements and reads of rules. */
export interface RulesStore {
  /** Oldest first. Rules of another version that no longer fit are named apart. */
  all(): Promise<{ rules: Rule[]; unreadable: string[] }>;
  put(rule: Rule): SqlStatement;
  remove(id: string): SqlStatement;
}

export function createRulesStore(db: Pick<Database, "query">): RulesStore {
  const orm = createOrm(db);
  return {
    async all() {
      const rows = await orm.select().from(rules).orderBy(asc(rules.createdMs), asc(rules.id));
      const read: Rule[] = [];
      const unreadable: string[] = [];
      for (const { id, createdMs, spec } of rows) {
        const { success, data } = ruleShape.safeParse(spec);
        if (success) read.push({ ...data, id, createdMs });
        else unreadable.push(id);
      }
      return { rules: read, unreadable };
    },
    put: (rule) =>
      statementOf(
        build.insert(rules)
          .values({ id: rule.id, spec: specOf(rule), createdMs: rule.createdMs })
          .onConflictDoUpdate({ target: rules.id, set: excluded(rules, ["spec"]) }),
      ),
    remove: (id) => statementOf(build.delete(rules).where(eq(rules.id, id))),
  };
}

/** What a rule says, without its id. */
export function specOf({ id: _, createdMs: __, ...spec }: Rule): RuleSpec {
  return spec;
}
