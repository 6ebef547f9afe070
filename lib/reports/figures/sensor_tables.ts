/** The tables about sensors. Pure. */
import { grouped } from "../../words/numbers.ts";
import type { ReportChart, ReportTable } from "../document.ts";
import { STATES } from "../../words/past_spans.ts";

/** Rows of a table. */
export const ROWS_MOST = 10_000;
export const LIMITS = ["warning_low", "warning_high", "critical_low", "critical_high"] as const;
export const LIMIT_NAMES = {
  warning_low: "Warning low",
  warning_high: "Warning high",
  critical_low: "Critical low",
  critical_high: "Critical high",
};
export const STATE_NAMES = {
  normal: "Normal",
  warning: "Warning",
  critical: "Critical",
  offline: "Silent",
  unknown: "Unknown",
  maintenance: "Maintenance",
} as const;

/** A sensor's rows and its chart, so that its readings can be let go. */
export interface SensorRows {
  n: number;
  /** Some of its readings are damaged. */
  damaged: boolean;
  /** Why older readings are missing, a sentence; null: none are. */
  missing: string | null;
  /** Before this time its readings are kept as minutes or hours; null: all are kept. */
  summedUntilMs: number | null;
  values: ReportTable["rows"][number];
  states: ReportTable["rows"][number];
  limits: ReportTable["rows"][number] | null;
  /** One for each text, or for on and off. */
  stateTimes: ReportTable["rows"];
  chart: ReportChart | null;
}

const NAME_COLUMNS = [
  { title: "Machine", kind: "text" },
  { title: "Sensor", kind: "text" },
] as const;

export function valuesTable(title: string, rows: readonly SensorRows[]): ReportTable {
  return withoutEmpty({
    title,
    columns: [
      ...NAME_COLUMNS,
      { title: "Unit", kind: "text" },
      { title: "Readings", kind: "number", decimals: 0 },
      { title: "Smallest", kind: "number", note: "values" },
      { title: "Mean", kind: "number", note: "values" },
      { title: "Largest", kind: "number", note: "values" },
      { title: "Total", kind: "number", note: "total" },
      { title: "Resets", kind: "number", decimals: 0, note: "total" },
      { title: "Coverage", kind: "percent", note: "coverage" },
    ],
    rows: rows.map(({ values }) => values),
  }, ["Total", "Resets"]);
}

export function statesTable(title: string, rows: readonly SensorRows[]): ReportTable {
  return {
    title,
    columns: [
      ...NAME_COLUMNS,
      ...STATES.filter((state) => state !== "maintenance").map((state) => ({
        title: STATE_NAMES[state],
        kind: "percent" as const,
        note: state === "unknown" || state === "offline" ? "unknown" : "status",
      })),
      { title: "In warning", kind: "duration", note: "status" },
      { title: "In critical", kind: "duration", note: "status" },
      { title: "Silent for", kind: "duration", note: "status" },
    ],
    rows: rows.map(({ states }) => states),
  };
}

export function stateTimesTable(rows: ReportTable["rows"]): ReportTable {
  return {
    title: rows.length > ROWS_MOST
      ? `States: the first ${grouped(ROWS_MOST)} of ${grouped(rows.length)}`
      : "States",
    columns: [
      ...NAME_COLUMNS,
      { title: "State", kind: "text" },
      { title: "Share of time", kind: "percent", note: "states" },
      { title: "Time", kind: "number", unit: "h", decimals: 2, note: "states" },
      { title: "Times entered", kind: "number", decimals: 0 },
    ],
    rows: rows.slice(0, ROWS_MOST),
  };
}

export function limitsTable(rows: ReportTable["rows"]): ReportTable {
  return {
    title: "Limits",
    columns: [
      ...NAME_COLUMNS,
      { title: "Unit", kind: "text" },
      ...LIMITS.map((key) => ({
        title: LIMIT_NAMES[key],
        kind: "number" as const,
        note: "limits",
      })),
    ],
    rows,
  };
}

/** Without those of the named columns in which nothing stands. */
export function withoutEmpty(table: ReportTable, names: readonly string[]): ReportTable {
  const kept = table.columns.flatMap(({ title }, i) =>
    names.includes(title) && table.rows.every((row) => row[i] === null) ? [] : [i]
  );
  return {
    ...table,
    columns: kept.map((i) => table.columns[i]),
    rows: table.rows.map((row) => kept.map((i) => row[i])),
  };
}
