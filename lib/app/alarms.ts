import { createAlarmStore } from "../alarms/alarm_store.ts";
import { type Alarms, createAlarms } from "../alarms/alarms.ts";
import type { AlarmOptions } from "../alarms/decide.ts";
import { type AlarmTransition, createKeeper, type Told } from "../alarms/keeper.ts";
import type { AlarmRecord, Condition } from "../alarms/record.ts";
import { signalOfFinding, signalOfOutlook, type SignalRules } from "../alarms/signal.ts";
import type { SystemFacts } from "../alarms/system_rules.ts";
import type { Places } from "../alarms/view.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { Predictions } from "../detect/predict/predictions.ts";
import type { PredictStore } from "../detect/predict/predict_store.ts";
import type { EventLog } from "../events/events_store.ts";
import { nameId } from "../base/ids.ts";
import type { Audited } from "../events/note.ts";
import type { Registry } from "../machines/registry.ts";
import { namesOf } from "../settings/setting.ts";
import type { Settings } from "../settings/settings.ts";
import { DAY_MS, MINUTE_MS } from "../words/times.ts";
import type { Detection } from "./detection.ts";

export interface AlarmParts {
  clock: Clock;
  /** What ages count from. */
  deletionMs: () => number;
  log: Log;
  db: Database;
  events: EventLog;
  settings: Settings;
  registry: Registry;
  detection: Pick<Detection, "findings" | "watches" | "learn">;
  outlooks: Pick<PredictStore, "outlooksAfter">;
  /** Keeps what a person said of a machine's prediction of that time. */
  sayingOutlook: Predictions["saying"];
  inMaintenance: (machine: string, nowMs: number) => boolean;
  facts: () => Promise<SystemFacts>;
  /** After COMMIT. */
  tell: (told: Told) => void;
  /** Statements of the same transaction. */
  alongside?: (transitions: readonly AlarmTransition[], note?: Audited) => Promise<SqlStatement[]>;
  /** Minutes after which an unacknowledged alarm goes to the next; none: the setting says. */
  escalationMinutes: (alarm: AlarmRecord) => readonly number[];
}

/** Which findings and predictions raise alarms, as the settings say at the moment. */
export function alarmRules(settings: Settings): SignalRules {
  return {
    detectors: new Set(namesOf(settings.get("alarms.raised_by"))),
    leastSeverity: settings.get("alarms.least_severity"),
  };
}

/** Puts the alarms together and reads what is open. */
export async function createAlarmParts(parts: AlarmParts): Promise<Alarms> {
  const { clock, log, registry, detection, settings, inMaintenance } = parts;
  const store = createAlarmStore(parts.db);
  const places: Places = {
    sensor: (num) => registry.byNum(num),
    machine: (path) => registry.machines.find(path),
  };
  const machineId = (path: string) => registry.machines.find(path)?.id ?? nameId(`machine ${path}`);
  const escalationMinutes = (alarm: AlarmRecord) => {
    const byRules = parts.escalationMinutes(alarm);
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
  const keeper = createKeeper({
    db: parts.db,
    store,
    events: parts.events,
    places,
    options,
    inMaintenance,
    alongside: parts.alongside ?? (() => Promise.resolve([])),
    tell: parts.tell,
  });
  await keeper.load(clock.now());

  function gone({ sensor: num, detector, source }: Condition, alarm: AlarmRecord): string | null {
    if (source === "prediction") {
      const machine = alarm.machine === null ? undefined : registry.machines.find(alarm.machine);
      return machine && machine.deletedMs === null ? null : "the machine was deleted";
    }
    if (num === null || detector === null) return null;
    const sensor = registry.byNum(num);
    if (sensor === undefined || sensor.deletedMs !== null) return "the sensor was deleted";
    if (detection.watches(num).has(detector)) return null;
    return detector === "threshold" || detector === "rate"
      ? "the limit was removed"
      : "nothing watches the sensor for it any more";
  }

  return createAlarms({
    clock,
    log,
    store,
    keeper,
    places,
    findings: detection.findings,
    outlooks: parts.outlooks,
    signalOf(found) {
      const sensor = registry.byNum(found.sensor);
      if (sensor === undefined || sensor.deletedMs !== null) return null;
      return signalOfFinding(found, sensor, machineId(sensor.machine), alarmRules(settings));
    },
    signalOfOutlook(outlook) {
      const rules = alarmRules(settings);
      if (!rules.detectors.has("prediction")) return null;
      const numOf = (sensor: string) => registry.find(sensor)?.num;
      return signalOfOutlook(outlook, machineId(outlook.machine), numOf, rules);
    },
    inMaintenance,
    gone,
    judging(found, verdict, name, alarm) {
      const by = { name, atMs: clock.now() };
      const said = alarm.conditions.filter(({ source }) => source === "prediction");
      return {
        statements: [
          ...found.map((one) => detection.findings.saying(one, verdict, by)),
          ...said.map(({ lastMs }) =>
            parts.sayingOutlook(alarm.machine ?? "", lastMs, verdict, by)
          ),
        ],
        done: () => detection.learn(found),
      };
    },
    facts: parts.facts,
    keepMs: () => settings.get("alarms.keep_days") * DAY_MS,
    deletionMs: parts.deletionMs,
  });
}
