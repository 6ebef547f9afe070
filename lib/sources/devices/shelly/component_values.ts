/** How the values of a component are found in what a device says of it. */
import type { Value } from "../kit/book.ts";
import { isObject, type Json, own } from "../kit/content.ts";
import { componentOf, COMPONENTS, SERVICE } from "./components.ts";

/** About components, and of moments: nothing that is measured. */
const NO_VALUES =
  /^(?:id|source|ts|.*_ts|.*_at|timer_\w+|.*_period|.*_?timeout|target_pos|move_\w+|last_\w+|pos_control|transition|calibration|packet_id|minute_ts|flags)$/;
const KEYS_MOST = 64;

/** How a component of a name is read: made once for each, as a device says the same ones for ever. */
export interface ComponentPlan {
  name: string;
  fields: readonly { key: string; path: readonly string[]; at: readonly string[]; unit?: string }[];
  /** What of it is read beside; null: nothing. */
  others: Map<string, { key: string; at: readonly string[] } | null> | null;
  errors: { key: string; at: readonly string[] };
}

/** The plan of `switch:0`; null when it is no component. */
export function planOf(name: string): ComponentPlan | null {
  const component = componentOf(name);
  if (component === null) return null;
  const { type, id } = component;
  const place = (path: readonly string[]) => ({
    ...{ key: `${name}.${path.join(".")}`, at: [type, id ?? "", ...path] },
  });
  const fields = own(COMPONENTS, type) ?? [];
  const isService = SERVICE.test(type) || id === null;
  return {
    name,
    fields: fields.map(({ path, unit }) => ({ ...place(path), path, ...(unit ? { unit } : {}) })),
    others: isService ? null : new Map(fields.map(({ path: [first] }) => [first, null])),
    errors: place(["errors"]),
  };
}

/**
 * The values of one component. In Celsius where both are sent: they are the same quantity.
 * @param had keys of values that it sent before: errors that are not said any more are over
 */
export function componentValues(
  plan: ComponentPlan,
  json: Json,
  whole: boolean,
  had: (key: string) => boolean,
): Value[] {
  const values: Value[] = [];
  for (const { key, path, at, unit } of plan.fields) {
    let found: unknown = json;
    for (const step of path) found = isObject(found) ? found[step] : undefined;
    let stated = unit;
    if (found === undefined && path[path.length - 1] === "tC") {
      found = inFahrenheit(path, json);
      stated = "°F";
    }
    if (found === undefined || typeof found === "object" && found !== null) continue;
    values.push(
      stated === undefined ? { key, path: at, json: found } : {
        ...{ key, path: at, json: found, unit: stated },
      },
    );
  }
  if (plan.others !== null) addOthers(plan, plan.others, json, values);
  const errors = errorsOf(json);
  const said = errors ?? (whole && had(plan.errors.key) ? "none" : null);
  if (said !== null) values.push({ key: plan.errors.key, path: plan.errors.at, json: said });
  return values;
}

function inFahrenheit(path: readonly string[], json: Json): unknown {
  const at = path.length === 1 ? json : json[path[0]];
  return isObject(at) ? at.tF : undefined;
}

function addOthers(
  plan: ComponentPlan,
  others: NonNullable<ComponentPlan["others"]>,
  json: Json,
  values: Value[],
): void {
  for (const key in json) {
    const value = json[key];
    if (typeof value !== "number" && typeof value !== "boolean") continue;
    let place = others.get(key);
    if (place === undefined) {
      const none = NO_VALUES.test(key) || key === "tF" || key.endsWith("_F") || key.length > 40;
      const { at: [type, id] } = plan.errors;
      place = none ? null : { key: `${plan.name}.${key}`, at: [type, id, key] };
      if (others.size < KEYS_MOST) others.set(key, place);
    }
    if (place !== null) values.push({ key: place.key, path: place.at, json: value });
    if (values.length > KEYS_MOST) return;
  }
}

const PHASE_ERRORS = ["errors", "a_errors", "b_errors", "c_errors", "n_errors"];

/** What is wrong with a component, or with one phase of it; null: it does not say. */
function errorsOf(json: Json): string | null {
  let texts: string[] | null = null;
  for (const key of PHASE_ERRORS) {
    const list = json[key];
    if (!Array.isArray(list)) continue;
    texts ??= [];
    const phase = key === "errors" ? "" : `${key.charAt(0).toUpperCase()}: `;
    for (const one of list) if (typeof one === "string") texts.push(phase + one);
  }
  return texts === null ? null : texts.length === 0 ? "none" : texts.join(", ");
}
