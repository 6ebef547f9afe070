/** Days of a time zone. Pure. */

/** When a day begins in `zone`; where clocks leave out midnight, a little later. */
export const beginOfDay = (day: Temporal.PlainDate, zone: string): number =>
  day.toZonedDateTime(zone).epochMilliseconds;

/** The day in `zone` (an IANA name) that holds `tMs`: its name, its beginning and its end. */
export function dayOf(tMs: number, zone: string): { name: string; fromMs: number; toMs: number } {
  const from = Temporal.Instant.fromEpochMilliseconds(Math.trunc(tMs)).toZonedDateTimeISO(zone)
    .startOfDay();
  return {
    name: from.toPlainDate().toString(),
    fromMs: from.epochMilliseconds,
    toMs: from.add({ days: 1 }).startOfDay().epochMilliseconds,
  };
}
