import type { Database, SqlStatement } from "../db/client.ts";
import { asc, build, createOrm, eq, excluded, statementOf } from "../db/orm.ts";
import { commandRules } from "../db/schema/devices.ts";
import { commandRuleShape, type Rule } from "./rule.ts";

export interface RuleStore {
  /** Oldest first. Rules of another version that no longer fit are named apart. */
  all(): Promise<{ rules: Rule[]; unreadable: string[] }>;
  put(rule: Rule): SqlStatement;
  remove(id: string): SqlStatement;
  ofTarget(targetId: string): SqlStatement;
}

export function createRuleStore(db: Pick<Database, "query">): RuleStore {
  const orm = createOrm(db);
  return {
    async all() {
      const rows = await orm.select().from(commandRules)
        .orderBy(asc(commandRules.createdMs), asc(commandRules.id));
      const rules: Rule[] = [];
      const unreadable: string[] = [];
      for (const { id, name, rule, targetId, enabled, firedMs, createdMs } of rows) {
        const { spent = true, ...said } = rule as { spent?: boolean };
        const read = commandRuleShape.safeParse({ ...said, name, target: targetId, enabled });
        if (read.success) rules.push({ id, spec: read.data, spent, firedMs, createdMs });
        else unreadable.push(id);
      }
      return { rules, unreadable };
    },
    put({ id, spec, spent, firedMs, createdMs }) {
      const { name, target, enabled, ...said } = spec;
      const row = { id, name, rule: { ...said, spent }, targetId: target, enabled };
      return statementOf(
        build.insert(commandRules).values({ ...row, firedMs, createdMs }).onConflictDoUpdate({
          target: commandRules.id,
          set: excluded(commandRules, ["name", "rule", "targetId", "enabled", "firedMs"]),
        }),
      );
    },
    remove: (id) => statementOf(build.delete(commandRules).where(eq(commandRules.id, id))),
    ofTarget: (id) => statementOf(build.delete(commandRules).where(eq(commandRules.targetId, id))),
  };
}
