/** The fields of the page of exports, as texts, and what they ask for. Pure. */
import { PerchError } from "../../lib/base/errors.ts";
import { EXPORT_FORMATS, type ExportFormat, STEP_VALUES } from "../../lib/transfer/export/order.ts";
import { isTyped } from "../frame/form_action.ts";
import { chooseRange, meantRange, type Range } from "../frame/range.ts";
import type { Asked } from "./export_request.ts";

export const FIELDS = [
  "what",
  "machine",
  "sensors",
  "add",
  "remove",
  "range",
  "from",
  "to",
  "form",
  "gzip",
  "rows",
  "step",
  "of",
  "units",
  "zone",
  "set",
  "was_machine",
  "was_range",
  "was_from",
  "was_to",
] as const;
export type FieldName = typeof FIELDS[number];
export type Fields = Partial<Record<FieldName, string>>;

/** Sensors that can be chosen one by one on the page; more are a machine or the site. */
export const SENSORS_MOST = 40;

/** The formats, as people choose them. */
export const FORMS = [
  ["csv", "CSV", "Every program opens it. Times carry their offset from UTC."],
  ["csv_comma", "CSV for decimal commas", "For Excel where numbers are written as 1,5."],
  ["ndjson", "NDJSON", "A line for each row, for programs; another Perch imports it."],
  ["json", "JSON", "One document, for programs."],
  ["parquet", "Parquet", "Small, and fast to read: DuckDB, pandas, Spark."],
  ["sqlite", "SQLite", "A database of its own, to be asked with SQL."],
] as const;

export const ROWS = [
  ["readings", "Every reading", "A row for each, sensor by sensor."],
  ["steps", "Steps, sensor by sensor", "A row per step, with mean, lowest, highest and count."],
  ["wide", "Steps, side by side", "A row per step, with a column for each sensor."],
] as const;

export const STEPS = ["1s", "10s", "1m", "5m", "15m", "1h", "1d"] as const;

/** What a fresh page has chosen: the sensor or the machine that it was opened for, else the site. */
export function withDefaults(fields: Fields): Fields {
  const what = fields.sensors ? "sensors" : fields.machine ? "machine" : "all";
  // Who names one more sensor means sensors.
  const adds = Boolean(fields.add?.trim());
  return {
    what,
    range: "7d",
    form: "csv",
    rows: "readings",
    step: "1m",
    of: "mean",
    ...(fields.set === undefined ? { units: "on" } : {}),
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    ...(adds ? { what: "sensors" } : namesMachine(fields) ? { what: "machine" } : {}),
  };
}

/** A machine that was typed counts instead of the whole site. */
const namesMachine = (fields: Fields) =>
  fields.what === "all" && Boolean(fields.machine?.trim()) && isTyped(fields, "machine");

/** The sensors that are chosen, after what was just added or taken away. */
export function sensorsOfFields({ sensors = "", add = "", remove }: Fields): string[] {
  const names = [...sensors.split(","), add].map((name) => name.trim()).filter((name) =>
    name !== "" && name !== remove
  );
  return [...new Set(names)];
}

/** @throws PerchError `validation` that names the field */
export function askedOf(
  fields: Fields,
  { nowMs, zone, oldestMs }: { nowMs: number; zone: string; oldestMs: number | null },
): Asked {
  const { form = "csv", rows, step, of, units, gzip } = fields;
  const format = EXPORT_FORMATS.find((one) => one === form.replace(/_comma$/, "")) ?? "csv";
  const value = STEP_VALUES.find((one) => one === of);
  const isWide = rows === "wide";
  return {
    ...chosen(fields),
    ...periodOf(fields, nowMs, zone, oldestMs),
    format,
    layout: isWide ? "wide" : "long",
    ...(rows === "readings" ? {} : { step }),
    ...(isWide ? { of: value } : {}),
    ...(form === "csv_comma" ? { decimal: "comma" as const } : {}),
    ...(gzip === "on" && isText(format) ? { gzip: true } : {}),
    ...(fields.zone ? { zone: fields.zone } : {}),
    units: units === "on" ? "shown" : "stored",
  };
}

const isText = (format: ExportFormat) => format !== "parquet" && format !== "sqlite";

function chosen(fields: Fields): Pick<Asked, "sensors" | "machine" | "all"> {
  if (
    (fields.what === "machine" || namesMachine(fields)) &&
    !fields.add?.trim()
  ) {
    if (!fields.machine?.trim()) throw wrong("machine", "Choose a machine or an area.");
    return { machine: fields.machine.trim() };
  }
  if (fields.what !== "sensors" && !fields.add?.trim()) return { all: true };
  const sensors = sensorsOfFields(fields);
  if (sensors.length === 0) throw wrong("add", "Choose a sensor.");
  if (sensors.length > SENSORS_MOST) {
    throw wrong("add", `At most ${SENSORS_MOST} here: choose a machine, or the whole site.`);
  }
  return { sensors };
}

function periodOf(
  fields: Fields,
  nowMs: number,
  zone: string,
  oldestMs: number | null,
): { fromMs: number; toMs: number } {
  const asked = meantRange(fields);
  if (asked.range === "stored" && !asked.from && !asked.to) {
    return { fromMs: Math.min(oldestMs ?? nowMs, nowMs), toMs: nowMs + 1 };
  }
  const { range, problem } = chooseRange(asked, nowMs, zone);
  if (problem !== null) throw wrong("from", problem);
  return endOf(range);
}

const endOf = ({ fromMs, toMs }: Range) => ({ fromMs, toMs });

function wrong(path: FieldName, message: string): PerchError {
  return new PerchError("validation", message, { errors: [{ path, message }] });
}
