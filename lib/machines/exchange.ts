/** The whole registry as a document: what is exported, and what an import would do. Pure. */
import { fieldWords } from "../base/field_words.ts";
import { z } from "zod";
import { PerchError } from "../base/errors.ts";
import { type Machine, newMachine } from "./machine.ts";
import { nameFault, pathFault } from "./names.ts";
import type { NewSensor, Sensor } from "./sensor.ts";
import {
  DEFAULT_SETTINGS,
  type SensorSettings,
  sensorSettingsSchema,
  SETTING_NAMES,
} from "./sensor_settings.ts";
import type { FieldError } from "../base/errors.ts";
import { numberOfCell } from "../base/table.ts";

const MACHINE_COLUMNS = ["display_name", "tags", "notes"] as const;
/** Columns of the table, in order. */
export const COLUMNS: readonly string[] = [
  "type",
  "path",
  "display_name",
  "tags",
  "notes",
  "unit",
  "kind",
  ...SETTING_NAMES.filter((name) => name !== "display_name"),
];
const ROWS_MOST = 20_000;
const ERRORS_MOST = 200;

/** One machine or sensor of a document; what it does not say stays as it is. */
export interface ExchangeRow {
  /** Where it stands in the document, for people: `line 3`, `sensors[2]`. */
  row: string;
  fields: Record<string, unknown>;
}

const machineRow = z.strictObject({
  type: z.literal("machine"),
  path: z.string(),
  display_name: z.string().trim().min(1).max(80).nullable().optional(),
  tags: z.array(z.string().trim().min(1).max(40)).max(20).optional(),
  notes: z.string().max(4000).optional(),
});
const sensorRow = z.strictObject({
  type: z.literal("sensor"),
  path: z.string(),
  unit: z.string().trim().min(1).max(24).nullable().optional(),
  kind: z.enum(["number", "binary", "text"]).optional(),
  ...sensorSettingsSchema.partial().shape,
});

export interface RowError {
  row: string;
  column: string;
  message: string;
}

/** What an import would do, and what stands in its way. */
export interface ImportPlan {
  machines: Machine[];
  newSensors: NewSensor[];
  sensors: { sensor: Sensor; to: Pick<Sensor, "unit" | "kind" | "settings"> }[];
  /** Rows that change nothing. */
  same: number;
  errors: RowError[];
}

export interface ImportWorld {
  /** By path or id. */
  machine(path: string): Machine | undefined;
  /** The machine that had this path before it was moved. */
  former(path: string): Machine | undefined;
  /** Deleted ones too. */
  sensor(name: string): Sensor | undefined;
  faults(kind: Sensor["kind"], settings: SensorSettings): FieldError[];
  nowMs: number;
}

/** Works out what the rows would change. Nothing is changed here. */
export function planImport(rows: readonly ExchangeRow[], world: ImportWorld): ImportPlan {
  if (rows.length > ROWS_MOST) {
    throw new PerchError(
      "validation",
      `the document has ${rows.length} rows; ${ROWS_MOST} are allowed at once`,
    );
  }
  const plan: ImportPlan = { machines: [], newSensors: [], sensors: [], same: 0, errors: [] };
  const seen = new Map<string, string>();
  for (const { row, fields } of rows) {
    const refuse = (column: string, message: string) => {
      if (plan.errors.length < ERRORS_MOST) plan.errors.push({ row, column, message });
    };
    const type = fields.type;
    if (type !== "machine" && type !== "sensor") {
      refuse("type", "must be machine or sensor");
      continue;
    }
    const key = `${type} ${fields.path}`;
    const before = seen.get(key);
    if (before !== undefined) {
      refuse("path", `stands in ${before} already`);
      continue;
    }
    seen.set(key, row);
    if (type === "machine") planMachine(fields, world, plan, refuse);
    else planSensor(fields, world, plan, refuse);
  }
  return plan;
}

type Refuse = (column: string, message: string) => void;

function planMachine(fields: unknown, world: ImportWorld, plan: ImportPlan, refuse: Refuse): void {
  const read = machineRow.safeParse(fields, { error: fieldWords });
  if (!read.success) return refuseIssues(read.error, refuse);
  const { path, display_name, tags, notes } = read.data;
  const fault = pathFault(path);
  if (fault !== null) return refuse("path", fault);
  const known = world.machine(path);
  if (known && known.deletedMs !== null) return refuse("path", "was deleted; restore it first");
  const moved = world.former(path);
  if (moved) return refuse("path", `is a former path of ${moved.path}`);
  const base = known ?? {
    ...newMachine(path, world.nowMs, (id) => world.machine(id) !== undefined),
    review: "confirmed" as const,
  };
  const next = {
    ...base,
    name: display_name === undefined ? base.name : display_name,
    tags: tags ?? base.tags,
    notes: notes ?? base.notes,
  };
  if (known && JSON.stringify(known) === JSON.stringify(next)) plan.same++;
  else plan.machines.push(next);
}

