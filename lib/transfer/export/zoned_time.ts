import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../words/times.ts";

/** Writes times as text in one zone, millions of them: an offset holds until the clocks change, a date for a day. */
export interface ZonedTime {
  /** ISO 8601 with milliseconds where there are any, and the offset: `2026-10-25T02:30:00.250+02:00`. */
  iso(tMs: number): string;
  /** As spreadsheets take it for a date: `2026-10-25 02:30:00`. */
  local(tMs: number): string;
}

export function createZonedTime(zone: string): ZonedTime {
  let fromMs = Infinity;
  let untilMs = -Infinity;
  let offsetMs = 0;
  let suffix = "Z";
  let day = NaN;
  let dayText = "";

  function findOffset(tMs: number): void {
    const at = Temporal.Instant.fromEpochMilliseconds(tMs).toZonedDateTimeISO(zone);
    offsetMs = Math.round(at.offsetNanoseconds / 1e6);
    // Of what is before, another moment is asked: this may be the very one of a change.
    fromMs = tMs;
    untilMs = at.getTimeZoneTransition("next")?.epochMilliseconds ?? Infinity;
    suffix = zone === "UTC" ? "Z" : offsetText(offsetMs);
  }

  function dateAndTime(tMs: number, between: string): string {
    if (!(tMs >= fromMs && tMs < untilMs)) findOffset(tMs);
    const localMs = tMs + offsetMs;
    const number = Math.floor(localMs / DAY_MS);
    if (number !== day) {
      day = number;
      dayText = new Date(day * DAY_MS).toISOString().slice(0, -"T00:00:00.000Z".length);
    }
    const ms = localMs - number * DAY_MS;
    const hours = Math.floor(ms / HOUR_MS);
    const minutes = Math.floor(ms / MINUTE_MS) % 60;
    const seconds = Math.floor(ms / 1000) % 60;
    return `${dayText}${between}${PAIRS[hours]}:${PAIRS[minutes]}:${PAIRS[seconds]}`;
  }

  return {
    iso(tMs) {
      const text = dateAndTime(tMs, "T");
      const ms = (tMs % 1000 + 1000) % 1000;
      return ms === 0 ? text + suffix : `${text}.${String(ms).padStart(3, "0")}${suffix}`;
    },
    local: (tMs) => dateAndTime(tMs, " "),
  };
}

const PAIRS = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, "0"));

function offsetText(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / MINUTE_MS);
  return `${offsetMs < 0 ? "-" : "+"}${PAIRS[Math.floor(minutes / 60)]}:${PAIRS[minutes % 60]}`;
}
