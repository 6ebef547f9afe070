/** The section about the performance of machines. */
import { grouped } from "../../words/numbers.ts";
import type { ReportChart, ReportFigure, ReportSection, ReportTable } from "../document.ts";
import { type AlarmFacts, meanMs, ROWS_MOST } from "./alarm_facts.ts";
import type { Counters, MachineFacts } from "./machine_facts.ts";
import { type NoteId, notesOf } from "./notes.ts";
import { type Failure, type Performance, togetherOf } from "./performance.ts";
import type { Scope } from "./scope.ts";
import { withoutEmpty } from "./sensor_tables.ts";
import { coarse } from "../../words/past_spans.ts";
import { HOUR_MS } from "../../words/times.ts";
import { floored, hours, lengthText, machineName, plural, share } from "./text.ts";

const MACHINES_MOST = 2_000;
const BANDS_MOST = 40;
const BAND_SPANS = 400;
const FEW = 5;
const WH_PER_KWH = 1000;

export interface MachineRow {
  facts: MachineFacts;
  counters: Counters;
}

export function machineSection(
  machines: readonly MachineRow[],
  alarms: AlarmFacts,
  scope: Scope,
): ReportSection {
  const section: ReportSection = {
    title: "Machine performance",
    paragraphs: [],
    figures: [],
    charts: [],
    tables: [],
    notes: [],
  };
  if (machines.length === 0) {
    section.paragraphs.push("There are no machines.");
    return section;
  }
  const known = machines.filter(({ facts }) => facts.performance.availability !== null);
  const judged = known.filter(({ facts }) => facts.judged);
  if (known.length === 0) section.paragraphs.push("Nothing is known of any machine in this time.");
  const unjudged = known.length - judged.length;
  if (unjudged > 0) {
    section.paragraphs.push(
      `${plural(unjudged, "machine")} of ${grouped(machines.length)} ` +
        `${unjudged === 1 ? "has" : "have"} no sensor with a critical limit: no failure of ` +
        `${
          unjudged === 1 ? "it" : "them"
        } can be seen, and no availability is given. Set one, and ` +
        "there is both from then on.",
    );
  }
  section.figures = figuresOf(judged.map(({ facts }) => facts.performance), alarms);
  section.charts.push(...bandsOf(machines, scope));
  section.tables = [
    performanceTable(machines, alarms),
    timesTable(machines),
    ...countersTable(machines),
    ...failuresTable(machines),
  ];
  section.notes = notesOf(...usedNotes(section));
  return section;
}

function figuresOf(all: readonly Performance[], alarms: AlarmFacts): ReportFigure[] {
  const { availability, failures, mtbfMs, mttrMs, upMs } = togetherOf(all);
  const ackMs = meanMs(alarms.acknowledged);
  if (availability === null) return [];
  const few = failures < FEW ? " (few data)" : "";
  return [
    { label: "Availability", text: share(availability), note: "availability" },
    { label: "Failures", text: grouped(failures), note: "failure" },
    {
      label: "MTBF",
      text: mtbfMs === null ? `no failure in ${hours(upMs)}` : `${hours(mtbfMs)}${few}`,
      note: "mtbf",
    },
    {
      label: "MTTR",
      text: mttrMs === null ? "no failure" : `${lengthText(mttrMs)}${few}`,
      note: "mttr",
    },
    { label: "MTTA", text: ackMs === null ? "none acknowledged" : lengthText(ackMs), note: "mtta" },
  ];
}

function remarkOf({ performance, judged }: MachineFacts): string | null {
  const { availability, failures, upMs } = performance;
  if (availability === null) return "nothing known";
  if (!judged) return "no critical limit";
  if (failures.length === 0) return `no failure in ${hours(upMs)}`;
  return failures.length < FEW ? "few data" : null;
}

function performanceTable(machines: readonly MachineRow[], alarms: AlarmFacts): ReportTable {
  return withoutEmpty({
    title: titleOf("Performance", machines.length),
    columns: [
      { title: "Machine", kind: "text" },
      { title: "Availability", kind: "percent", decimals: 2, note: "availability" },
      { title: "Failures", kind: "number", decimals: 0, note: "failure" },
      { title: "MTBF", kind: "number", unit: "h", decimals: 1, note: "mtbf" },
      { title: "MTTR", kind: "duration", note: "mttr" },
      { title: "MRT", kind: "duration", note: "mrt" },
      { title: "MTTA", kind: "duration", note: "mtta" },
      { title: "Remark", kind: "text", note: "mtbf" },
    ],
    rows: machines.slice(0, MACHINES_MOST).map(({ facts }) => {
      const { machine, performance, judged, repair } = facts;
      const { availability, failures, mtbfMs, mttrMs } = performance;
      const own = alarms.byMachine.get(machine.path);
      const seen = judged && availability !== null;
      return [
        machineName(machine),
        seen ? floored(availability) : null,
        seen ? failures.length : null,
        seen && mtbfMs !== null ? mtbfMs / HOUR_MS : null,
        seen ? mttrMs : null,
        repair.n === 0 ? null : repair.sumMs / repair.n,
        own === undefined ? null : meanMs(own.acknowledged),
        remarkOf(facts),
      ];
    }),
  }, ["MTBF", "MTTR", "MRT", "MTTA", "Remark"]);
}

const HOURS = { kind: "number", unit: "h", decimals: 2 } as const;

