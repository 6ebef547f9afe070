/**
 * What an event is found by, as terms of the search index: the words of what it says, and its properties as tags.
 * Every filter of the log is such a term, so that any of them together is one question to the index, and the same
 * functions judge events that are not in the index yet.
 *
 * A word is a run of letters and digits, a number with its dots, one sign of a script without spaces, or one
 * pictogram; case and accents do not count. A tag begins with `_`, which no word has.
 */
import { nearness } from "../words/matching.ts";
import type { LoggedEvent } from "./event.ts";
import { placeOf } from "./place.ts";
import type { EventFilter } from "./query.ts";

/** Found by, at most: an external event may say much. */
const WORDS_MOST = 300;
/** Of a word that is longer only its beginning counts. */
const WORD_CHARS_MOST = 40;
/** Words that a search may have. */
export const SEARCH_WORDS_MOST = 6;
/** Words that one is searched for in its place. */
const NEAR_MOST = 8;
/** How deep a body is read. */
const DEPTH_MOST = 4;

const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|\p{N}+(?:\.\p{N}+)+|[\p{L}\p{N}]+|\p{Extended_Pictographic}/gu;

/** The words of a text, each once, in its order. */
export function wordsOf(text: string): string[] {
  const plain = text.toLowerCase().normalize("NFKD").replace(/\p{M}+/gu, "");
  const words = Array.from(plain.matchAll(WORD), ([word]) => word.slice(0, WORD_CHARS_MOST));
  return [...new Set(words.map((word) => word.toWellFormed()))];
}

/** Everything an event is found by. */
export function termsOf(event: Omit<LoggedEvent, "id" | "uid">): string[] {
  const { type, severity, text, actor, body } = event;
  const { machine, name, sensor } = placeOf(event);
  const texts = [text, actor, name, machine, sensor, ...textsIn(body)];
  const words = wordsOf(texts.filter((one) => one !== null).join(" ")).slice(0, WORDS_MOST);
  return [
    ...words,
    ...withParents(type, ".").map((one) => tag("t", one)),
    tag("s", severity),
    ...(actor === null ? [] : [tag("a", actor.toLowerCase())]),
    ...(machine === null ? [] : withParents(machine, "/").map((one) => tag("m", one))),
  ];
}

/** What a filter asks of an event's terms; `null`: nothing can fit, because its search has no word in it. */
export interface AskedTerms {
  /** One of each group. */
  groups: string[][];
  /** For each, in one of these ways: terms that begin so, all of them. */
  beginnings: string[][][];
  /** None of these. */
  not: string[];
}

/** `near`: words that are searched for beside one that was asked. */
export function askedOf(
  filter: EventFilter,
  near: ReadonlyMap<string, readonly string[]> = new Map(),
): AskedTerms | null {
  const { types = [], severities = [], machine, actor, search, hidden = [] } = filter;
  const words = wordsOf(search ?? "");
  const beginnings = waysOf(words)
    .map((ways, i) => [...ways, ...(near.get(words[i]) ?? []).map((one) => [one])]);
  if (search !== undefined && beginnings.length === 0) return null;
  return {
    groups: [
      types.map((one) => tag("t", one)),
      severities.map((one) => tag("s", one)),
      machine === undefined ? [] : [tag("m", machine)],
      actor === undefined ? [] : [tag("a", actor.toLowerCase())],
    ].filter((group) => group.length > 0),
    beginnings,
    not: hidden.map((one) => tag("t", one)),
  };
}

/** A name and its number are found written together and apart, as in every list: `press3`, `Press 3`. */
function waysOf(words: readonly string[]): string[][][] {
  return words.map((word, i) => {
    const [, name, number] = /^(\p{L}{2,})(\p{N}+)$/u.exec(word) ?? [];
    if (name !== undefined) return [[word], [name, number]];
    const next = words[i + 1] ?? "";
    const before = words[i - 1] ?? "";
    if (isName(word) && isNumber(next)) return [[word], [word + next]];
    if (isNumber(word) && isName(before)) return [[word], [before + word]];
    return [[word]];
  });
}

const isName = (word: string) => /^\p{L}{2,}$/u.test(word);
const isNumber = (word: string) => /^\p{N}+$/u.test(word);

/** Whether an event with these terms fits. */
export function fits(terms: readonly string[], { groups, beginnings, not }: AskedTerms): boolean {
  const has = new Set(terms);
  return groups.every((group) => group.some((term) => has.has(term))) &&
    beginnings.every((ways) =>
      ways.some((starts) => starts.every((start) => terms.some((term) => term.startsWith(start))))
    ) &&
    !not.some((term) => has.has(term));
}

/** The same as questions to FTS5: what an event must have, and what it must not. Empty: nothing. */
export function matchOf(
  { groups, beginnings, not }: AskedTerms,
): { wanted: string; unwanted: string } {
  // No term has a quote in it: neither a word nor what `tag` leaves of a property.
  const oneOf = (terms: readonly string[]) => terms.map((term) => `"${term}"`).join(" OR ");
  const wanted = [
    ...groups.map((group) => `(${oneOf(group)})`),
    ...beginnings.map((ways) => {
      const asked = ways.map((starts) => starts.map((start) => `"${start}" *`).join(" AND "));
      return asked.length === 1 ? asked[0] : `(${asked.map((one) => `(${one})`).join(" OR ")})`;
    }),
  ];
  return { wanted: wanted.join(" AND "), unwanted: oneOf(not) };
}

/** Words of these terms that are one of the question but for a letter, for each, the nearest first. */
export function nearWords(search: string, terms: Iterable<string>): Map<string, string[]> {
  const near = new Map(wordsOf(search).map((word) => [word, new Map<string, number>()]));
  for (const term of terms) {
    if (term.startsWith("_")) continue;
    for (const [word, found] of near) {
      const how = nearness(word, term);
      if (how !== Infinity) found.set(term, how);
    }
  }
  return new Map(
    Array.from(near, ([word, found]) => [
      word,
      [...found].sort((a, b) => a[1] - b[1]).slice(0, NEAR_MOST).map(([term]) => term),
    ]),
  );
}

/** A property as one term: what is no small letter or digit is written as its number. */
function tag(kind: "t" | "s" | "a" | "m", value: string): string {
  const plain = value.replace(/[^a-z0-9]/g, (char) => `.${char.charCodeAt(0).toString(16)}`);
  return `_${kind}${plain}`;
}

/** `a/b/c` as `a`, `a/b`, `a/b/c`. */
function withParents(path: string, separator: string): string[] {
  const parts = path.split(separator);
  return parts.map((_, i) => parts.slice(0, i + 1).join(separator));
}

/** What a body says, without the record of an alarm or a ticket: its sentence says what matters of it. */
function textsIn(value: unknown, depth = 0): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  if (typeof value !== "object" || value === null || depth > DEPTH_MOST) return [];
  return Object.entries(value).flatMap(([key, one]) => {
    if (depth > 0 || (key !== "alarm" && key !== "ticket")) return textsIn(one, depth + 1);
    const { title } = (one ?? {}) as { title?: unknown };
    return typeof title === "string" ? [title] : [];
  });
}