function planSensor(fields: unknown, world: ImportWorld, plan: ImportPlan, refuse: Refuse): void {
  const read = sensorRow.safeParse(fields, { reportInput: true, error: fieldWords });
  if (!read.success) return refuseIssues(read.error, refuse);
  const { type: _, path, unit, kind, ...given } = read.data;
  const fault = nameFault(path);
  if (fault !== null) return refuse("path", fault);
  const machine = world.machine(path.slice(0, path.lastIndexOf("/")));
  const known = world.sensor(path);
  const moved = world.former(path.slice(0, path.lastIndexOf("/")));
  if (moved) return refuse("path", `its machine was moved to ${moved.path}`);
  if ((known && known.deletedMs !== null) || (machine && machine.deletedMs !== null)) {
    return refuse("path", "it or its machine was deleted; restore it first");
  }
  const to = {
    unit: unit === undefined ? known?.unit ?? null : unit,
    kind: kind ?? known?.kind ?? "number",
    settings: { ...(known?.settings ?? DEFAULT_SETTINGS), ...given } as SensorSettings,
  };
  if (known && known.kind !== to.kind && known.last !== null) {
    return refuse("kind", `is ${known.kind} and has readings; it cannot be changed by an import`);
  }
  const faults = world.faults(to.kind, to.settings);
  for (const { path: column, message } of faults) refuse(column, message);
  if (faults.length > 0) return;
  if (known === undefined) plan.newSensors.push({ name: path, ...to });
  else if (
    known.unit === to.unit && known.kind === to.kind &&
    SETTING_NAMES.every((name) => known.settings[name] === to.settings[name])
  ) plan.same++;
  else plan.sensors.push({ sensor: known, to });
}

function refuseIssues(error: z.ZodError, refuse: Refuse): void {
  for (const issue of error.issues) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) refuse(key, "there is no such column here");
    } else refuse(String(issue.path[0] ?? "type"), wordsOf(issue));
  }
}

/** A text where a number belongs is quoted in the error, with what is allowed. */
function wordsOf(issue: z.core.$ZodIssue): string {
  const { input, code } = issue;
  if (code !== "invalid_type" || issue.expected !== "number" || typeof input !== "string") {
    return issue.message;
  }
  return `"${input.slice(0, 40)}" is not a number here: ${howToWrite(input)}`;
}

function howToWrite(input: string): string {
  if (/^[+-]?[1-9]\d{0,2}\.\d{3}$/.test(input)) {
    const thousands = input.replace(".", "");
    return `it may be ${thousands} or ${Number(input)}; write ${thousands}, or a decimal comma`;
  }
  if (/^[+-]?\d{1,3}([.\s'’]\d{3})+(,\d+)?$/.test(input)) {
    return `write it without separated thousands: ${
      input.replace(/[.\s'’]/g, "").replace(",", ".")
    }`;
  }
  return /^[+-]?\d*,\d+$/.test(input)
    ? `write a decimal point (${input.replace(",", ".")}), or separate cells by semicolons`
    : "write it like 250.5, without separated thousands or a unit";
}

/** A JSON document `{"machines":[{"path",…}],"sensors":[{"path",…}]}` as rows. */
export function rowsOfJson(document: unknown): ExchangeRow[] {
  const shape = z.strictObject({
    machines: z.array(z.record(z.string(), z.unknown())).default([]),
    sensors: z.array(z.record(z.string(), z.unknown())).default([]),
  }).safeParse(document);
  if (!shape.success) {
    throw new PerchError(
      "validation",
      'the document must be {"machines": […], "sensors": […]}, each a list of objects',
    );
  }
  const rows = (list: Record<string, unknown>[], name: string, type: string) =>
    list.map((fields, i) => ({ row: `${name}[${i}]`, fields: { ...fields, type } }));
  return [
    ...rows(shape.data.machines, "machines", "machine"),
    ...rows(shape.data.sensors, "sensors", "sensor"),
  ];
}

const NUMBERS = new Set<string>(SETTING_NAMES.filter((name) => name !== "display_name"));
/** Empty cells of these are null; of all others they say nothing. */
const NULLABLE = new Set<string>([
  "unit",
  ...SETTING_NAMES.filter((name) => DEFAULT_SETTINGS[name] === null),
]);

/**
 * A line of the table as a row. `cells` by column; numbers that are none stay text and are refused.
 * `decimalComma`: the table's numbers may have one.
 */
export function rowOfCells(
  row: string,
  cells: Record<string, string>,
  decimalComma: boolean,
): ExchangeRow {
  const fields: Record<string, unknown> = {};
  const type = cells.type?.trim();
  for (const [column, given] of Object.entries(cells)) {
    // An export puts an apostrophe before text that a spreadsheet would run.
    const text = given.trim().replace(/^'(?=[=+\-@])/, "");
    const foreign = type === "machine" && COLUMNS.indexOf(column) > 4 ||
      type === "sensor" && (column === "tags" || column === "notes");
    if (text === "") {
      if (foreign) continue;
      if (column === "tags") fields.tags = [];
      else if (column === "notes") fields.notes = "";
      else if (NULLABLE.has(column)) fields[column] = null;
    } else if (column === "tags") fields.tags = text.split(";").map((tag) => tag.trim());
    else if (NUMBERS.has(column)) {
      fields[column] = numberOfCell(text, decimalComma) ?? text;
    } else fields[column] = text;
  }
  return { row, fields };
}

/** What an export says of a machine and of a sensor. */
export function machineFields(
  machine: Machine,
): Record<typeof MACHINE_COLUMNS[number] | "path", unknown> {
  const { path, name, tags, notes } = machine;
  return { path, display_name: name, tags, notes };
}
export function sensorFields({ name, unit, kind, settings }: Sensor): Record<string, unknown> {
  return { path: name, unit, kind, ...settings };
}
