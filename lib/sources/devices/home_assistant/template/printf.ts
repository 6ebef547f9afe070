import type { Budget } from "./budget.ts";
import { floatOf, intOf } from "./numbers.ts";
import { textOf } from "./text.ts";
import { Failure, isNumber, type Value } from "./values.ts";

const FIELD = /%(?:%|([-+ 0#]*)(\d{0,3})(?:\.(\d{1,2}))?([sdifFeEgGxXou]))/g;

/** `"%.1f" | format(x)` and `"%.1f" % x`, of C's formats those that people use. */
export function printf(format: string, args: readonly Value[], budget: Budget): string {
  let next = 0;
  const out = format.replace(FIELD, (whole, flags = "", width = "", precision, kind) => {
    if (whole === "%%") return "%";
    budget.spend();
    if (next >= args.length) throw new Failure("a format has too few values");
    const text = field(args[next++], kind, precision === undefined ? null : Number(precision));
    return padded(flags.includes("+") && isPositive(text, kind) ? `+${text}` : text, flags, width);
  });
  if (next < args.length && !format.includes("%")) throw new Failure("a format has no place");
  return budget.value(out);
}

function isPositive(text: string, kind: string): boolean {
  return kind !== "s" && !text.startsWith("-");
}

function padded(text: string, flags: string, width: string): string {
  const most = Number(width);
  if (flags.includes("-")) return text.padEnd(most);
  if (!flags.includes("0")) return text.padStart(most);
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(most - sign.length, "0");
}

function field(value: Value, kind: string, precision: number | null): string {
  if (kind === "s") {
    const text = textOf(value);
    return precision === null ? text : text.slice(0, precision);
  }
  if (!isNumber(value)) throw new Failure("a format needs a number");
  if ("diuxXo".includes(kind)) {
    const whole = intOf(value);
    if (whole === null) throw new Failure("a format needs a whole number");
    const text = whole.toString(kind === "o" ? 8 : kind.toLowerCase() === "x" ? 16 : 10);
    return kind === "X" ? text.toUpperCase() : text;
  }
  const number = floatOf(value) ?? NaN;
  const text = floating(number, kind.toLowerCase(), precision ?? 6);
  return kind === "E" || kind === "G" ? text.toUpperCase() : text;
}

function floating(number: number, kind: string, precision: number): string {
  if (kind === "f") return number.toFixed(precision);
  const twoDigits = (text: string) => text.replace(/e([+-])(\d)$/, "e$10$2");
  if (kind === "e") return twoDigits(number.toExponential(precision));
  const digits = Math.max(1, precision);
  const exponent = number === 0 ? 0 : Math.floor(Math.log10(Math.abs(number)));
  if (exponent < -4 || exponent >= digits) {
    return twoDigits(number.toExponential(digits - 1).replace(/\.?0+e/, "e"));
  }
  const text = number.toPrecision(digits);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
