import { createAlarmStore } from "../alarms/alarm_store.ts";
import { type Alarms, createAlarms } from "../alarms/alarms.ts";
import type { AlarmOptions } from "../alarms/decision.ts";
import { type Committed, createKeeper } from "../alarms/keeper.ts";
import type { AlarmRecord, Condition } from "../alarms/record.ts";
import { observationOfFinding, observationOfOutlook } from "../alarms/observation.ts";
import type { SystemFacts } from "../alarms/system_facts.ts";
import type { Places } from "../alarms/view.ts";
import { nameId } from "../base/ids.ts";
import { machineMeant } from "../machines/places.ts";
import type { StreamHub } from "../live/stream.ts";
import type { Notify } from "../notify/notify.ts";
import type { AlarmTickets } from "../tickets/alarm_tickets.ts";
import type { OpenAlarms } from "../words/alarms.ts";
import { isCustomDetector } from "../words/detectors.ts";
import { DAY_MS, MINUTE_MS } from "../words/times.ts";
import type { CustomDetection } from "./custom_detectors.ts";
import type { DetectionParts } from "./detection.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";
import { alarmRules } from "./settings.ts";
import { pastSiteAlarms } from "./upstream.ts";

export interface AlarmNeeds {
  machines: Pick<MachineParts, "registry" | "windowOf">;
  detection: DetectionParts;
  custom: Pick<CustomDetection, "watches">;
  live: { hub: Pick<StreamHub, "publish"> };
  notify: Pick<Notify, "escalationMinutes" | "wake">;
  /** Gives the statements of tickets that go into the transaction of the alarms. */
  fromAlarms: Pick<AlarmTickets, "alongside">;
  facts: () => Promise<SystemFacts>;
}

/** Puts the alarms together, reads what is open, and publishes to the live stream and the notifications. */
export async function createAlarmParts(
  { clock, log, storage, events, settings, bus }: Foundation,
  needs: AlarmNeeds,
): Promise<Alarms> {
  const { machines: { registry, windowOf }, detection: { detection, predictions }, notify } = needs;
  const store = createAlarmStore(storage.db);
  const places: Places = {
    sensor: (num) => registry.byNum(num),
    machine: (path) => registry.machines.find(path),
  };
  const machineId = (path: string) => registry.machines.find(path)?.id ?? nameId(`machine ${path}`);
  const escalationMinutes = (alarm: AlarmRecord) => {
    const byRules = notify.escalationMinutes(alarm);
    const minutes = settings.get("alarms.escalate_minutes");
    return byRules.length > 0 || minutes === 0 ? byRules : [minutes];
  };
  const options = (): AlarmOptions => ({
    repeatMs: settings.get("alarms.repeat_minutes") * MINUTE_MS,
    flapTimes: settings.get("alarms.flapping_times"),
    resolveWhenClear: settings.get("alarms.resolve_when_clear"),
    quietMs: settings.get("alarms.quiet_minutes") * MINUTE_MS,
    escalationMinutes,
  });
  const inMaintenance = (machine: string, nowMs: number) => windowOf(machine, nowMs) !== null;
  const keeper = createKeeper({
    db: storage.db,
    store,
    events,
    places,
    options,
    inMaintenance,
    alongside: (transitions, audited) => needs.fromAlarms.alongside(transitions, audited),
    onCommit: (committed) => bus.publish("alarms", committed),
  });
  await keeper.load(clock.now());

  function gone({ sensor: num, detector, source }: Condition, alarm: AlarmRecord): string | null {
    if (source === "prediction" || source === "person") {
      const machine = alarm.machine === null ? undefined : registry.machines.find(alarm.machine);
      return machine && machine.deletedMs === null ? null : "the machine was deleted";
    }
    if (num === null || detector === null) return null;
    const sensor = registry.byNum(num);
    if (sensor === undefined || sensor.deletedMs !== null) return "the sensor was deleted";
    const watches = isCustomDetector(detector)
      ? needs.custom.watches(num, detector)
      : detection.watches(num).has(detector);
    if (watches) return null;
    return detector === "threshold" || detector === "rate"
      ? "the limit was removed"
      : "nothing watches the sensor for it any more";
  }

  const alarms = createAlarms({
    clock,
    log: log.child("alarms"),
    store,
    keeper,
    places,
    machineMeant: (text) => machineMeant(text, registry.machines.all(), "machine"),
    findings: detection.findings,
    outlooks: predictions.store,
    pasts: pastSiteAlarms(storage.db),
    observationOf(found) {
      const sensor = registry.byNum(found.sensor);
      if (sensor === undefined || sensor.deletedMs !== null) return null;
      return observationOfFinding(found, sensor, machineId(sensor.machine), alarmRules(settings));
    },
    observationOfOutlook(outlook) {
      const rules = alarmRules(settings);
      if (!rules.detectors.has("prediction")) return null;
      const numOf = (sensor: string) => registry.find(sensor)?.num;
      return observationOfOutlook(outlook, machineId(outlook.machine), numOf, rules);
    },
    inMaintenance,
    gone,
    judging(found, verdict, name, alarm) {
      const by = { name, atMs: clock.now() };
      const predicted = alarm.conditions.filter(({ source }) => source === "prediction");
      return {
        statements: [
          ...found.map((one) => detection.findings.verdictStatement(one, verdict, by)),
          ...predicted.map(({ lastMs }) =>
            predictions.verdictStatement(alarm.machine ?? "", lastMs, verdict, by)
          ),
        ],
        done: () => detection.learn(found),
      };
    },
    facts: needs.facts,
    keepMs: () => settings.get("alarms.keep_days") * DAY_MS,
    deletionMs: clock.deletionMs,
  });
  bus.subscribe("sensor.changed", (sensor) => alarms.recheck(sensor.num));
  bus.subscribe("findings", () => alarms.wake());
  bus.subscribe("predictions", () => alarms.wake());
  bus.subscribe("events", (news) => {
    if (news.some(({ type }) => type.startsWith("probe."))) alarms.judgeSoon();
  });
  bus.subscribe(
    "alarms",
    (committed) => publishAlarms(needs.live.hub, committed, alarms.counts()),
  );
  bus.subscribe("alarms", () => notify.wake());
  return alarms;
}

/** Alarms on the live stream; what only counted up is `updated`. */
function publishAlarms(
  hub: Pick<StreamHub, "publish">,
  { transitions, updated }: Committed,
  open: OpenAlarms,
): void {
  const counts = { waiting: open.waiting, open };
  for (const { type, alarm, tMs, actor, note } of transitions) {
    hub.publish("alarm", { transition: type, ts: tMs, actor, note, alarm, ...counts });
  }
  for (const alarm of updated) {
    const step = { ts: alarm.last_ms, actor: null, note: null };
    hub.publish("alarm", { transition: "updated", ...step, alarm, ...counts });
  }
}
