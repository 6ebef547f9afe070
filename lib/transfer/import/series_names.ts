/**
 * Names that series of other programs get, as suggestions: a person edits them before. The rules are simple on purpose.
 */
import { guessUnit } from "../../machines/guess.ts";
import { symbolOf } from "../../machines/units.ts";
import type { ImportSeries } from "./format.ts";

const LEVELS_MOST = 12;
const LEVEL_CHARS_MOST = 128;
const PATH_CHARS_MOST = 200;
// What names may not have (lib/machines/names.ts).
// deno-lint-ignore no-control-regex
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f+#\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g;

/** Levels as the path of a sensor; what is not allowed in a name becomes `_`. */
export function pathOf(levels: readonly string[]): string {
  const good = levels.map(levelOf).filter((level) => level !== "");
  if (good.length < 2) good.unshift("imported");
  if (good.length < 2) good.push("value");
  if (good.length > LEVELS_MOST) {
    const middle = good.splice(LEVELS_MOST - 2, good.length - LEVELS_MOST + 1);
    good.splice(-1, 0, levelOf(middle.join(" ")));
  }
  const path = good.join("/");
  if (path.length <= PATH_CHARS_MOST) return path;
  const each = Math.floor(PATH_CHARS_MOST / good.length) - 1;
  return good.map((level) => level.slice(0, each).toWellFormed().trim()).join("/");
}

function levelOf(text: string): string {
  const level = text.toWellFormed().replace(FORBIDDEN, "_").replaceAll("/", "-").trim();
  return level === "." || level === ".."
    ? "_"
    : level.slice(0, LEVEL_CHARS_MOST).toWellFormed().trim();
}

/** Tags, labels: `[name, value]`. */
export type Tags = readonly (readonly [string, string])[];

const byName = (tags: Tags) => tags.toSorted(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);

/** A field of an Influx series: `press,machine=p1 temperature` becomes `press/p1/temperature`. */
export function influxNames(
  measurement: string,
  tags: Tags,
  field: string,
): Pick<ImportSeries, "key" | "suggested" | "unit"> {
  const sorted = byName(tags);
  return {
    key: `${[measurement, ...sorted.map((tag) => tag.join("="))].join(",")} ${field}`,
    suggested: pathOf([measurement, ...sorted.map(([, value]) => value), field]),
    unit: unitOfName(field) ?? (field === "value" ? unitOfName(measurement) : null),
  };
}

/** `up{job="hall",zone="a"}` becomes `hall/a/up`. */
export function prometheusNames(
  name: string,
  labels: Tags,
): Pick<ImportSeries, "key" | "suggested" | "unit"> {
  const sorted = byName(labels);
  const first = ["job", "instance"];
  const rank = (label: string) => (first.indexOf(label) + 1) || first.length + 1;
  const levels = sorted.toSorted(([a], [b]) => rank(a) - rank(b)).map(([, value]) => value);
  const braces = sorted.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(",");
  return {
    key: braces === "" ? name : `${name}{${braces}}`,
    suggested: pathOf(levels.length === 0 ? ["prometheus", name] : [...levels, name]),
    unit: unitOfName(name),
  };
}

/** Quantities of two words, which stay together. */
const TWO_WORDS =
  /^(.+)_((?:apparent|reactive|active)_power|power_factor|dew_point|carbon_(?:di|mon)oxide|(?:signal|link)_(?:strength|quality)|(?:atmospheric|air)_pressure|air_quality|battery_(?:level|voltage)|wind_(?:speed|direction|gust)|rain_rate|set_?point|(?:relative|absolute)_humidity|energy_(?:total|today)|total_energy)$/;

/** An entity of Home Assistant: `sensor.loft_temperature` becomes `loft/temperature`, `switch.pump` `switch/pump`. */
export function entityPath(entity: string): string {
  const [, domain, id] = /^([^.:]+)[.:](.+)$/.exec(entity) ?? [entity, "sensor", entity];
  if (domain !== "sensor" && domain !== "binary_sensor") return pathOf([domain, id]);
  const [, machine, sensor] = TWO_WORDS.exec(id) ?? /^(.+)_([^_]+)$/.exec(id) ?? [id, "home", id];
  return pathOf([machine, sensor]);
}

/** Words that are nothing but a unit when a name ends with them. */
const UNIT_ENDS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ["°C", "celsius degc"],
    ["°F", "fahrenheit degf"],
    ["K", "kelvin"],
    ["%", "percent pct"],
    ["V", "volt volts"],
    ["mV", "millivolts"],
    ["A", "ampere amperes amps"],
    ["W", "watt watts"],
    ["kW", "kw kilowatts"],
    ["Wh", "wh"],
    ["kWh", "kwh"],
    ["J", "joules"],
    ["Pa", "pascal pascals"],
    ["hPa", "hpa"],
    ["kPa", "kpa"],
    ["mbar", "mbar"],
    ["bar", "bar"],
    ["psi", "psi"],
    ["s", "seconds"],
    ["ms", "milliseconds"],
    ["m", "meters metres"],
    ["mm", "mm"],
    ["g", "grams"],
    ["kg", "kg kilograms"],
    ["L", "liters litres"],
    ["Hz", "hertz hz"],
    ["B", "bytes"],
    ["rpm", "rpm"],
    ["ppm", "ppm"],
    ["lx", "lux"],
    ["Ω", "ohms"],
  ].flatMap(([unit, words]) => words.split(" ").map((word) => [word, unit])),
);

/** The unit that a name ends with (`room_temperature_celsius`, `energy_kwh_total`), or that it gives away. */
export function unitOfName(name: string): string | null {
  const end = name.toLowerCase().replace(/_total$/, "").split(/[^a-z0-9]+/).at(-1) ?? "";
  return Object.hasOwn(UNIT_ENDS, end) ? UNIT_ENDS[end] : guessUnit(name);
}

/** A header such as `Kessel °C`, `Druck [bar]`, `Feuchte (%)`: its name and its unit. */
export function headerParts(
  header: string,
  isUnit: (text: string) => boolean,
): { name: string; unit: string | null } {
  const text = header.trim();
  const [, bare, bracketed] = /^(.+?)\s*[\[(]\s*([^\])]+?)\s*[\])]$/.exec(text) ?? [];
  if (bare !== undefined && (isUnit(bracketed) || bracketed.length <= 8)) {
    return { name: bare, unit: symbolOf(bracketed) };
  }
  const [, first, last] = /^(.+?)\s+(\S+)$/.exec(text) ?? [];
  // One letter is the name of something (`Zone A`) as often as a unit; a sign or several letters are a unit.
  const clear = last !== undefined && isUnit(last) &&
    (/[^\p{L}\d]/u.test(last) || (last.length >= 2 && last.toLowerCase() !== "min"));
  return clear ? { name: first, unit: symbolOf(last) } : { name: text, unit: unitOfName(text) };
}
