/** The rules in memory. Changes are made one at a time, written first, and only then take effect. */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { randomId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import { createTurns } from "../base/turns.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import type { SensorDirectory } from "../machines/sensor.ts";
import { settledCondition } from "./condition.ts";
import type { Rule, RuleSpec } from "./rule.ts";
import { createRuleStore } from "./rule_store.ts";
import type { Target } from "./target.ts";
import type { Targets } from "./targets.ts";
import { orderValue } from "./value.ts";

export interface Rules {
  load(): Promise<void>;
  /** Oldest first. */
  all(): readonly Rule[];
  /** @throws `not_found` */
  find(id: string): Rule;
  /** @throws `validation`, `conflict` */
  add(spec: RuleSpec, audited: Audited): Promise<Rule>;
  /** @throws `not_found`, `validation`, `conflict` */
  change(id: string, spec: RuleSpec, audited: Audited): Promise<Rule>;
  /** @throws `not_found` */
  remove(id: string, audited: Audited): Promise<void>;
  /** The same rule as it is to be: named by ids, checked. @throws `validation` */
  settled(spec: RuleSpec): RuleSpec;
  /** It fired, or may fire again: kept over a restart. */
  keep(id: string, state: Pick<Rule, "spent" | "firedMs">): SqlStatement | null;
  onChange(listener: (id: string) => void): void;
}

const MOST_RULES = 100;

export function createRules(
  deps: {
    db: Database;
    clock: Clock;
    log: Log;
    targets: Pick<Targets, "get" | "ofSensor">;
    sensors: SensorDirectory;
    /** Whether all that it says is so at this moment: it waits until that is over. */
    isTrueNow(spec: RuleSpec): boolean;
  },
): Rules {
  const { db, clock, log, targets, sensors } = deps;
  const store = createRuleStore(db);
  const oneAtATime = createTurns();
  const listeners: ((id: string) => void)[] = [];
  let rules: readonly Rule[] = [];

  function find(id: string): Rule {
    const rule = rules.find((one) => one.id === id);
    if (rule !== undefined) return rule;
    throw new PerchError("not_found", `there is no command rule "${id.slice(0, 80)}"`, {
      about: [`command_rule:${id}`],
    });
  }

  function settled(spec: RuleSpec): RuleSpec {
    const target = targetOf(spec.target);
    if (target.settings.dangerous) {
      throw wrong("target", "it is marked dangerous: only people command it, and confirm that");
    }
    if (spec.when === null && spec.hours === null) {
      throw wrong("when", "say when: a condition, hours, or both");
    }
    if (spec.when === null && spec.for_s > 0) {
      throw wrong("for_s", "only a condition can hold for a time");
    }
    const value = orderValue(target.spec, target.settings, spec.value);
    const when = spec.when === null
      ? null
      : settledCondition(spec.when, sensors.find(spec.when.sensor), "when");
    return { ...spec, value, when, target: target.id };
  }

  /** By its id, or by the sensor that shows its state. */
  function targetOf(named: string): Target {
    const sensor = sensors.find(named);
    const found = targets.get(named) ??
      (sensor === undefined ? undefined : targets.ofSensor(sensor.num)[0]);
    if (found !== undefined) return found;
    throw wrong("target", `there is nothing to command by the name "${named.slice(0, 200)}"`);
  }

  function checkName(name: string, self: string | null): void {
    const taken = rules.find(({ id, spec }) => spec.name === name && id !== self);
    if (taken === undefined) return;
    const message = `there is a rule "${name}" already`;
    const about = [`command_rule:${taken.id}`];
    throw new PerchError("conflict", message, { errors: [{ path: "name", message }], about });
  }

  async function put(rule: Rule, audited: Audited, before: Rule | null): Promise<Rule> {
    await db.write([
      store.put(rule),
      audited({
        action: before === null ? "command_rule.create" : "command_rule.update",
        resource: `command_rule:${rule.id}`,
        ...(before === null ? {} : { before: before.spec }),
        after: rule.spec,
      }),
    ]);
    rules = before === null
      ? [...rules, rule]
      : rules.map((one) => one.id === rule.id ? rule : one);
    listeners.forEach((listener) => listener(rule.id));
    return rule;
  }

  return {
    async load() {
      const read = await store.all();
      rules = read.rules;
      for (const id of read.unreadable) {
        log.warn(`the stored command rule ${id} is not used: unknown form`);
      }
    },
    all: () => rules,
    find,
    settled,
    add: (given, audited) =>
      oneAtATime(async () => {
        if (rules.length >= MOST_RULES) {
          throw new PerchError("conflict", `more than ${MOST_RULES} rules are not possible`);
        }
        checkName(given.name, null);
        const spec = settled(given);
        const fresh = { id: randomId(12), firedMs: null, createdMs: clock.now() };
        return await put({ ...fresh, spec, spent: deps.isTrueNow(spec) }, audited, null);
      }),
    change: (id, given, audited) =>
      oneAtATime(async () => {
        const before = find(id);
        checkName(given.name, id);
        const spec = settled(given);
        return await put({ ...before, spec, spent: deps.isTrueNow(spec) }, audited, before);
      }),
    remove: (id, audited) =>
      oneAtATime(async () => {
        const rule = find(id);
        const resource = `command_rule:${id}`;
        await db.write([
          store.remove(id),
          audited({ action: "command_rule.delete", resource, before: rule.spec }),
        ]);
        rules = rules.filter((one) => one.id !== id);
        listeners.forEach((listener) => listener(id));
      }),
    keep(id, state) {
      const rule = rules.find((one) => one.id === id);
      if (rule === undefined) return null;
      Object.assign(rule, state);
      return store.put(rule);
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

function wrong(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
