/** How numbers, times and sizes are written on pages. Pure: server and browser give the same text. */

/** From here on numbers are not written out digit by digit. */
const FIXED_MOST = 1e15;

/**
 * A measured value with `decimals` where a person has set them, else with as many as fit its size; tabular, so
 * that it does not jump about.
 */
export function number(value: number, decimals: number | null = null): string {
  if (decimals !== null && Math.abs(value) < FIXED_MOST) return sign(value.toFixed(decimals));
  const size = Math.abs(value);
  if (size >= FIXED_MOST || (size > 0 && size < 1e-4)) return sign(value.toExponential(2));
  if (size >= 10_000) return grouped(Math.round(value));
  const fitting = size >= 1000 || (size >= 100 && Number.isInteger(value))
    ? 0
    : size >= 10
    ? 1
    : size >= 1 || value === 0
    ? 2
    : 3;
  return sign(value.toFixed(fitting));
}

/** A whole number with thin spaces between thousands. */
export function grouped(value: number): string {
  return sign(String(Math.round(value))).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A count in few characters: `950`, `12.4 k`, `41 M`. */
export function compact(value: number): string {
  for (const [factor, unit] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]] as const) {
    if (value < factor) continue;
    const n = value / factor;
    return `${n >= 100 ? n.toFixed(0) : n.toFixed(1)}\u202f${unit}`;
  }
  return String(Math.round(value));
}

/** Bytes in decimal units. */
export function bytes(value: number): string {
  return value < 1000 ? `${value}\u202fB` : `${compact(value)}B`;
}

/** A length of time in its largest unit: `12 s`, `3 min`, `5 h`, `2 d`. */
export function duration(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 0.95) return `${Math.round(ms)} ms`;
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 90 * 60) return `${Math.round(s / 60)} min`;
  if (s < 36 * 3600) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
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
  const p = parts(tMs, zone);
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`;
}

/** Time of day in `zone`; with the date when it is not today's. */
export function clockTime(tMs: number, nowMs: number, zone: string): string {
  const at = dateTime(tMs, zone);
  return at.slice(0, 10) === dateTime(nowMs, zone).slice(0, 10)
    ? at.slice(11, 16)
    : at.slice(0, 16);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function parts(tMs: number, zone: string): Record<string, string> {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
    formats.set(zone, format);
  }
  return Object.fromEntries(format.formatToParts(tMs).map(({ type, value }) => [type, value]));
}

function sign(text: string): string {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace("-", "\u2212");
}

/** A reading as text, without its unit; with `decimals` where a person has set them. `on`/`off` for binary sensors. */
export function valueText(
  kind: "number" | "binary" | "text",
  value: number | string,
  decimals: number | null = null,
): string {
  if (typeof value === "string") return value;
  return kind === "binary" ? (value === 0 ? "off" : "on") : number(value, decimals);
}

/** `motor_current` → `motor current`, `press-3` → `press 3`: names as people read them. */
export function label(name: string): string {
  return name.replaceAll(/[_-]+/g, " ");
}

/** Words with a spelling of their own. */
const SPELLINGS: Record<string, string> = { ph: "pH", rpm: "RPM", co2: "CO₂" };

/** A name as a heading: `motor_current` → `Motor current`, `ph` → `pH`. */
export function title(name: string): string {
  const text = label(name).split(" ").map((word) => SPELLINGS[word] ?? word).join(" ");
  return /^pH\b/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}
