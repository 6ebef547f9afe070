/** Which of the many values of a `/metrics` address are kept, and what they are called. */
import type { Sample } from "./exposition.ts";

/** A line of the choice: `node_filesystem_avail_bytes{mountpoint="/"} as free space`. */
export interface Choice {
  /** `*` stands for anything. */
  name: RegExp;
  /** Its beginning up to the first `*`: most lines of an answer end here. */
  begins: string;
  labels: { label: string; is: boolean; value: RegExp; exact: boolean }[];
  /** `free {mountpoint}`; null: made of the name and of the labels that tell values apart. */
  as: string | null;
  /** Buckets of a histogram are many: only who names them gets them. */
  buckets: boolean;
}

export const CHOICES_MOST = 100;
const LINE = /^([^\s{]+)\s*(?:\{([^}]*)\})?(?:\s+as\s+(\S.*))?$/;
const LABEL = /^([a-zA-Z_][\w.]*)\s*(=|!=)\s*"((?:[^"\\]|\\.)*)"$/;

/** Reads the lines of a choice; a sentence: the first that is wrong. Empty lines and `#` are passed over. */
export function readChoices(text: string): Choice[] | string {
  const choices: Choice[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const bare = line.trim();
    if (bare === "" || bare.startsWith("#")) continue;
    const read = readChoice(bare);
    if (typeof read === "string") return `line ${i + 1}: ${read}`;
    choices.push(read);
  }
  if (choices.length === 0) return "name at least one metric, or * for all";
  if (choices.length > CHOICES_MOST) return `${choices.length} lines; at most ${CHOICES_MOST}`;
  return choices;
}

function readChoice(line: string): Choice | string {
  const shown = `"${line.slice(0, 60)}"`;
  const found = LINE.exec(line);
  if (found === null) {
    return `${shown}; write name, name{label="value"} or name as what it is called`;
  }
  const [, name, inner = "", as = null] = found;
  if (tooManyStars(name)) return `${shown}: at most ${STARS_MOST} asterisks in a name`;
  const labels: Choice["labels"] = [];
  for (const part of inner.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []) {
    if (part.trim() === "") continue;
    const label = LABEL.exec(part.trim());
    if (label === null) return `${shown}: labels are written label="value" or label!="value"`;
    const value = label[3].replace(/\\(.)/g, "$1");
    if (tooManyStars(value)) return `${shown}: at most ${STARS_MOST} asterisks in a value`;
    labels.push({
      label: label[1],
      is: label[2] === "=",
      value: globOf(value),
      exact: label[2] === "=" && !value.includes("*"),
    });
  }
  return {
    name: globOf(name),
    begins: name.split("*")[0],
    labels,
    as,
    buckets: name.endsWith("_bucket"),
  };
}

/** More of them would take long to find out that they do not fit. */
const STARS_MOST = 3;
const tooManyStars = (text: string) => text.split(/\*+/).length - 1 > STARS_MOST;

/** Anything for `*`; all else is itself. What follows each other of them is one. */
function globOf(text: string): RegExp {
  const parts = text.split(/\*+/).map((part) => part.replace(/[\\^$.|?*+()[\]{}/]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*?")}$`);
}

/** The first choice that takes the sample; null: nobody chose it. */
export function choiceOf(choices: readonly Choice[], { name, labels }: Sample): Choice | null {
  return choices.find((choice) =>
    choice.name.test(name) && (choice.buckets || !name.endsWith("_bucket") || !labels.has("le")) &&
    choice.labels.every(({ label, is, value }) => value.test(labels.get(label) ?? "") === is)
  ) ?? null;
}

/** What a choice calls a value: its own words, or the name with the labels that are not the same for all of them. */
export function sensorName({ as, labels: fixed }: Choice, { name, labels }: Sample): string {
  const clean = (text: string) => text.replaceAll("/", "_").replace(/[+#]/g, "_").trim();
  if (as !== null) return clean(as.replace(/\{([\w.]+)\}/g, (_, label) => labels.get(label) ?? ""));
  const told = [...labels].filter(([label]) =>
    !fixed.some((one) => one.exact && one.label === label)
  ).map(([label, value]) => `${label}=${value === "/" ? "root" : value}`);
  return clean([name, ...told].join(" ")).slice(0, 128);
}

/** Units by the endings that Prometheus's naming asks for: https://prometheus.io/docs/practices/naming/ */
const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_celsius$/, "°C"],
  [/_seconds$/, "s"],
  [/_milliseconds$/, "ms"],
  [/_bytes$/, "B"],
  [/_volts$/, "V"],
  [/_amperes$/, "A"],
  [/_watts$/, "W"],
  [/_joules$/, "J"],
  [/_hertz$/, "Hz"],
  [/_meters$/, "m"],
  [/_grams$/, "g"],
  [/_pascals?$/, "Pa"],
  [/_percent$/, "%"],
  [/_rpm$/, "rpm"],
];

/** The unit that a metric's name says; undefined: it says none. */
export function unitOf(name: string): string | undefined {
  const bare = name.replace(/_total$/, "");
  return UNITS.find(([ending]) => ending.test(bare))?.[1];
}
