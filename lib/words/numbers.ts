/** Numbers for people. Pure. */

/** From here on numbers are not written out digit by digit. */
const WRITTEN_OUT_MOST = 1e15;
const WRITTEN_OUT_LEAST = 1e-4;
/** A double needs no more to differ from its neighbours. */
const DECIMALS_MOST = 20;

/**
 * A measured value: about four significant digits, no exponent where it can be avoided, and nothing rounded
 * before its decimal point.
 */
export function plain(x: number): string {
  if (!isWrittenOut(x)) return Number.isFinite(x) ? x.toExponential(2) : String(x);
  return withDecimals(x, decimalsOf(x, 4));
}

/** A number exactly as a person set it: `1013.5`, `0.00025`. */
export function exact(x: number): string {
  return withDecimals(x, decimalsIn(x));
}

/** A value next to a limit: as `plain`, with the decimals that it takes to differ from the limit. */
export function beside(value: number, limit: number): string {
  if (value === limit) return exact(limit);
  if (!isWrittenOut(value) || !isWrittenOut(limit)) return String(value);
  const least = Math.max(decimalsOf(value, 4), decimalsIn(limit));
  for (let decimals = least; decimals <= DECIMALS_MOST; decimals++) {
    const text = withDecimals(value, decimals);
    if (Number(text) !== limit) return text;
  }
  return String(value);
}

/**
 * A measured value on a page: with `decimals` where a person has set them, else with as many as fit its size, so
 * that it does not jump about.
 */
export function number(value: number, decimals: number | null = null): string {
  if (decimals !== null && Math.abs(value) < WRITTEN_OUT_MOST) return sign(value.toFixed(decimals));
  const size = Math.abs(value);
  if (size >= WRITTEN_OUT_MOST || (size > 0 && size < WRITTEN_OUT_LEAST)) {
    return sign(value.toExponential(2));
  }
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
    return `${n >= 100 ? grouped(n) : n.toFixed(1)}\u202f${unit}`;
  }
  return String(Math.round(value));
}

/** Bytes in decimal units. */
export function bytes(value: number): string {
  return value < 1000 ? `${value}\u202fB` : `${compact(value)}B`;
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

function isWrittenOut(x: number): boolean {
  const size = Math.abs(x);
  return size === 0 || (size >= WRITTEN_OUT_LEAST && size < WRITTEN_OUT_MOST);
}

/** Decimals that leave `digits` significant ones; 0 where the whole part has as many. */
function decimalsOf(x: number, digits: number): number {
  const whole = x === 0 ? 1 : Math.floor(Math.log10(Math.abs(x))) + 1;
  return Math.max(0, digits - whole);
}

/** Decimals of the shortest text that is this number. */
function decimalsIn(x: number): number {
  const [, fraction = "", exponent = "0"] = /^-?\d+(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(x)) ??
    [];
  return Math.max(0, fraction.length - Number(exponent));
}

/** Without zeros at the end. */
function withDecimals(x: number, decimals: number): string {
  if (!Number.isFinite(x) || Math.abs(x) >= 1e21 || decimals > 100) return String(x);
  const text = x.toFixed(decimals);
  const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return short === "-0" ? "0" : short;
}

/** With a real minus sign, and none before zero. */
function sign(text: string): string {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace("-", "\u2212");
}

const EVERY: Readonly<Record<string, string>> = {
  s: "second",
  sec: "second",
  min: "minute",
  h: "hour",
  hr: "hour",
  d: "day",
};

/**
 * A unit as it is printed beside a value: a bare rate in words (`1/h` → `per hour`), nothing for a bare count. What is
 * stored and what the API answers stays as it is.
 */
export function unitText(unit: string | null | undefined): string {
  if (unit == null) return "";
  const every = EVERY[/^1?\/(s|sec|min|h|hr|d)$/.exec(unit)?.[1] ?? ""];
  if (every !== undefined) return `per ${every}`;
  return /^(1|\/|#|counts?|none|unitless|dimensionless)$/i.test(unit) ? "" : unit;
}

/** `83.4 °C`, `5 per hour`, `3`. */
export function withUnit(text: string, unit: string | null | undefined): string {
  const shown = unitText(unit);
  return shown === "" ? text : `${text} ${shown}`;
}
