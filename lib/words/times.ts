/** Times and lengths of time for people: server and browser give the same text. Pure. */
import { grouped, number, plain } from "./numbers.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A length of time in its largest unit: `12 s`, `3 min`, `5 h`, `2 d`. */
export function duration(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 0.95) return `${Math.round(ms)} ms`;
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 90 * 60) return `${Math.round(s / 60)} min`;
  if (s < 36 * 3600) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
}

/** How long something has been so: a second at least, as nobody reads milliseconds. */
export function lasted(ms: number): string {
  return duration(Math.max(1_000, ms));
}

/** A length of time in a sentence, with more digits than `duration`: `90 s`, `2.5 h`, `3 days`. */
export function span(ms: number): string {
  const s = ms / 1000;
  if (s < 120) return `${plain(s)} s`;
  if (s < 7200) return `${plain(Math.round(s / 6) / 10)} min`;
  if (s < 172_800) return `${plain(Math.round(s / 360) / 10)} h`;
  return `${plain(Math.round(s / 8640) / 10)} days`;
}

/** `12 s ago`; `just now` within the last second and for clocks that run ahead. */
export function ago(ms: number): string {
  return ms < 1500 ? "just now" : `${duration(ms)} ago`;
}

/** How often something comes: `every 2 s`, `20 times a second`. */
export function rhythm(intervalMs: number): string {
  if (intervalMs >= 950) return `every ${duration(intervalMs)}`;
  const perS = 1000 / intervalMs;
  return `${perS >= 10 ? grouped(perS) : number(perS)} times a second`;
}

/** Date and time in `zone` (an IANA name), `2026-01-05 12:00:03`. */
export function dateTime(tMs: number, zone: string): string {
  let format = formats.get(zone);
  if (format === undefined) {
    // Swedish writes them just so: a third of the work of assembling the parts of another language.
    format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
    // Whoever asks names zones, in as many spellings as they like.
    if (formats.size >= FORMATS_MOST) formats.delete(formats.keys().next().value!);
    formats.set(zone, format);
  }
  return format.format(tMs);
}

/** Time of day in `zone`; with the date when it is not today's. */
export function clockTime(tMs: number, nowMs: number, zone: string): string {
  const at = dateTime(tMs, zone);
  return at.slice(0, 10) === dateTime(nowMs, zone).slice(0, 10)
    ? at.slice(11, 16)
    : at.slice(0, 16);
}

const FORMATS_MOST = 100;
const formats = new Map<string, Intl.DateTimeFormat>();
