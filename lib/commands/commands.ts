/** Orders to devices, by people and by rules: what routes and tasks use. */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { createWake } from "../base/wake.ts";
import type { Database } from "../db/client.ts";
import type { PageOf } from "../db/list.ts";
import type { EventLog } from "../events/events_store.ts";
import type { CommittedGroup } from "../intake/committed.ts";
import type { MachineDirectory, Sensor, SensorDirectory } from "../machines/sensor.ts";
import type { ReadingsStore } from "../readings/store.ts";
import type { AnnouncedTargets, OrderMessage } from "./announced.ts";
import { circleOf, holdsAfter } from "./circle.ts";
import { type Command, type CommandView, RULE_ACTOR } from "./command.ts";
import { type CommandQuery, createCommandStore } from "./command_store.ts";
import { type Condition, conditionText } from "./condition.ts";
import { createConfirming } from "./confirm.ts";
import { type DryRun, dryRun } from "./dry_run.ts";
import { whyNot } from "./interlock.ts";
import { mqttMessage } from "./mqtt_way.ts";
import { createOrders, type OrderBy, type Step } from "./orders.ts";
import { createRate } from "./rate.ts";
import type { Rule, RuleSpec, RuleView } from "./rule.ts";
import { createRuleWatch, type RuleWatchDeps } from "./rule_watch.ts";
import { createRules, type Rules } from "./rules.ts";
import { OWN_WAY, type Target, type TargetView } from "./target.ts";
import { targetView } from "./target_view.ts";
import { createTargets, type Targets } from "./targets.ts";

export interface Commands {
  targets: Targets;
  rules: Rules;
  /** Reads what is stored; what an earlier run sent becomes `unconfirmed`. */
  load(): Promise<void>;
  /** @throws as `Orders.give` */
  order(targetId: string, value: unknown, by: OrderBy): Promise<CommandView>;
  /** The one by which a sensor is set. @throws `not_found` */
  ofSensor(sensor: Sensor): Target;
  list(query: CommandQuery): Promise<PageOf<CommandView>>;
  /** @throws `not_found` */
  find(id: string): Promise<CommandView>;
  /** What became of the last order of a target, since the start; null: there was none. */
  latest(targetId: string): Step | null;
  /** Resolves when it is no longer waited for, or after a while. */
  ended(id: string, mostMs: number): Promise<void>;
  /** @param wholly with what only those see who set it up */
  view(target: Target, wholly?: boolean): TargetView;
  ruleView(rule: Rule): RuleView;
  /** "door is off". */
  conditionText(condition: Condition): string;
  /** What to think about before it is used. */
  warnings(spec: RuleSpec): string[];
  dryRun(spec: RuleSpec, days: number): Promise<DryRun>;
  /** Committed readings. */
  seen(group: CommittedGroup): void;
  /** Called with each step of a command. */
  onChange(listener: (step: Step) => void): void;
  task: Task;
}

