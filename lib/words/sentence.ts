/** What is refused, as pages say it. Pure. */

/**
 * A message as a sentence: with a capital where it begins with a word rather than with something that was typed
 * (`hall-2/mixer-1 exists`), and a full stop. The same of a sentence is the same.
 */
export function sentence(text: string): string {
  const said = text.trim();
  if (said === "") return said;
  const start = /^[a-z]+(?=[\s,;:'’]|[.?!]?$)/.test(said)
    ? said[0].toUpperCase() + said.slice(1)
    : said;
  return /[.?!:…]["”’)]?$/.test(start) ? start : `${start}.`;
}
