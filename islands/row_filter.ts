/** A list that is on the page whole narrows while somebody types. Loaded with the first letter (`entry/page.ts`). */
import { matching } from "../lib/words/matching.ts";

/** Hides what does not fit: rows, and sections and headings of groups that have none left. */
export function narrowRows(form: HTMLFormElement): void {
  const typed = form.querySelector<HTMLInputElement>("input[type=search]")!.value;
  const rows = [...document.querySelectorAll<HTMLElement>(form.dataset.rows!)];
  const fits = new Set(matching(rows, typed, (row) => textsOf(row)));
  for (const row of rows) row.hidden = !fits.has(row);
  for (const group of new Set(rows.map((row) => row.parentElement?.closest("section")))) {
    if (!group || group.contains(form)) continue;
    group.hidden = rows.every((row) => row.hidden || !group.contains(row));
    const folded = group.querySelector<HTMLDetailsElement>("details[data-group]");
    if (folded) folded.open = typed.trim() !== "";
  }
  const said = form.querySelector("[role=status]");
  if (said !== null) {
    said.textContent = typed.trim() === ""
      ? ""
      : fits.size === 0
      ? "Nothing fits"
      : `${fits.size} of ${rows.length}`;
  }
}

/** What a row is called, then all that it says. Forms are not what it says. */
function textsOf(row: HTMLElement): string[] {
  const { found } = row.dataset;
  if (found !== undefined) return [found];
  const texts: string[] = [];
  const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, {
    acceptNode: (node) =>
      node instanceof Element
        ? /^(FORM|SCRIPT|DETAILS)$/.test(node.tagName)
          ? NodeFilter.FILTER_REJECT
          : NodeFilter.FILTER_SKIP
        : NodeFilter.FILTER_ACCEPT,
  });
  while (walker.nextNode()) texts.push(walker.currentNode.textContent!);
  return [texts.join(" ")];
}
