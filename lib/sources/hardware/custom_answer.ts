/** What a driver that somebody wrote may answer: which files it needs, or what it measured. Pure. */
import { pathFault } from "../../machines/names.ts";

export interface DriverValue {
  name: string;
  title: string;
  unit: string | null;
  value: number;
}
export type DriverAnswer =
  | { read: string[]; list: string[] }
  | { values: DriverValue[] }
  /** A sentence without its end. */
  | { fault: string };

/** What it may read, with all below. Links within them lead to other parts of `/sys`, which everybody may read. */
export const DRIVER_ROOTS = [
  "/sys/bus/counter/devices",
  "/sys/bus/i2c/devices",
  "/sys/bus/iio/devices",
  "/sys/bus/spi/devices",
  "/sys/bus/w1/devices",
  "/sys/class/hwmon",
  "/sys/class/power_supply",
  "/sys/class/thermal",
] as const;
const PATHS_MOST = 64;
const PATH_CHARS = 300;
const VALUES_MOST = 100;

export function readDriverAnswer(answer: unknown): DriverAnswer {
  if (typeof answer !== "object" || answer === null) return { fault: "it has to answer an object" };
  const { read, list, values } = answer as Record<string, unknown>;
  if (values !== undefined) return valuesOf(values);
  if (read === undefined && list === undefined) {
    return { fault: "it answers neither values nor which files to read" };
  }
  const asked = { read: pathsOf(read), list: pathsOf(list) };
  const bad = [asked.read, asked.list].find((one) => typeof one === "string");
  if (bad !== undefined) return { fault: bad as string };
  return asked as { read: string[]; list: string[] };
}

function pathsOf(given: unknown): string[] | string {
  if (given === undefined) return [];
  if (!Array.isArray(given)) return "read and list are lists of paths";
  if (given.length > PATHS_MOST) return `it asks for more than ${PATHS_MOST} files at once`;
  for (const path of given) {
    if (typeof path !== "string" || path.length > PATH_CHARS || !isAllowed(path)) {
      return `it may not read ${String(path).slice(0, 80)}: only below ${DRIVER_ROOTS.join(", ")}`;
    }
  }
  return given;
}

function isAllowed(path: string): boolean {
  if (path.includes("\0") || path.split("/").includes("..")) return false;
  return DRIVER_ROOTS.some((root) => path === root || path.startsWith(`${root}/`));
}

function valuesOf(given: unknown): DriverAnswer {
  if (!Array.isArray(given)) return { fault: "values is a list" };
  if (given.length > VALUES_MOST) return { fault: `it gives more than ${VALUES_MOST} values` };
  const values: DriverValue[] = [];
  for (const one of given) {
    const { name, title, unit, value } = (one ?? {}) as Record<string, unknown>;
    const why = typeof name !== "string"
      ? "it is no text"
      : name.includes("/")
      ? "it has a /"
      : pathFault(name);
    if (why !== null) return { fault: `a value's name cannot be: ${why}` };
    if (values.some((other) => other.name === name)) return { fault: `two values are "${name}"` };
    if (typeof value !== "number" || !Number.isFinite(value)) {
      return { fault: `the value of "${name}" is no number` };
    }
    values.push({
      name: name as string,
      title: typeof title === "string" && title.trim() !== "" ? title.slice(0, 60) : name as string,
      unit: typeof unit === "string" && unit.trim() !== "" ? unit.trim().slice(0, 24) : null,
      value,
    });
  }
  return { values };
}
