/** Time zones by their IANA names. Pure. */

/** Whether there is a time zone of this name. */
export function isZone(name: string): boolean {
  if (name.length > 64) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** `Europe/Berlin (UTC+02:00)`, as it is at `tMs`. */
export function zoneText(zone: string, tMs: number): string {
  const { offset } = Temporal.Instant.fromEpochMilliseconds(Math.trunc(tMs)).toZonedDateTimeISO(
    zone,
  );
  return zone === "UTC" ? "UTC" : `${zone} (UTC${offset})`;
}
