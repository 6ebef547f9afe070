/**
 * What becomes of the series of a file: what was suggested, and what a person chose instead. Pure; the same planner
 * serves the preview, the dry run and the import.
 */
import { type Conversion, conversion, sameUnit, symbolOf } from "../../machines/units.ts";
import { nameFault } from "../../machines/names.ts";
import type { ImportSeries } from "./format.ts";

/** What a person chose for a series. */
export interface MappingChoice {
  /** As the file names it. */
  key: string;
  skip?: boolean;
  /** Sensor that it becomes, new or existing. */
  name?: string;
  /** Unit of its values in the file; null: none. */
  unit?: string | null;
}

export interface Mapping {
  /** What becomes of series without a choice: what was suggested, or nothing. */
  others: "import" | "skip";
  choices: readonly MappingChoice[];
}

/** What is known of a sensor that exists. */
export interface ExistingSensor {
  unit: string | null;
  kind: ImportSeries["kind"];
}

/** One series with what becomes of it. */
export type Planned =
  | { key: string; action: "skip" }
  /** Nothing of it can be stored, and why: the field of its choice that has to change. */
  | { key: string; action: "conflict"; field: "name" | "unit"; message: string }
  | {
    key: string;
    action: "import";
    /** Full name of the sensor. */
    name: string;
    kind: ImportSeries["kind"];
    /** Unit that a new sensor gets, or that the existing one has. */
    unit: string | null;
    isNew: boolean;
    /** From the file's unit to the sensor's; null: as they are. */
    convert: Conversion | null;
  };

/**
 * Plans series as they are met in the file. The first that claims a name has it; a series that comes again, with
 * values of another kind or in another unit, is planned against what it became. `before`: what series became before an
 * import is gone on with.
 */
export function createPlanner(
  mapping: Mapping,
  existing: (name: string) => ExistingSensor | undefined,
  before: readonly { key: string; sensor: string | null }[] = [],
): (series: ImportSeries) => Planned {
  const choices = new Map(mapping.choices.map((choice) => [choice.key, choice]));
  const claimed = new Map<string, { key: string; sensor: ExistingSensor }>();
  const planned = new Map<string, Planned>();
  for (const { key, sensor: name } of before) {
    const sensor = name === null ? undefined : existing(name);
    if (sensor !== undefined && !claimed.has(name!)) claimed.set(name!, { key, sensor });
  }

  function plan(series: ImportSeries): Planned {
    const { key } = series;
    const choice = choices.get(key);
    if (choice?.skip ?? (choice === undefined && mapping.others === "skip")) {
      return { key, action: "skip" };
    }
    const name = choice?.name ?? series.suggested;
    const fault = nameFault(name);
    if (fault !== null) {
      return { key, action: "conflict", field: "name", message: `"${shown(name)}": ${fault}` };
    }
    const other = claimed.get(name);
    if (other !== undefined && other.key !== key) {
      const message = `"${shown(other.key)}" becomes ${shown(name)} already; ` +
        "give one of them another name, or leave it out";
      return { key, action: "conflict", field: "name", message };
    }
    const result = planFor(series, name, choice, other?.sensor ?? existing(name));
    if (result.action === "import") {
      claimed.set(name, { key, sensor: other?.sensor ?? existing(name) ?? result });
    }
    return result;
  }

  return (series) => {
    const id = `${series.kind} ${series.unit} ${series.key}`;
    const known = planned.get(id) ?? plan(series);
    planned.set(id, known);
    return known;
  };
}

function planFor(
  { key, kind, unit: fileUnit }: ImportSeries,
  name: string,
  choice: MappingChoice | undefined,
  sensor: ExistingSensor | undefined,
): Planned {
  const unit = choice?.unit === undefined ? fileUnit : choice.unit || null;
  const base = { key, action: "import" as const, name, isNew: sensor === undefined };
  if (sensor === undefined) {
    return { ...base, kind, unit: unit === null ? null : symbolOf(unit), convert: null };
  }
  // A switch is 0 and 1, which a sensor of numbers takes as they are.
  if (kind !== sensor.kind && !(kind === "binary" && sensor.kind === "number")) {
    const message = `${shown(name)} has ${WORDS[sensor.kind]}, the file has ${WORDS[kind]} for it`;
    return { key, action: "conflict", field: "name", message };
  }
  const existing = { ...base, kind: sensor.kind, unit: sensor.unit, convert: null };
  if (unit === null || sensor.unit === null || sameUnit(unit, sensor.unit)) return existing;
  const convert = conversion(unit, sensor.unit);
  if (convert !== null) return { ...existing, convert };
  return {
    key,
    action: "conflict",
    field: "unit",
    message: `${unit} cannot be converted into ${sensor.unit}, the unit of ${shown(name)}`,
  };
}

const WORDS = { number: "numbers", binary: "on and off", text: "texts" } as const;

function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
