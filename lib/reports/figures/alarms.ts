/** The section about alarms. */
import type { Alarm } from "../../alarms/alarm.ts";
import type { ReportChart, ReportSection, ReportTable } from "../document.ts";
import { SEVERITIES, type Severity } from "../../words/severity.ts";
import { title } from "../../words/names.ts";
import { grouped, number } from "../../words/numbers.ts";
import { DAY_MS } from "../../words/times.ts";
import { type AlarmFacts, endOfAlarm, meanMs } from "./alarm_facts.ts";
import { slotsOf } from "./days.ts";
import { notesOf } from "./notes.ts";
import type { Scope } from "./scope.ts";
import { lengthText, plural, sensorName, share } from "./text.ts";

const MACHINES_MOST = 1_000;
const WORST_FIRST: readonly Severity[] = SEVERITIES.toReversed();

export function alarmSection(facts: AlarmFacts, scope: Scope): ReportSection {
  const section: ReportSection = {
    title: "Alarm history",
    paragraphs: [],
    figures: [],
    charts: [],
    tables: [],
    notes: notesOf("alarms", "mtta", "rate", "range"),
  };
  if (facts.total === 0) {
    section.paragraphs.push("No alarm was raised in this time.");
    return section;
  }
  const { critical, warning, info } = facts.bySeverity;
  section.paragraphs.push(
    `${plural(facts.total, "alarm")} ${facts.total === 1 ? "was" : "were"} raised: ` +
      `${grouped(critical)} critical, ${plural(warning, "warning")}, ${grouped(info)} info.`,
  );
  section.figures = figuresOf(facts, scope);
  section.charts.push(perDay(facts, scope));
  section.tables.push(
    ofMachines(facts, scope),
    {
      title: "Most frequent",
      columns: [
        { title: "Alarm", kind: "text" },
        { title: "Machine", kind: "text" },
        { title: "Times", kind: "number", decimals: 0 },
      ],
      rows: facts.frequent.map(({ title, machine, n }) => [title, scope.nameOf(machine), n]),
    },
    ...facts.longest.length === 0 ? [] : [longest(facts, scope)],
    list(facts, scope),
  );
  return section;
}

function figuresOf(facts: AlarmFacts, { fromMs, toMs }: Scope): ReportSection["figures"] {
  const perDayMean = facts.heard / ((toMs - fromMs) / DAY_MS);
  const ackMs = meanMs(facts.acknowledged);
  const { n, waiting } = facts.acknowledged;
  return [
    { label: "Alarms", text: grouped(facts.total), note: "alarms" },
    { label: "Critical", text: grouped(facts.bySeverity.critical) },
    { label: "Alarms a day", text: number(perDayMean), note: "rate" },
    { label: "Most within ten minutes", text: grouped(facts.flood), note: "rate" },
    {
      label: "MTTA",
      text: ackMs === null ? "none acknowledged" : lengthText(ackMs),
      note: "mtta",
    },
    {
      label: "Acknowledged",
      text: waiting === 0
        ? "nothing to acknowledge"
        : `${grouped(n)} of ${grouped(waiting)} (${share(n / waiting)})`,
      note: "mtta",
    },
  ];
}

function perDay(facts: AlarmFacts, scope: Scope): ReportChart {
  const { unit, slots } = slotsOf(scope, scope.zone);
  const oldestFirst = facts.heardMs.toReversed();
  let at = 0;
  const bars = slots.map(({ name, toMs }) => {
    let n = 0;
    while (at < oldestFirst.length && oldestFirst[at] < toMs) at++, n++;
    return { label: name, value: n, text: grouped(n) };
  });
  const most = bars.reduce((a, b) => b.value > a.value ? b : a, bars[0]);
  return {
    title: `Alarms per ${unit}`,
    alt: most.value === 0
      ? "No warning and no critical alarm outside maintenance."
      : `Warnings and critical alarms per ${unit}; most on ${most.label}: ${most.text}.`,
    unit: null,
    fromMs: scope.fromMs,
    toMs: scope.toMs,
    lines: [],
    limits: [],
    bands: [],
    bars,
  };
}

