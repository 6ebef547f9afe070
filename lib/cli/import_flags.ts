/** What `perch import` was given, as an order. Pure but for `--map-file`. */
import { PerchError } from "../base/errors.ts";
import { tableOf, textOfFile } from "../base/table.ts";
import type { ImportColumn, ImportOptions } from "../transfer/import/format.ts";
import type { MappedSeries } from "../transfer/import/imports.ts";
import { type Flags, UsageError } from "./command.ts";

const ROLES = ["time", "sensor", "value", "unit", "skip"] as const;

/** How the file is read. @throws UsageError */
export function optionsOf(flags: Flags): ImportOptions & { format?: string } {
  const delimiter = oneOf(flags, "delimiter", [",", ";", "tab"]);
  const given = {
    format: flags.text("format"),
    zone: flags.text("zone"),
    precision: oneOf(flags, "precision", ["ns", "us", "ms", "s"]),
    dayFirst: truth(oneOf(flags, "dates", ["day", "month"]), "day"),
    decimalComma: truth(oneOf(flags, "decimal", ["point", "comma"]), "comma"),
    delimiter: delimiter === "tab" ? "\t" as const : delimiter,
    csvFormat: flags.text("csv-format"),
    columns: columnsOf(flags.text("columns")),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The option of the command line that answers a question about a file. */
export const FLAG_OF: Readonly<Record<keyof ImportOptions, string>> = {
  zone: "--zone",
  precision: "--precision",
  dayFirst: "--dates",
  decimalComma: "--decimal",
  delimiter: "--delimiter",
  columns: "--columns",
  csvFormat: "--csv-format",
};

/** What becomes of the series that are named. @throws UsageError */
export async function mappingOf(flags: Flags): Promise<MappedSeries[]> {
  const file = flags.text("map-file");
  const mapping = [
    ...(file === undefined ? [] : mappingIn(textOfFile(await Deno.readFile(file)))),
    ...flags.texts("map").map(mapped),
    ...flags.texts("skip").map((key) => ({ key, sensor: null })),
  ];
  const seen = new Set<string>();
  for (const { key } of mapping) {
    if (seen.has(key)) throw new UsageError(`"${key}" is named twice`);
    seen.add(key);
  }
  return mapping;
}

/** `press,machine=p1 temperature=hall/press/temperature`: the last `=` counts, since series have them too. */
function mapped(text: string): MappedSeries {
  const at = text.lastIndexOf("=");
  const [key, sensor] = [text.slice(0, at), text.slice(at + 1)];
  if (at > 0 && sensor !== "") return { key, sensor };
  throw new UsageError(`--map is "${text}": give SERIES=MACHINE/SENSOR`);
}

/** The columns series, sensor (empty: left out) and, where it is there, unit. @throws PerchError `validation` */
export function mappingIn(text: string): MappedSeries[] {
  const { columns, rows } = tableOf(text);
  const missing = ["series", "sensor"].find((name) => !columns.includes(name));
  if (missing !== undefined) {
    const message = `The first line of --map-file names the columns: ${missing} is not among them.`;
    throw new PerchError("validation", message);
  }
  return rows.map(({ cells: { series, sensor = "", unit = "" } }) => ({
    key: series,
    sensor: sensor.trim() || null,
    ...(unit.trim() === "" ? {} : { unit: unit.trim() }),
  }));
}

function columnsOf(text: string | undefined): ImportColumn[] | undefined {
  return text?.split(",").map((part, index) => {
    const [name, ...rest] = part.split("=");
    const role = ROLES.find((one) => one === name.trim());
    if (role === undefined) {
      throw new UsageError(`--columns names "${name}": give ${ROLES.join(", ")}, in order`);
    }
    return { index, role, ...(rest.length === 0 ? {} : { name: rest.join("=") }) };
  });
}

function oneOf<T extends string>(flags: Flags, name: string, all: readonly T[]): T | undefined {
  const text = flags.text(name);
  if (text === undefined) return undefined;
  const found = all.find((one) => one === text);
  if (found === undefined) {
    throw new UsageError(`--${name} is "${text}": give one of ${all.join(" ")}`);
  }
  return found;
}

const truth = (text: string | undefined, yes: string) =>
  text === undefined ? undefined : text === yes;
