/** Which part of the plant a person means. Pure. */
import { PerchError } from "../base/errors.ts";
import { lastLevel } from "../words/names.ts";

/** A machine as it may be named. */
export interface NamedMachine {
  path: string;
  /** What people call it; null: nothing but its path. */
  name: string | null;
}

const SHOWN_MOST = 5;

/**
 * The path of the machine or area that `text` means: its path, the end of a path, or what people call it
 * (`Press 3` for `hall-1/press-3`), where that is only one. Else `fault` says what there is instead.
 */
export function placeOf(
  text: string,
  machines: readonly NamedMachine[],
): { path: string; fault: null } | { path: null; fault: string } {
  const wanted = text.trim().replace(/^\/+|\/+$/g, "");
  const places = placesOf(machines);
  if (places.has(wanted)) return { path: wanted, fault: null };
  const key = keyOf(wanted);
  const found = [...places].filter(([path, names]) =>
    path.endsWith(`/${wanted}`) || names.some((name) => keyOf(name) === key)
  ).map(([path]) => path);
  if (found.length === 1) return { path: found[0], fault: null };
  const shown = `“${text.slice(0, 80)}”`;
  if (found.length > 1) {
    return { path: null, fault: `${shown} fits several: ${listOf(found)}; give the whole path` };
  }
  const near = key === ""
    ? []
    : [...places].filter(([path, names]) =>
      [path, ...names].some((name) => keyOf(name).includes(key) || key.includes(keyOf(name)))
    ).map(([path]) => path);
  const hint = near.length > 0
    ? `do you mean ${listOf(near)}?`
    : places.size === 0
    ? "there is no machine yet"
    : `there are ${listOf([...places.keys()])}`;
  return { path: null, fault: `there is no machine or area ${shown}; ${hint}` };
}

/**
 * As `placeOf`, for what must name a place there is.
 * @throws PerchError `validation` naming `field`
 */
export function placeMeant(
  text: string,
  machines: readonly NamedMachine[],
  field: string,
): string {
  const { path, fault } = placeOf(text, machines);
  if (path !== null) return path;
  throw refused(field, fault);
}

/**
 * As `placeMeant`, where an area is not enough.
 * @throws PerchError `validation` naming `field`
 */
export function machineMeant(
  text: string,
  machines: readonly NamedMachine[],
  field: string,
): string {
  const path = placeMeant(text, machines, field);
  if (machines.some((machine) => machine.path === path)) return path;
  const below = machines.filter((machine) => machine.path.startsWith(`${path}/`));
  throw refused(
    field,
    `“${text.slice(0, 80)}” is an area; give one of its machines: ${
      listOf(below.map((one) => one.path))
    }`,
  );
}

function refused(field: string, fault: string): PerchError {
  return new PerchError("validation", `${field}: ${fault}`, {
    errors: [{ path: field, message: fault }],
  });
}

/** Every machine and area, each with what it may be called. */
function placesOf(machines: readonly NamedMachine[]): Map<string, string[]> {
  const places = new Map<string, string[]>();
  for (const { path } of machines) {
    const levels = path.split("/");
    for (let depth = 1; depth < levels.length; depth++) {
      places.set(levels.slice(0, depth).join("/"), [levels[depth - 1]]);
    }
  }
  for (const { path, name } of machines) {
    const last = lastLevel(path);
    places.set(path, name === null ? [last] : [name, last]);
  }
  return places;
}

/** `Press 3`, `press-3` and `PRESS_3` are one name. */
function keyOf(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]+/g, " ").trim();
}

function listOf(paths: readonly string[]): string {
  const more = paths.length - SHOWN_MOST;
  return paths.slice(0, SHOWN_MOST).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
