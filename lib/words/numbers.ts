/** Numbers for people. Pure. */

/** From here on numbers are not written out digit by digit. */
const WRITTEN_OUT_MOST = 1e15;
const WRITTEN_OUT_LEAST = 1e-4;
/** A double needs no more to be told from its neighbours. */
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

/** A value next to a limit: as `plain`, with the decimals that it takes to tell it from the limit. */
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