function timesTable(machines: readonly MachineRow[]): ReportTable {
  return {
    title: titleOf("Where the time went", machines.length),
    columns: [
      { title: "Machine", kind: "text" },
      { title: "Range", ...HOURS, note: "range" },
      { title: "Planned maintenance", ...HOURS, note: "maintenance" },
      { title: "Up", ...HOURS, note: "availability" },
      { title: "Down", ...HOURS, note: "failure" },
      { title: "Unknown", ...HOURS, note: "unknown" },
      { title: "Unknown share", kind: "percent", note: "unknown" },
    ],
    rows: machines.slice(0, MACHINES_MOST).map(({ facts: { machine, performance } }) => {
      const { calendarMs, maintenanceMs, upMs, downMs, unknownMs } = performance;
      return [
        machineName(machine),
        ...[calendarMs, maintenanceMs, upMs, downMs, unknownMs].map((ms) => ms / HOUR_MS),
        unknownMs / calendarMs,
      ];
    }),
  };
}

function countersTable(machines: readonly MachineRow[]): ReportTable[] {
  const counting = machines.filter(({ counters: { runMs, energyWh } }) =>
    runMs !== null || energyWh !== null
  );
  if (counting.length === 0) return [];
  return [withoutEmpty({
    title: titleOf("Run hours and energy", counting.length),
    columns: [
      { title: "Machine", kind: "text" },
      { title: "Run hours", kind: "number", unit: "h", decimals: 1, note: "running" },
      { title: "Starts", kind: "number", decimals: 0, note: "running" },
      { title: "Energy", kind: "number", unit: "kWh", decimals: 1, note: "total" },
    ],
    rows: counting.slice(0, MACHINES_MOST).map(({ facts, counters }) => [
      machineName(facts.machine),
      counters.runMs === null ? null : counters.runMs / HOUR_MS,
      counters.starts,
      counters.energyWh === null ? null : counters.energyWh / WH_PER_KWH,
    ]),
  }, ["Run hours", "Starts", "Energy"])];
}

function failuresTable(machines: readonly MachineRow[]): ReportTable[] {
  const failures = machines.flatMap(({ facts: { machine, performance, judged } }) =>
    judged ? performance.failures.map((failure) => ({ machine, failure })) : []
  ).sort((a, b) =>
    b.failure.fromMs - a.failure.fromMs || (a.machine.path < b.machine.path ? -1 : 1)
  );
  if (failures.length === 0) return [];
  return [{
    title: failures.length > ROWS_MOST
      ? `Failures: the newest ${grouped(ROWS_MOST)} of ${grouped(failures.length)}`
      : "Failures",
    columns: [
      { title: "Machine", kind: "text" },
      { title: "Began", kind: "time", note: "failure" },
      { title: "Ended", kind: "time" },
      { title: "Down in the range", kind: "duration", note: "mttr" },
      { title: "Remark", kind: "text" },
    ],
    rows: failures.slice(0, ROWS_MOST).map(({ machine, failure }) => [
      machineName(machine),
      failure.fromMs,
      failure.end === "open" ? null : failure.toMs,
      failure.downMs,
      remarkOn(failure),
    ]),
  }];
}

function remarkOn({ beganBefore, end }: Failure): string | null {
  const parts = [
    beganBefore ? "began before the range" : null,
    end === "open" ? "open at the end, so far" : null,
    end === "maintenance" ? "ended in maintenance" : null,
    end === "not seen" ? "its end was not seen" : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join("; ");
}

/** The worst first where there are more than can be drawn. */
function bandsOf(machines: readonly MachineRow[], scope: Scope): ReportChart[] {
  const drawn = machines.length <= BANDS_MOST
    ? machines
    : machines.toSorted((a, b) => b.facts.performance.downMs - a.facts.performance.downMs)
      .slice(0, BANDS_MOST);
  const down = machines.filter(({ facts }) => facts.performance.downMs > 0).length;
  return [{
    title: drawn.length < machines.length
      ? `Status: the ${BANDS_MOST} machines that were down longest`
      : "Status",
    alt: `The status of ${plural(drawn.length, "machine")} over time; ${grouped(down)} of ` +
      `${grouped(machines.length)} ${down === 1 ? "was" : "were"} down at some time.`,
    unit: null,
    fromMs: scope.fromMs,
    toMs: scope.toMs,
    lines: [],
    limits: [],
    bands: drawn.map(({ facts: { machine, past } }) => ({
      label: machineName(machine),
      spans: coarse(past, BAND_SPANS),
    })),
    bars: [],
  }];
}

function titleOf(what: string, n: number): string {
  return n > MACHINES_MOST ? `${what}: the first ${grouped(MACHINES_MOST)} of ${grouped(n)}` : what;
}

const ORDER: readonly NoteId[] = [
  "availability",
  "failure",
  "mtbf",
  "mttr",
  "mrt",
  "mtta",
  "unknown",
  "maintenance",
  "status",
  "running",
  "total",
  "range",
];

/** Those that a number of it refers to, and how statuses come about. */
function usedNotes({ figures, tables }: ReportSection): NoteId[] {
  const used = new Set([
    "status",
    ...figures.map(({ note }) => note),
    ...tables.flatMap(({ columns }) => columns.map(({ note }) => note)),
  ]);
  return ORDER.filter((id) => used.has(id));
}
