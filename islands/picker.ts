/**
 * Completes the field of a machine, sensor, tag, person (`data-pick` names the kinds) by what people call it: a
 * combobox over the search. Loaded when such a field gets the focus (`entry/page.ts`); without script it has a list.
 */
import type { Hit } from "../lib/search/hit.ts";
import { fetchOwn } from "./own.ts";

const SHOWN = 8;
/** Letters that come faster than this are asked for together. */
const GATHER_MS = 120;
const known = new WeakSet<HTMLInputElement>();

export function pickIn(input: HTMLInputElement): void {
  if (known.has(input)) return;
  known.add(input);
  const list = document.createElement("ul");
  list.id = `${input.id}-picks`;
  list.className = "picks";
  list.role = "listbox";
  list.ariaLabel = "Suggestions";
  list.hidden = true;
  const place = document.createElement("div");
  place.className = "picks-place";
  place.append(list);
  input.after(place);
  input.removeAttribute("list");
  input.role = "combobox";
  input.ariaAutoComplete = "list";
  input.ariaExpanded = "false";
  input.setAttribute("aria-controls", list.id);

  let hits: Hit[] = [];
  let at = -1;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = new AbortController();

  const many = "many" in input.dataset;
  /** Where the name begins that is being typed. */
  const begin = () => many ? input.value.lastIndexOf(",") + 1 : 0;

  function close(): void {
    clearTimeout(timer);
    asking.abort();
    list.hidden = true;
    at = -1;
    input.ariaExpanded = "false";
    input.removeAttribute("aria-activedescendant");
  }

  function mark(next: number): void {
    at = next;
    [...list.children].forEach((row, i) => row.ariaSelected = String(i === at));
    const row = list.children[at];
    if (row === undefined) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  }

  function pick(hit: Hit): void {
    const before = input.value.slice(0, begin());
    input.value = `${before}${before === "" ? "" : " "}${hit.value}${many ? ", " : ""}`;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    close();
  }

  function show(found: Hit[]): void {
    hits = found.filter(({ value }) => value !== undefined);
    list.replaceChildren(...hits.map((hit, i) => {
      const row = document.createElement("li");
      row.id = `${list.id}-${i}`;
      row.role = "option";
      const [title, value] = ["span", "span"].map((tag) => document.createElement(tag));
      title.textContent = hit.title;
      value.textContent = hit.value!;
      value.className = "muted";
      row.append(title, value);
      // The field keeps the focus.
      row.addEventListener("pointerdown", (event) => event.preventDefault());
      row.addEventListener("click", () => pick(hit));
      return row;
    }));
    list.hidden = hits.length === 0;
    input.ariaExpanded = String(hits.length > 0);
    mark(-1);
  }

  async function ask(): Promise<void> {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const q = input.value.slice(begin()).trim();
    if (q === "") return close();
    const query = new URLSearchParams({ q, kind: input.dataset.pick!, limit: String(SHOWN) });
    try {
      const response = await fetchOwn(`/api/search?${query}`, { signal });
      if (!response.ok) return close();
      const { items } = await response.json();
      if (!signal.aborted && document.activeElement === input) show(items);
    } catch {
      if (!signal.aborted) close();
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, GATHER_MS);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") mark((at + 1) % hits.length);
    else if (event.key === "ArrowUp") mark(at <= 0 ? hits.length - 1 : at - 1);
    else if (event.key === "Enter" && at >= 0) pick(hits[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  // What was typed while this was being loaded counts too.
  if (document.activeElement === input && input.value !== input.defaultValue) void ask();
}
