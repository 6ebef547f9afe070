import { Dict, entriesOf, Failure, Float, LONG_MOST, Moment, type Value } from "./values.ts";

/** A value as it is printed by Python's `str`. */
export function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (value === undefined) return "";
  if (typeof value === "number") return numberText(value);
  if (value instanceof Moment) return momentText(value, " ");
  const out = new Printer();
  out.print(value, 0);
  return out.text;
}

/** Texts within lists and dicts are quoted. */
class Printer {
  text = "";

  print(value: Value, depth: number): void {
    if (this.text.length > LONG_MOST) throw new Failure("the text becomes too long");
    if (depth > 20) throw new Failure("what is printed is nested too deeply");
    if (typeof value === "string") this.text += quoted(value);
    else if (value === null) this.text += "None";
    else if (value === true) this.text += "True";
    else if (value === false) this.text += "False";
    else if (value instanceof Float) this.text += floatText(value.value);
    else if (Array.isArray(value)) {
      this.#list("[", value, "]", (one) => this.print(one, depth + 1));
    } else if (typeof value !== "object" || value instanceof Moment) this.text += textOf(value);
    else {
      this.#list("{", entriesOf(value as Dict), "}", ([key, one]) => {
        this.print(key, depth + 1);
        this.text += ": ";
        this.print(one, depth + 1);
      });
    }
  }

  #list<T>(open: string, items: readonly T[], close: string, print: (item: T) => void): void {
    this.text += open;
    items.forEach((item, at) => {
      if (at > 0) this.text += ", ";
      print(item);
    });
    this.text += close;
  }
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return `${quote}${quote === "'" ? inner.replaceAll("'", "\\'") : inner}${quote}`;
}

function numberText(value: number): string {
  return Number.isInteger(value) ? wholeText(value) : floatText(value);
}

function wholeText(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
}

/** The shortest text that is this float, as `repr` of Python writes it. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** `2026-03-01 09:00:00+00:00`. */
export function momentText({ utcMs, offsetMs }: Moment, between: "T" | " "): string {
  const local = new Date(utcMs + (offsetMs ?? 0)).toISOString();
  const [day, time] = local.slice(0, -1).split("T");
  const [clock, ms] = time.split(".");
  const fraction = ms === "000" ? "" : `.${ms}000`;
  return `${day}${between}${clock}${fraction}${offsetMs === null ? "" : offsetText(offsetMs)}`;
}

function offsetText(offsetMs: number): string {
  const minutes = Math.abs(Math.round(offsetMs / 60_000));
  const two = (n: number) => String(n).padStart(2, "0");
  return `${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
