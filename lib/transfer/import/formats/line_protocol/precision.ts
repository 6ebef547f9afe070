/** The unit of times, which line protocol does not say: between 2000 and 2100 their digits give it away. */
import type { ImportOptions, Inspection } from "../../format.ts";
import { type Precision, PRECISION_WORDS, precisionOf } from "../../times.ts";

const LINES = 100;

/** The one that most of the first lines have; null: there is none. */
export function guessPrecision(head: Uint8Array): Precision | null {
  const text = new TextDecoder().decode(head.subarray(0, 32_768));
  const counts = new Map<Precision, number>();
  for (const [, time] of [...text.matchAll(/ (\d{9,19})[ \r]*$/gm)].slice(0, LINES)) {
    const one = precisionOf(time);
    if (one !== null) counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  return most?.[0] ?? null;
}

/** Dumps have nanoseconds; anything else was made by hand. */
export function precisionQuestion(
  chosen: ImportOptions["precision"],
  guess: Precision | null,
): Inspection["questions"] {
  if (chosen !== undefined || guess === null || guess === "ns") return [];
  const message = `The times look like ${PRECISION_WORDS[guess]}: is that so?`;
  return [{ field: "precision", message }];
}
