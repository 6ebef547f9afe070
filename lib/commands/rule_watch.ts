/** Looks at the rules, when readings come and when time passes, and gives their orders. */
import type { Clock } from "../base/clock.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Database } from "../db/client.ts";
import type { AuditChange, Audited } from "../events/audit_change.ts";
import type { EventLog } from "../events/events_store.ts";
import type { CommittedGroup } from "../intake/committed.ts";
import type { Sensor, SensorDirectory } from "../machines/sensor.ts";
import { isPast } from "../readings/reading.ts";
import { RULE_ACTOR } from "./command.ts";
import { holds } from "./condition.ts";
import { type Decided, decideRule, FRESH, type RuleState } from "./decide.ts";
import type { Orders } from "./orders.ts";
import type { Rule, RuleSpec } from "./rule.ts";
import type { Rules } from "./rules.ts";
import type { Targets } from "./targets.ts";

export interface RuleWatch {
  /** Committed readings. */
  seen(group: CommittedGroup): void;
  /** Looks at all of them. Gives when to look again, in ms. */
  look(): number;
  /** Whether all that a rule says is so now, however long it has been. */
  isTrueNow(spec: RuleSpec): boolean;
  /** A rule was added, changed or removed. */
  changed(id: string): void;
  isLimited(id: string): boolean;
}

export interface RuleWatchDeps {
  db: Database;
  clock: Clock;
  log: Log;
  /** The site's time zone. */
  zone: () => string;
  rules: () => Rules;
  targets: Targets;
  orders: Orders;
  sensors: SensorDirectory;
  events: Pick<EventLog, "statement">;
  /** It has been silent for too long. */
  isSilent(sensor: Sensor): boolean;
  /** The host's clock cannot be right. */
  clockDoubted(): boolean;
  auditedBy(rule: Rule): Audited;
  /** Something changes by itself sooner than was thought. */
  soon(): void;
}

/** A reading that is older than this when it comes orders nothing. */
const LATE_MS = 10 * 60_000;
/** Time may jump, and sensors fall silent, without a sign. */
const LOOK_MOST_MS = 60_000;
/** A rule that is held back by its rate is reported so often at most. */
const REPORT_MS = 3_600_000;

