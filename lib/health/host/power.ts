import type { HostPower } from "../host_sample.ts";

/*
 * A Pi's firmware says whether its supply is too weak and whether it runs slower therefore. The kernel shows it in
 * two places, which both ask the firmware every two seconds and clear its memory as they do:
 *
 * - `in0_lcrit_alarm` of the hwmon named `rpi_volt`: under-voltage in these two seconds;
 * - `get_throttled` of the firmware's driver: all bits, in hex. Some kernels always say 0 there
 *   (raspberrypi/linux #2367), so a 0 counts only after something else was seen.
 *
 * So what happened since the boot is known only as far as it was seen: it is true or null, never false.
 */

type Conditions = HostPower["sinceBoot"];
type Condition = keyof Conditions;

const BITS: Readonly<Record<Condition, number>> = {
  underVoltage: 0,
  frequencyCapped: 1,
  throttled: 2,
  softTemperatureLimit: 3,
};
const NAMES = Object.keys(BITS) as Condition[];
/** The bits of what was the case before stand so much higher. */
const EARLIER = 16;

/** What was seen since Perch started. */
export interface PowerSeen {
  /** The register once said something else than 0: it works. */
  works: boolean;
  conditions: ReadonlySet<Condition>;
}

export const NOTHING_SEEN: PowerSeen = { works: false, conditions: new Set() };

/**
 * Judges the texts of the two files, null where they are missing. Null for `power`: neither says anything, as on
 * other hosts, on a Pi Zero and on Compute Modules.
 */
export function judgePower(
  alarm: string | null,
  throttled: string | null,
  seen: PowerSeen,
): { power: HostPower | null; seen: PowerSeen } {
  const bits = parseThrottled(throttled);
  const works = seen.works || (bits !== null && bits !== 0);
  const now = {} as Conditions;
  const conditions = new Set(seen.conditions);
  for (const name of NAMES) {
    now[name] = works && bits !== null ? hasBit(bits, BITS[name]) : null;
    const earlier = bits !== null && hasBit(bits, BITS[name] + EARLIER);
    if (now[name] === true || earlier) conditions.add(name);
  }
  const alarmed = parseAlarm(alarm);
  if (alarmed !== null) now.underVoltage = alarmed;
  if (alarmed === true) conditions.add("underVoltage");
  const sinceBoot = {} as Conditions;
  for (const name of NAMES) sinceBoot[name] = conditions.has(name) ? true : null;
  const isKnown = NAMES.some((name) => now[name] !== null || sinceBoot[name] !== null);
  return { power: isKnown ? { ...now, sinceBoot } : null, seen: { works, conditions } };
}

const hasBit = (bits: number, bit: number) => (bits & (1 << bit)) !== 0;

function parseAlarm(text: string | null): boolean | null {
  const value = text?.trim();
  return value === "1" ? true : value === "0" ? false : null;
}

/** The kernel writes no `0x`; other sources of the same figure do. */
function parseThrottled(text: string | null): number | null {
  const match = /^(?:0x)?([0-9a-f]{1,8})\s*$/i.exec(text ?? "");
  return match === null ? null : parseInt(match[1], 16);
}