function ofMachines(facts: AlarmFacts, scope: Scope): ReportTable {
  const sum = (of: Record<Severity, number>) => SEVERITIES.reduce((all, one) => all + of[one], 0);
  const rows = [...facts.byMachine].map(([machine, { severities, acknowledged }]) => ({
    name: scope.nameOf(machine),
    path: machine ?? "",
    n: sum(severities),
    severities,
    ackMs: meanMs(acknowledged),
  })).sort((a, b) => b.n - a.n || (a.path < b.path ? -1 : 1));
  return {
    title: rows.length > MACHINES_MOST
      ? `By machine: the first ${grouped(MACHINES_MOST)} of ${grouped(rows.length)}`
      : "By machine",
    columns: [
      { title: "Machine", kind: "text" },
      ...WORST_FIRST.map((severity) => ({
        title: title(severity),
        kind: "number" as const,
        decimals: 0,
      })),
      { title: "All", kind: "number", decimals: 0, note: "alarms" },
      { title: "MTTA", kind: "duration", note: "mtta" },
    ],
    rows: rows.slice(0, MACHINES_MOST).map(({ name, severities, n, ackMs }) => [
      name,
      ...WORST_FIRST.map((severity) => severities[severity]),
      n,
      ackMs,
    ]),
  };
}

function longest(facts: AlarmFacts, scope: Scope): ReportTable {
  return {
    title: "Longest",
    columns: [
      { title: "Alarm", kind: "text" },
      { title: "Machine", kind: "text" },
      { title: "Raised", kind: "time" },
      { title: "Duration", kind: "duration", note: "alarms" },
      { title: "Remark", kind: "text" },
    ],
    rows: facts.longest.map((alarm) => {
      const { endMs, open } = endOfAlarm(alarm, scope.toMs);
      return [
        alarm.title,
        scope.nameOf(alarm.machine),
        alarm.raised_ms,
        endMs - alarm.raised_ms,
        open ? "open at the end" : null,
      ];
    }),
  };
}

function list(facts: AlarmFacts, scope: Scope): ReportTable {
  const { listed, total } = facts;
  return {
    title: listed.length < total
      ? `Alarms: the newest ${grouped(listed.length)} of ${grouped(total)}`
      : "Alarms",
    columns: [
      { title: "Raised", kind: "time" },
      { title: "Over", kind: "time" },
      { title: "Duration", kind: "duration", note: "alarms" },
      { title: "Severity", kind: "text" },
      { title: "Machine", kind: "text" },
      { title: "Sensor", kind: "text" },
      { title: "Alarm", kind: "text" },
      { title: "Acknowledged by", kind: "text" },
      { title: "After", kind: "duration", note: "mtta" },
      { title: "Remarks", kind: "text" },
    ],
    rows: listed.map((alarm) => rowOf(alarm, scope)),
  };
}

function rowOf(alarm: Alarm, scope: Scope): ReportTable["rows"][number] {
  const { endMs, open } = endOfAlarm(alarm, scope.toMs);
  const ackMs = alarm.acknowledged_ms;
  return [
    alarm.raised_ms,
    open ? null : endMs,
    endMs - alarm.raised_ms,
    alarm.severity,
    scope.nameOf(alarm.machine),
    alarm.sensor === null ? null : sensorOf(alarm, scope),
    alarm.title,
    alarm.acknowledged_by,
    ackMs === null ? null : ackMs - alarm.raised_ms,
    remarks(alarm, open),
  ];
}

/** Below the machine; what people call it where it is one of the report. */
function sensorOf({ sensor, machine }: Alarm, scope: Scope): string {
  const own = scope.sensors.get(machine ?? "")?.find(({ name }) => name === sensor);
  return own === undefined ? title(sensor!.slice(sensor!.lastIndexOf("/") + 1)) : sensorName(own);
}

function remarks({ note, maintenance, flapping, count, verdict }: Alarm, open: boolean) {
  const parts = [
    note,
    open ? "open at the end" : null,
    maintenance ? "in maintenance" : null,
    flapping ? "flapping" : null,
    count > 1 ? `came ${count} times` : null,
    verdict === null ? null : verdict === "real" ? "a real fault" : "a false alarm",
  ].filter((part) => part !== null && part !== "");
  return parts.length === 0 ? null : parts.join("; ");
}
