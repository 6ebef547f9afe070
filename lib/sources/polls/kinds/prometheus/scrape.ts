import { nameFault } from "../../../../machines/names.ts";
import type { PolledValue } from "../kind.ts";
import { type Choice, choiceOf, sensorName, unitOf } from "./choice.ts";
import { nameOfLine, readLine } from "./exposition.ts";

export const SERIES_MOST = 500;
/** Lines between two turns of the event loop. */
const LINES_AT_ONCE = 2_000;
const LINE_CHARS_MOST = 8_000;

export interface Scraped {
  values: PolledValue[];
  faults: string[];
  /** Samples of the answer, chosen or not; those of names that nobody chose are not read. */
  lines: number;
}

/** The chosen values of an answer. Long answers are read a piece at a time. */
export async function scrape(
  text: string,
  choices: readonly Choice[],
  { openMetrics, turn }: { openMetrics: boolean; turn(): Promise<void> },
): Promise<Scraped> {
  const values = new Map<string, PolledValue>();
  const out: Scraped = { values: [], faults: [], lines: 0 };
  const begins = choices.map((one) => one.begins);
  let [unreadable, beyond, twice] = [0, 0, ""];
  let sinceTurn = 0;
  for (let from = 0; from < text.length;) {
    const end = text.indexOf("\n", from);
    const line = text.slice(from, end < 0 ? text.length : end);
    from = end < 0 ? text.length : end + 1;
    if (++sinceTurn % LINES_AT_ONCE === 0) await turn();
    if (line === "" || line.startsWith("#")) continue;
    out.lines++;
    const name = nameOfLine(line);
    if (name !== null && !begins.some((one) => name.startsWith(one) || one.startsWith("{"))) {
      continue;
    }
    const sample = line.length > LINE_CHARS_MOST ? undefined : readLine(line, openMetrics);
    if (sample === undefined) unreadable++;
    if (sample == null) continue;
    const choice = choiceOf(choices, sample);
    // NaN and the infinities are no values.
    if (choice === null || !Number.isFinite(sample.value)) continue;
    const sensor = sensorName(choice, sample);
    if (values.has(sensor)) twice ||= sensor;
    else if (values.size >= SERIES_MOST) beyond++;
    else if (nameFault(`x/${sensor}`) !== null) {
      out.faults.push(`"${sensor.slice(0, 60)}" is no name`);
    } else values.set(sensor, valueOf(sensor, sample));
  }
  out.values.push(...values.values());
  if (unreadable > 0) out.faults.push(`${unreadable} lines cannot be read`);
  if (twice !== "") {
    out.faults.push(`several values are called "${twice}": name the label that tells them apart`);
  }
  if (beyond > 0) out.faults.push(`${beyond} more are chosen; at most ${SERIES_MOST} are kept`);
  return out;
}

function valueOf(
  sensor: string,
  { name, value, tMs }: { name: string; value: number; tMs?: number },
): PolledValue {
  const unit = unitOf(name);
  return {
    sensor,
    value,
    ...unit === undefined ? {} : { unit },
    ...tMs === undefined ? {} : { tMs },
  };
}
