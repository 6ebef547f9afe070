/** Names as people read them. Pure. */

/** `motor_current` → `motor current`, `press-3` → `press 3`: names as people read them. */
export function label(name: string): string {
  return name.replaceAll(/[_-]+/g, " ");
}

/** Words with a spelling of their own. */
const SPELLINGS: Record<string, string> = { ph: "pH", rpm: "RPM", co2: "CO₂", sms: "SMS" };

/** A name as a heading: `motor_current` → `Motor current`, `ph` → `pH`. */
export function title(name: string): string {
  const text = label(name).split(" ").map((word) => SPELLINGS[word] ?? word).join(" ");
  return /^pH\b/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

/** The last level of a path: what a machine, an area or a sensor is called where nobody gave it a name. */
export function lastLevel(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A name that somebody gave, at the head of a sentence: `oil level` → `Oil level`; `pH` and `mA loop` stay. */
function capital(name: string): string {
  return /^\p{Ll}(?!\p{Lu})/u.test(name) ? name[0].toUpperCase() + name.slice(1) : name;
}

/**
 * What people call a sensor, as a heading and at the head of a sentence, by its name (full or last level) where nobody
 * gave it one: **the one place for it**.
 */
export function sensorTitle(
  { settings, sensor }: { settings: { display_name: string | null }; sensor: string },
): string {
  const given = settings.display_name;
  return given === null ? title(lastLevel(sensor)) : capital(given);
}

/** The same within a sentence: `oil level`, `pH`, `PT100`. */
export function withinSentence(name: string): string {
  return /^[A-Z][^A-Z]+$/.test(name) ? name[0].toLowerCase() + name.slice(1) : name;
}

/** What people call a machine: **the one place for it**. */
export function machineTitle({ name, path }: { name: string | null; path: string }): string {
  return name ?? title(lastLevel(path));
}

/** The same by its path. */
export function machineTitleAt(
  machines: { find(path: string): { name: string | null; path: string } | undefined },
  path: string,
): string {
  return machineTitle(machines.find(path) ?? { name: null, path });
}

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = typeof WEEKDAYS[number];

export const WEEKDAY_NAMES: Readonly<Record<Weekday, string>> = {
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
};

/** `Mon`. */
export function shortWeekday(day: Weekday): string {
  return WEEKDAY_NAMES[day].slice(0, 3);
}