export function createRuleWatch(deps: RuleWatchDeps): RuleWatch {
  const { clock, log, sensors } = deps;
  const states = new Map<string, RuleState>();
  const reportedMs = new Map<string, number>();
  /** Rules by the sensor that they listen to; worked out anew after a change. */
  let listening: Map<number, Rule[]> | null = null;
  /** The time of the newest reading that was looked at, by sensor. */
  const newestMs = new Map<number, number>();

  const stateOf = (rule: Rule): RuleState =>
    states.get(rule.id) ?? { ...FRESH, spent: rule.spent, firedMs: rule.firedMs };

  function rulesBySensor(): Map<number, Rule[]> {
    if (listening !== null) return listening;
    listening = new Map();
    for (const rule of deps.rules().all()) {
      const num = rule.spec.when === null ? undefined : sensors.find(rule.spec.when.sensor)?.num;
      if (!rule.spec.enabled || num === undefined) continue;
      listening.set(num, [...listening.get(num) ?? [], rule]);
    }
    return listening;
  }

  /** Whether the condition holds at what its sensor shows now; null: nobody knows. */
  function holdsNow({ when }: RuleSpec, before: boolean): boolean | null {
    if (when === null) return true;
    const sensor = sensors.find(when.sensor);
    if (sensor === undefined || sensor.last === null || deps.isSilent(sensor)) return null;
    return holds(when, sensor, sensor.last.value, before);
  }

  const lookNow = (holds: boolean | null) => ({
    nowMs: clock.now(),
    monoMs: clock.monotonic(),
    zone: deps.zone(),
    clockDoubted: deps.clockDoubted(),
    holds,
  });

  function step(rule: Rule, holds: boolean | null): Decided {
    const before = stateOf(rule);
    const decided = decideRule(rule.spec, before, lookNow(holds));
    states.set(rule.id, decided.state);
    if (decided.fire) void fire(rule, decided.state);
    else if (before.spent && !decided.state.spent) void keep(rule, decided.state);
    if (decided.newlyLimited) void report(rule);
    return decided;
  }

  async function keep(rule: Rule, { spent, firedMs }: RuleState): Promise<boolean> {
    try {
      const statement = deps.rules().keep(rule.id, { spent, firedMs });
      if (statement !== null) await deps.db.write([statement]);
      return statement !== null;
    } catch (error) {
      log.warn(`what the rule ${rule.spec.name} did is not written`, { error });
      return false;
    }
  }

  /** First it is kept that it fired: what is not on disk is not ordered, and nothing is ordered twice. */
  async function fire(rule: Rule, state: RuleState): Promise<void> {
    const { id, spec: { name, target: targetId, value } } = rule;
    if (!await keep(rule, state)) return;
    const target = deps.targets.get(targetId);
    const by = {
      ...{ actor: `${RULE_ACTOR}${id}`, name: `the rule ${name}`, confirmed: false },
      audited: (change: AuditChange) => deps.auditedBy(rule)(change),
    };
    try {
      if (target === null) throw new PerchError("not_found", "what it commands is not there");
      await deps.orders.give(target, value, by);
    } catch (error) {
      // An interlock and a broker that is away are written with the command.
      const isWritten = error instanceof PerchError &&
        (error.code === "unavailable" || (error.code === "conflict" && error.errors.length === 0));
      if (!isWritten) await tell(rule, `The rule ${name} gave no order: ${messageOf(error)}`);
    }
  }

  async function report(rule: Rule): Promise<void> {
    const last = reportedMs.get(rule.id);
    if (last !== undefined && clock.monotonic() - last < REPORT_MS) return;
    reportedMs.set(rule.id, clock.monotonic());
    const { name, every_s, once_per } = rule.spec;
    const may = once_per === null
      ? `once in ${every_s} s`
      : `once in ${every_s} s and per ${once_per}`;
    await tell(
      rule,
      `The rule ${name} wants to give its order more often than ${may}: it is held back`,
    );
  }

  async function tell(rule: Rule, text: string): Promise<void> {
    const event = deps.events.statement({
      ...{ type: "command.rule_held", subject: `command_rule:${rule.id}`, severity: "warning" },
      ...{ tMs: clock.now(), text, actor: null, body: null, route: true },
    });
    await deps.db.write([event]).catch((error) => log.warn(text, { error }));
  }

  return {
    seen(group) {
      const bySensor = rulesBySensor();
      if (bySensor.size === 0) return;
      const nowMs = clock.now();
      let isSooner = false;
      for (let i = 0; i < group.n; i++) {
        const rules = bySensor.get(group.sensor[i]);
        if (rules === undefined || isPast(group.flags[i])) continue;
        const num = group.sensor[i], tMs = group.tMs[i];
        if (tMs < nowMs - LATE_MS || tMs < (newestMs.get(num) ?? 0)) continue;
        newestMs.set(num, tMs);
        const sensor = sensors.byNum(num);
        if (sensor === undefined) continue;
        for (const rule of rules) {
          const before = states.get(rule.id);
          const held = holds(rule.spec.when!, sensor, group.value[i], stateOf(rule).held);
          if (before !== undefined && isNoNews(before, held)) continue;
          isSooner = step(rule, held).againMs !== null || isSooner;
        }
      }
      if (isSooner) deps.soon();
    },
    look() {
      const nowMs = clock.now();
      let soonestMs = Infinity;
      for (const rule of deps.rules().all()) {
        if (!rule.spec.enabled) continue;
        const { againMs } = step(rule, holdsNow(rule.spec, stateOf(rule).held));
        soonestMs = Math.min(
          soonestMs,
          LOOK_MOST_MS,
          againMs === null ? Infinity : againMs - nowMs,
        );
      }
      return Math.max(0, soonestMs);
    },
    isTrueNow(spec) {
      const state = decideRule({ ...spec, for_s: 0 }, FRESH, lookNow(holdsNow(spec, false))).state;
      return state.spent || state.limited;
    },
    changed(id) {
      listening = null;
      states.delete(id);
      reportedMs.delete(id);
      newestMs.clear();
      deps.soon();
    },
    isLimited: (id) => states.get(id)?.limited ?? false,
  };
}

/** It was so at the last look, too; what time alone changes is looked at when it is due. */
function isNoNews(before: RuleState, held: boolean): boolean {
  return before.held === held && (held ? before.sinceMs !== null : !before.spent);
}
