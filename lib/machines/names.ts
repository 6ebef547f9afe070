const LEVELS_MOST = 12;
const LEVEL_CHARS_MOST = 128;
// Control characters, MQTT wildcards and invisible direction marks have no place in a name.
// deno-lint-ignore no-control-regex
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f+#\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** What nearly all names are; the rest is looked at level by level. */
const PLAIN = /^\w[\w .-]{0,126}(?:\/\w[\w .-]{0,126}){1,11}$/;

/** Whether a sensor's full name is good at first sight: levels of letters, digits, `_`, `-`, `.` and blanks. */
export function isPlainName(name: string): boolean {
  return PLAIN.test(name);
}

/**
 * Says what is wrong with a sensor's full name, or null when it is good:
 * 2 to 12 levels separated by `/`, each 1 to 128 characters, without control characters, `+` or `#`, and none
 * `.` or `..`: names stand in addresses, where those two lead elsewhere.
 */
export function nameFault(name: string): string | null {
  if (isPlainName(name)) return null;
  const levels = name.split("/");
  if (levels.length < 2 || levels.length > LEVELS_MOST) {
    return `a sensor's name has 2 to ${LEVELS_MOST} levels (area/machine/sensor), not ${levels.length}`;
  }
  for (const level of levels) {
    const bare = level.trim();
    if (bare === "") return "a level of the sensor's name is empty";
    if (bare === "." || bare === "..") {
      return `a level of the sensor's name is "${bare}", which is no name`;
    }
    if (level.length > LEVEL_CHARS_MOST) {
      return `a level of the sensor's name has ${level.length} characters; ${LEVEL_CHARS_MOST} are allowed`;
    }
    if (FORBIDDEN.test(level)) return "the sensor's name has a control character, + or #";
  }
  return null;
}

/** The same for the path of a machine, or of a part of the plant: 1 to 11 levels. */
export function pathFault(path: string): string | null {
  const fault = nameFault(`${path}/x`);
  if (fault === null) return null;
  return path.split("/").length >= LEVELS_MOST
    ? `a machine's path has 1 to ${LEVELS_MOST - 1} levels (area/machine)`
    : fault.replaceAll("sensor's name", "machine's path");
}
