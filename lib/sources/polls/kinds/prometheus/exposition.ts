/**
 * Prometheus's text format and OpenMetrics, line by line, as far as a value needs it. Formats:
 * https://prometheus.io/docs/instrumenting/exposition_formats/ and RFC-like OpenMetrics 1.0. The parsers on npm have
 * not been kept for years, and none of them can leave out what nobody chose.
 */

/** One value of an answer. */
export interface Sample {
  name: string;
  labels: ReadonlyMap<string, string>;
  value: number;
  /** Of the sample, where it says one. */
  tMs?: number;
}

const LABELS_MOST = 64;
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const VALUE = /^[ \t]+([^ \t#]+)(?:[ \t]+([^ \t#]+))?[ \t]*(?:#.*)?$/;
const SPECIAL: Readonly<Record<string, number>> = {
  nan: NaN,
  "+inf": Infinity,
  "-inf": -Infinity,
  inf: Infinity,
};
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const ESCAPED: Readonly<Record<string, string>> = { n: "\n", '"': '"', "\\": "\\" };

/** The name that a line begins with, to leave it out before it is read; null: it has none or is a comment. */
export function nameOfLine(line: string): string | null {
  return NAME.exec(line)?.[0] ?? null;
}

/**
 * Reads one line. Null: it is no sample (a comment, an empty line); undefined: it cannot be read.
 * @param openMetrics times are seconds, not milliseconds
 */
export function readLine(line: string, openMetrics: boolean): Sample | null | undefined {
  const text = line.trimStart();
  if (text === "" || text.startsWith("#")) return null;
  const bare = NAME.exec(text)?.[0] ?? "";
  const rest = text.slice(bare.length).trimStart();
  const read = rest.startsWith("{")
    ? readLabels(rest)
    : { labels: new Map(), quoted: null, rest: ` ${rest}` };
  if (read === null) return undefined;
  const name = bare === "" ? read.quoted : bare;
  const found = VALUE.exec(read.rest);
  if (name === null || found === null) return undefined;
  const value = numberOf(found[1]);
  const time = found[2] === undefined ? undefined : numberOf(found[2]);
  if (value === null || time === null) return undefined;
  const sample: Sample = { name, labels: read.labels, value };
  if (time !== undefined && Number.isFinite(time)) {
    sample.tMs = Math.round(openMetrics ? time * 1_000 : time);
  }
  return sample;
}

function numberOf(text: string): number | null {
  const special = SPECIAL[text.toLowerCase()];
  if (special !== undefined) return special;
  return NUMBER.test(text) ? Number(text) : null;
}

/** `{a="b", "metric.name", "c.d"="e"}`: labels, and the metric's name where it stands among them. */
function readLabels(text: string) {
  const labels = new Map<string, string>();
  let quoted: string | null = null;
  let at = 1;
  const blanks = () => {
    while (text[at] === " " || text[at] === "\t") at++;
  };
  for (let n = 0; n <= LABELS_MOST; n++) {
    blanks();
    if (text[at] === "}") return { labels, quoted, rest: ` ${text.slice(at + 1).trimStart()}` };
    const isQuoted = text[at] === '"';
    const key = isQuoted ? readQuoted(text, at) : readName(text, at);
    if (key === null) return null;
    at = key.end;
    blanks();
    if (text[at] === "=") {
      at++;
      blanks();
      const value = text[at] === '"' ? readQuoted(text, at) : null;
      if (value === null) return null;
      labels.set(key.text, value.text);
      at = value.end;
      blanks();
    } else if (isQuoted && quoted === null) quoted = key.text;
    else return null;
    if (text[at] === ",") at++;
    else if (text[at] !== "}") return null;
  }
  return null;
}

function readName(text: string, from: number) {
  const found = NAME.exec(text.slice(from, from + 256))?.[0];
  return found === undefined ? null : { text: found, end: from + found.length };
}

function readQuoted(text: string, from: number) {
  let out = "";
  for (let i = from + 1; i < text.length; i++) {
    const sign = text[i];
    if (sign === '"') return { text: out, end: i + 1 };
    if (sign === "\\") {
      i++;
      out += ESCAPED[text[i]] ?? `\\${text[i] ?? ""}`;
    } else out += sign;
  }
  return null;
}
