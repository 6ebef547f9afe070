/** What is in memory is looked through by its words in turns, as there may be ten thousands of it. */
import { createBreath } from "../base/breath.ts";
import { type Wanted, wantedBy } from "../words/matching.ts";

/** As `matching`: those that fit, in their order; where none does, those that fit but for a letter. Nothing asked: all. */
export async function matchingInTurns<T>(
  items: readonly T[],
  query: string | undefined,
  textsOf: (item: T) => readonly string[],
): Promise<readonly T[]> {
  for (const forgiving of [false, true]) {
    const wanted = wantedBy(query ?? "", forgiving);
    if (wanted === null) return items;
    const found = await fitting(items, wanted, textsOf);
    if (found.length > 0) return found.map(({ item }) => item);
  }
  return [];
}

/** Those that fit, and how well. */
export async function fitting<T>(
  items: Iterable<T>,
  wanted: Wanted,
  textsOf: (item: T) => readonly string[],
): Promise<{ item: T; score: number }[]> {
  const found: { item: T; score: number }[] = [];
  const breath = createBreath();
  for (const item of items) {
    const pause = breath();
    if (pause !== undefined) await pause;
    const score = wanted.score(textsOf(item));
    if (score !== null) found.push({ item, score });
  }
  return found;
}
