import { messageOf } from "../../base/errors.ts";

/** Written by root: one unit a line, `#` begins a remark. */
export const UNITS_FILE = "/etc/perch/units";

/** The units that Perch looks after, and why the list or a line of it does not count. */
export interface UnitList {
  units: readonly string[];
  trouble: string | null;
}

const MOST_BYTES = 65_536;
const MOST_UNITS = 100;
/** Names of units (man systemd.unit); nothing that could be a path or a command. */
const UNIT = /^[A-Za-z0-9:_.\\@-]{1,240}\.(service|socket|timer|mount)$/;
const OTHERS_WRITE = 0o022;
/** Perch cannot watch itself; systemd does. */
const OWN = "perch.service";

/**
 * Reads the list. It counts only when `ownerUid` (root) owns it and nobody else can write it: whoever writes it
 * decides what Perch restarts. A list that is not there is empty.
 */
export async function readUnitList(path = UNITS_FILE, ownerUid = 0): Promise<UnitList> {
  try {
    using file = await Deno.open(path, { read: true });
    // Of the open file: what is read is what was looked at.
    const { isFile, uid, mode, size } = await file.stat();
    if (!isFile) return refused(path, "it is not a file");
    if (uid !== ownerUid) return refused(path, "it does not belong to root (chown root)");
    if (((mode ?? OTHERS_WRITE) & OTHERS_WRITE) !== 0) {
      return refused(path, "others than root can write it (chmod go-w)");
    }
    if (size > MOST_BYTES) return refused(path, `it has more than ${MOST_BYTES} bytes`);
    return parseUnits(path, await new Response(file.readable).text());
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { units: [], trouble: null };
    return refused(path, messageOf(error));
  }
}

function refused(path: string, why: string): UnitList {
  return { units: [], trouble: `${path} is not followed: ${why}` };
}

/** Lines that name no unit are left out and named. */
export function parseUnits(path: string, text: string): UnitList {
  const units = new Set<string>();
  let trouble: string | null = null;
  for (const [at, line] of text.split("\n").entries()) {
    const word = line.replace(/#.*/, "").trim();
    if (word === "") continue;
    const name = /\.[a-z]+$/.test(word) ? word : `${word}.service`;
    const wrong = !UNIT.test(name)
      ? `"${word.slice(0, 60)}" is no unit (a name such as mosquitto.service)`
      : name === OWN
      ? "systemd itself restarts Perch; leave it out"
      : units.size >= MOST_UNITS
      ? `more than ${MOST_UNITS} units are not watched`
      : null;
    if (wrong === null) units.add(name);
    else trouble ??= `${path}, line ${at + 1}: ${wrong}`;
  }
  return { units: [...units], trouble };
}
