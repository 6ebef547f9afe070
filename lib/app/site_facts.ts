import type {
  AlarmFact,
  FaultFact,
  MachineFact,
  OutlookFact,
  SensorFact,
  SiteFacts,
} from "../ai/facts.ts";
import type { Alarm } from "../alarms/alarm.ts";
import type { Alarms } from "../alarms/alarms.ts";
import type { Clock } from "../base/clock.ts";
import type { FaultRow } from "../db/schema/faults.ts";
import type { Outlook } from "../detect/predict/shapes.ts";
import type { Predictions } from "../detect/predict/predictions.ts";
import { aboutType, isPrivate } from "../events/event.ts";
import type { EventLog } from "../events/events_store.ts";
import type { DayCounts } from "../events/day_counts_store.ts";
import type { Faults } from "../faults/faults.ts";
import type { HostView } from "../health/history/view.ts";
import type { Components } from "../live/components.ts";
import type { Statuses } from "../live/statuses.ts";
import { hostPath, plantSensors } from "../machines/host_machine.ts";
import type { MachineParts } from "./machines.ts";
import { type Sensor, shownValue } from "../machines/sensor.ts";
import { lastLevel, machineTitle, sensorTitle, title as titleOf } from "../words/names.ts";

export interface FactSources {
  clock: Clock;
  site: string;
  registry: MachineParts["registry"];
  statuses: Pick<Statuses, "sensor" | "condition" | "sinceOf">;
  alarms: Pick<Alarms, "open">;
  faults: Pick<Faults, "open">;
  predictions: Pick<Predictions, "current">;
  components: Pick<Components, "all">;
  hostView: Pick<HostView, "report">;
  events: Pick<EventLog, "countsSince" | "list">;
  counts: Pick<DayCounts, "load" | "today" | "of">;
  /** The site's. */
  zone: string;
}

/** An outlook older than this is out of date. */
const STALE_MS = 15 * 60_000;
const LATEST = 15;
/** What faults, alarms and the host say of themselves. */
const SAID_ELSEWHERE = new Set(["alarms", "faults", "tasks", "emergency"]);

/** What analyses and the chat are made from, as it is now. */
export async function gatherFacts(from: FactSources): Promise<SiteFacts> {
  const { clock, registry, statuses, counts, events } = from;
  const nowMs = clock.now();
  const host = hostPath(registry.machines);
  const machines = registry.machines.all().filter(({ path }) => path !== host);
  const titles = new Map(machines.map((machine) => [machine.path, machineTitle(machine)]));
  const outlooks = from.predictions.current().filter(({ tMs }) => nowMs - tMs < STALE_MS);
  const usual = new Map(
    outlooks.flatMap(({ sensors }) => sensors.map((share) => [share.name, share] as const)),
  );
  const sensors = plantSensors(registry, registry.machines).all().map((sensor): SensorFact => ({
    ...sensorFact(sensor, statuses, usual),
    machineTitle: titles.get(sensor.machine) ??
      machineTitle({ name: null, path: sensor.machine }),
  }));
  await counts.load();
  const { fromMs } = counts.today();
  const [ofToday, latest, report] = await Promise.all([
    events.countsSince(fromMs),
    events.list({ severities: ["warning", "critical"], fromMs, hidden: ["access"], limit: LATEST }),
    from.hostView.report(),
  ]);
  const open = from.faults.open();
  const saidElsewhere = new Set([...SAID_ELSEWHERE, ...open.map(({ component }) => component)]);
  return {
    nowMs,
    zone: from.zone,
    site: from.site,
    machines: machines.map((machine): MachineFact => {
      const { status, sinceMs } = statuses.condition(machine.path);
      return { path: machine.path, title: titles.get(machine.path)!, status, sinceMs };
    }),
    sensors,
    alarms: from.alarms.open().map((alarm) => alarmFact(alarm, nowMs)),
    faults: open.map(faultFact),
    outlooks: outlooks.filter(({ machine }) => titles.has(machine))
      .map((outlook) => outlookFact(outlook, titles.get(outlook.machine)!, sensors)),
    parts: from.components.all().flatMap(({ name, health, detail, reported }) =>
      (health === "degraded" || health === "error") && !saidElsewhere.has(name)
        ? [{ name, health, detail, reported: reported !== undefined }]
        : []
    ),
    host: report.status === "unknown"
      ? null
      : { status: report.status, sentence: report.sentence, problems: report.problems },
    today: {
      fromMs,
      readings: counts.of("readings"),
      alarms: ofToday.get("alarm.raised") ?? 0,
      events: [...ofToday].filter(([type]) => !isPrivate(type))
        .map(([type, n]) => ({ type, about: aboutType(type as never), n }))
        .sort((a, b) => b.n - a.n),
      latest: latest.items.map(({ tMs, severity, text }) => ({ tMs, severity, text })),
    },
  };
}

function sensorFact(
  sensor: Sensor,
  statuses: FactSources["statuses"],
  usual: ReadonlyMap<string, { low: number; high: number }>,
): Omit<SensorFact, "machineTitle"> {
  const { id, name, machine, unit, kind, last, settings } = sensor;
  const range = usual.get(name);
  const isRange = range !== undefined && Number.isFinite(range.low) && Number.isFinite(range.high);
  return {
    id,
    name,
    title: sensorTitle(sensor),
    machine,
    unit,
    decimals: settings.decimals,
    value: last === null
      ? null
      : kind === "binary"
      ? last.value === 0 ? "off" : "on"
      : shownValue(sensor, last.value),
    tMs: last?.tMs ?? null,
    status: statuses.sensor(sensor),
    sinceMs: statuses.sinceOf(sensor),
    usual: isRange && kind === "number" ? { low: range.low, high: range.high } : null,
    limits: {
      warningLow: settings.warning_low,
      warningHigh: settings.warning_high,
      criticalLow: settings.critical_low,
      criticalHigh: settings.critical_high,
    },
  };
}

function alarmFact(alarm: Alarm, nowMs: number): AlarmFact {
  const { id, severity, title, machine, machine_name, sensor, source, raised_ms, count } = alarm;
  const { state, shelved_until_ms: shelved } = alarm;
  return {
    id,
    severity,
    title,
    machine,
    machineTitle: machine === null ? null : machineTitle({ name: machine_name, path: machine }),
    sensor,
    source,
    sinceMs: raised_ms,
    count,
    waits: state === "active" && (shelved === null || shelved <= nowMs),
  };
}

function faultFact(
  { id, severity, component, message, file, line, n, firstMs }: FaultRow,
): FaultFact {
  const place = file === null ? null : line === null ? file : `${file}:${line}`;
  return { id, severity, component, message, place, n, sinceMs: firstMs };
}

function outlookFact(
  { machine, class: kind, summary, action, life }: Outlook,
  machineTitle: string,
  sensors: readonly SensorFact[],
): OutlookFact {
  const ofMachine = sensors.filter((sensor) => sensor.machine === machine);
  // What is said of them names them by their paths.
  const words = (text: string) =>
    ofMachine.reduce((said, { name, title }) => said.replaceAll(name, title), text);
  const limited = life.known && !("machines" in life) ? life : null;
  const about = sensors.find(({ name }) => name === limited?.sensor);
  return {
    machine,
    machineTitle,
    class: kind,
    summary: words(summary),
    action: words(action),
    life: limited && {
      sensorTitle: about?.title ?? titleOf(lastLevel(limited.sensor)),
      unit: about?.unit ?? null,
      limit: limited.limit,
      remainingMs: limited.remainingMs,
      lowMs: limited.lowMs,
      highMs: limited.highMs,
    },
  };
}
