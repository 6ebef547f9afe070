import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import { createTurns } from "../base/turns.ts";
import type { Database } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import type { Rule, RuleSpec } from "./rule.ts";
import { type Named, settledRule } from "./rule_scope.ts";
import { createRulesStore, specOf } from "./rules_store.ts";

/** The rules in force, in memory. Changes are made one at a time, written first, and only then take effect. */
export interface Rules {
  load(): Promise<void>;
  /** Oldest first. */
  all(): readonly Rule[];
  /** @throws `not_found` */
  find(id: string): Rule;
  /** @throws `validation` when it names what is not there, `conflict` when there are too many */
  add(spec: RuleSpec, audited: Audited): Promise<Rule>;
  /** @throws `not_found`, `validation` when it newly names what is not there */
  change(id: string, spec: RuleSpec, audited: Audited): Promise<Rule>;
  /** @throws `not_found` */
  remove(id: string, audited: Audited): Promise<Rule>;
}

const MOST_RULES = 100;

export function createRules(
  deps: { db: Database; clock: Clock; log: Log; named: () => Named },
): Rules {
  const { db, clock, log } = deps;
  const store = createRulesStore(db);
  const oneAtATime = createTurns();
  let rules: readonly Rule[] = [];

  function find(id: string): Rule {
    const rule = rules.find((one) => one.id === id);
    if (rule) return rule;
    throw new PerchError("not_found", `there is no rule "${id.slice(0, 80)}"`, {
      about: [`rule:${id}`],
    });
  }

  return {
    async load() {
      const read = await store.all();
      rules = read.rules;
      for (const id of read.unreadable) log.warn(`the stored rule ${id} is not used: unknown form`);
    },
    all: () => rules,
    find,
    add: (given, audited) =>
      oneAtATime(async () => {
        const spec = settledRule(given, null, deps.named());
        if (rules.length >= MOST_RULES) {
          throw new PerchError("conflict", `more than ${MOST_RULES} rules are not possible`);
        }
        const rule: Rule = { ...spec, id: randomId(12), createdMs: clock.now() };
        const change = audited({ action: "rule.create", resource: `rule:${rule.id}`, after: spec });
        await db.write([store.put(rule), change]);
        rules = [...rules, rule];
        return rule;
      }),
    change: (id, given, audited) =>
      oneAtATime(async () => {
        const before = find(id);
        const spec = settledRule(given, before, deps.named());
        const rule: Rule = { ...spec, id, createdMs: before.createdMs };
        await db.write([
          store.put(rule),
          audited({
            action: "rule.update",
            resource: `rule:${id}`,
            before: specOf(before),
            after: spec,
          }),
        ]);
        rules = rules.map((one) => one.id === id ? rule : one);
        return rule;
      }),
    remove: (id, audited) =>
      oneAtATime(async () => {
        const rule = find(id);
        await db.write([
          store.remove(id),
          audited({ action: "rule.delete", resource: `rule:${id}`, before: specOf(rule) }),
        ]);
        rules = rules.filter((one) => one.id !== id);
        return rule;
      }),
  };
}
