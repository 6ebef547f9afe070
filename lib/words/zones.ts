/** Time zones by their IANA names. Pure. */

/** The time zone of this name as IANA spells it, whatever its case; null: there is none. */
export function zoneNamed(name: string): string | null {
  if (!/^[a-z][\w+/-]{1,63}$/i.test(name)) return null;
  try {
    const { timeZoneId } = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return timeZoneId;
  } catch {
    return null;
  }
}

/** Whether there is a time zone of this name. */
export function isZone(name: string): boolean {
  return zoneNamed(name) !== null;
}

/** `Europe/Berlin (UTC+02:00)`, as it is at `tMs`. */
export function zoneText(zone: string, tMs: number): string {
  const { offset } = Temporal.Instant.fromEpochMilliseconds(Math.trunc(tMs)).toZonedDateTimeISO(
    zone,
  );
  return zone === "UTC" ? "UTC" : `${zone} (UTC${offset})`;
}
