/** What a rule about Perch is, and what most of them are made of. */
import { plain } from "../words/numbers.ts";
import type { Severity } from "../words/severity.ts";
import type { SystemFacts, Wrong } from "./system_facts.ts";

/** All is well, what is wrong, or what is wrong by the name of each that there may be several of. */
export type Judgement = "well" | Wrong | ReadonlyMap<string, Wrong>;

export interface SystemRule {
  key: string;
  title: string;
  /** Null: cannot be judged; the last judgement stands. */
  judge(facts: SystemFacts): Judgement | null;
}

/** A share 0…1 in per cent, with one digit. */
export const percent = (share: number) => `${plain(Math.round(share * 1000) / 10)} %`;

/** Wrong above a limit. */
export function above(
  value: number | null,
  limit: number,
  severity: Severity,
  text: (value: number) => string,
): Judgement | null {
  if (value === null) return null;
  return value > limit ? { severity, text: text(value), value, limit } : "well";
}

/** Wrong while there is a sentence about it. */
export function sentence(text: string | null, severity: Severity): Judgement {
  return standing(text, severity) ?? "well";
}

export function standing(text: string | null, severity: Severity): Wrong | null {
  return text === null ? null : { severity, text, value: null, limit: null };
}

/** What is wrong of each; null: it is well. */
export function each<T extends { name: string }>(
  all: readonly T[],
  wrongOf: (one: T) => Wrong | null,
): ReadonlyMap<string, Wrong> {
  const found = all.map((one) => [one.name, wrongOf(one)] as const);
  return new Map(found.filter((one): one is [string, Wrong] => one[1] !== null));
}