export interface CommandsDeps
  extends Pick<RuleWatchDeps, "zone" | "isSilent" | "clockDoubted" | "auditedBy"> {
  db: Database;
  clock: Clock;
  log: Log;
  events: Pick<EventLog, "statement">;
  sensors: SensorDirectory;
  machines: Pick<MachineDirectory, "find">;
  readings: Pick<ReadingsStore, "raw">;
  announced: AnnouncedTargets;
  /** Title of the maintenance window that a machine is in. */
  maintenanceOf(path: string): string | null;
  pathOfTopic(topic: string): string | null;
  publish(message: OrderMessage & { retain: false }, signal: AbortSignal): Promise<void>;
  /** Commands are kept for so long. */
  keepMs(): number;
  deletionMs(): number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const REMEMBERED = 20_000;
const PURGED = 5_000;

export function createCommands(deps: CommandsDeps): Commands {
  const { db, clock, log, sensors, machines, announced } = deps;
  const store = createCommandStore(db);
  const wake = createWake(clock);
  const listeners = new Set<(step: Step) => void>();
  const latest = new Map<string, Step>();
  const targets = createTargets(deps);
  const rate = createRate(() => clock.monotonic());
  const confirming = createConfirming({ clock, sensorOf: (num) => sensors.byNum(num) });
  const sensorOf = ({ sensorNum }: Target) =>
    sensorNum === null ? undefined : sensors.byNum(sensorNum);

  function why(target: Target): string | null {
    const { settings: { enabled, only_while }, machineId, entityUid } = target;
    const machine = machines.find(machineId);
    const other = only_while === null ? undefined : sensors.find(only_while.sensor);
    return whyNot({
      enabled,
      machineThere: machine !== undefined && machine.deletedMs === null,
      maintenance: machine === undefined ? null : deps.maintenanceOf(machine.path),
      unavailable: entityUid !== null && announced.find(entityUid)?.available !== true,
      onlyWhile: only_while,
      other,
      otherSilent: other !== undefined && deps.isSilent(other),
    });
  }

  const orders = createOrders({
    ...{ db, clock, log, store, confirming, rate, sensorOf },
    events: deps.events,
    whyNot: why,
    messageFor: ({ spec }, value) =>
      spec.way.dialect === OWN_WAY ? mqttMessage(spec, value) : announced.message(spec, value),
    publish: deps.publish,
    nameOf: ({ name, machineId }) => {
      const path = machines.find(machineId)?.path;
      return path === undefined ? name : `${name} of ${path}`;
    },
    placeOf: (target) => ({
      machine: machines.find(target.machineId)?.path ?? null,
      sensor: sensorOf(target)?.name ?? null,
    }),
    soon: wake.now,
    onChange(step) {
      // An order that ends late does not hide the one that followed.
      const known = latest.get(step.targetId);
      if (known === undefined || known.id === step.id || known.tMs <= step.tMs) {
        latest.set(step.targetId, step);
      }
      listeners.forEach((listener) => listener(step));
    },
  });
  const watch = createRuleWatch({ ...deps, rules: () => rules, targets, orders, soon: wake.now });
  const rules: Rules = createRules({ ...deps, targets, isTrueNow: watch.isTrueNow });
  rules.onChange(watch.changed);

  /** What the first rule orders can start the second. */
  function leads({ target, value }: RuleSpec, { when }: RuleSpec): boolean {
    const sensor = when === null ? undefined : sensors.find(when.sensor);
    return sensor !== undefined && targets.get(target)?.sensorNum === sensor.num &&
      holdsAfter(when!, sensor, value);
  }

  function warnings(spec: RuleSpec): string[] {
    const target = targets.get(spec.target);
    if (target === null) return ["What it commands is not there: it gives no order"];
    const others = rules.all().map((rule) => rule.spec)
      .filter(({ enabled, name }) => enabled && name !== spec.name);
    const circle = circleOf(spec, others, leads);
    return [
      ...(spec.when !== null && sensors.find(spec.when.sensor) === undefined
        ? ["The sensor of its condition is not there"]
        : []),
      ...(target.settings.dangerous
        ? ["What it commands is marked dangerous: rules do not command it"]
        : []),
      ...(circle === null
        ? []
        : circle.length === 1
        ? ["Its own order can start it again: at most one order in every_s seconds is given"]
        : [`Its order can start it again, by way of ${circle.slice(1).join(", ")}`]),
    ];
  }

  function commandView(command: Command): CommandView {
    const { id, targetId, value, actor, state, reason, tMs, doneMs } = command;
    const target = targets.get(targetId);
    const ruleId = actor.startsWith(RULE_ACTOR) ? actor.slice(RULE_ACTOR.length) : null;
    const rule = rules.all().find((one) => one.id === ruleId);
    return {
      ...{ id, target: targetId, value, state, reason, t_ms: tMs, done_ms: doneMs, rule: ruleId },
      target_name: target?.name ?? "no longer there",
      machine: target === null ? null : machines.find(target.machineId)?.path ?? null,
      by: ruleId === null
        ? actor.slice(actor.indexOf(":") + 1)
        : rule?.spec.name ?? "a deleted rule",
    };
  }

  function view(target: Target, wholly = false): TargetView {
    const machine = machines.find(target.machineId)?.path ?? null;
    return targetView(target, { machine, sensor: sensorOf(target), whyNot: why(target), wholly });
  }

  const task: Task = {
    name: "commands",
    async run(signal) {
      let purgedMs = -Infinity;
      while (!signal.aborted) {
        if (clock.monotonic() - purgedMs > HOUR_MS) {
          purgedMs = clock.monotonic();
          await db.write([store.purge(deps.deletionMs() - deps.keepMs(), PURGED)]);
        }
        const confirmMs = orders.look() - clock.monotonic();
        await wake.sleep(Math.min(confirmMs, watch.look(), HOUR_MS), signal);
      }
    },
  };

  return {
    targets,
    rules,
    async load() {
      await targets.load();
      await rules.load();
      await orders.afterStart();
      const nowMs = clock.now();
      for (const { targetId, tMs } of await store.timesSince(nowMs - HOUR_MS, REMEMBERED)) {
        rate.count(targetId, Math.max(0, nowMs - tMs));
      }
    },
    order: async (id, value, by) => commandView(await orders.give(targets.find(id), value, by)),
    ofSensor(sensor) {
      const [target] = targets.ofSensor(sensor.num);
      if (target !== undefined) return target;
      throw new PerchError(
        "not_found",
        `${sensor.name} cannot be commanded: nothing is set up for it`,
      );
    },
    async list(query) {
      const { items, next } = await store.list(query);
      return { items: items.map(commandView), next };
    },
    async find(id) {
      const command = await store.find(id);
      if (command !== null) return commandView(command);
      throw new PerchError("not_found", `there is no command "${id.slice(0, 80)}"`);
    },
    latest: (id) => latest.get(id) ?? null,
    async ended(id, mostMs) {
      const done = Promise.withResolvers<void>();
      const listener = (step: Step) =>
        void (step.id === id && step.state !== "sent" && done.resolve());
      listeners.add(listener);
      const stop = new AbortController();
      try {
        if ((await store.find(id))?.state !== "sent") return;
        await Promise.race([done.promise, clock.sleep(mostMs, stop.signal).catch(() => {})]);
      } finally {
        listeners.delete(listener);
        stop.abort();
      }
    },
    view,
    ruleView: ({ id, spec, firedMs, createdMs }) => ({
      ...{ ...spec, id, fired_ms: firedMs, created_ms: createdMs },
      limited: watch.isLimited(id),
      warnings: warnings(spec),
    }),
    conditionText: (condition) => conditionText(condition, sensors.find(condition.sensor)),
    warnings,
    dryRun(given, days) {
      const spec = rules.settled(given);
      const toMs = clock.now();
      const sensor = spec.when === null ? null : sensors.find(spec.when.sensor) ?? null;
      const range = { fromMs: toMs - days * DAY_MS, toMs, zone: deps.zone() };
      return dryRun(spec, range, sensor, deps.readings);
    },
    seen(group) {
      orders.seen(group);
      watch.seen(group);
    },
    onChange: (listener) => void listeners.add(listener),
    task,
  };
}
