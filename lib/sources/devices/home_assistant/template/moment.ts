import { Moment } from "./values.ts";

const ISO =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** A date, with or without its time and zone, as Home Assistant reads it; null: it is none. */
export function momentOf(text: string): Moment | null {
  const match = ISO.exec(text.trim());
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) =>
    Number(part ?? 0)
  );
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return null;
  const ms = Math.floor(Number(`0.${match[7] ?? 0}`) * 1000);
  const utcMs = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  // Date.UTC takes the 30th of February for one of March.
  if (year < 100 || day < 1 || new Date(utcMs).getUTCDate() !== day) return null;
  const offsetMs = offsetOf(match[8]);
  return new Moment(utcMs - (offsetMs ?? 0), offsetMs);
}

function offsetOf(zone: string | undefined): number | null {
  if (zone === undefined) return null;
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(":", "") || 0);
  return (zone.startsWith("-") ? -1 : 1) * minutes * 60_000;
}
