import type { ComponentChildren, VNode } from "preact";
import { z } from "zod";
import { Hidden } from "./form.tsx";

/** Shorter lists are seen at a glance. */
const FILTERED_FROM = 8;

/** `?q=` of a page: the words of its filter. */
export const wordsField = z.string().max(200).optional().catch(undefined);

/**
 * The filter of a list, its words in the address. What stands in `Filtered`, and the heading of the page, follow
 * while somebody types (`islands/filter.ts`); without script, with the button.
 */
export function ListFilter(
  { path, name = "q", value = "", keep = {}, rows, label, placeholder = label, button = "Filter" }:
    {
      path: string;
      name?: "q" | "search";
      value?: string;
      /** What else is in the address. */
      keep?: Readonly<Record<string, string | undefined>>;
      /** A selector: all rows are on the page, and the browser shows and hides them. */
      rows?: string;
      /** What is looked through, for those who hear the page: `Filter by name or tag`. */
      label: string;
      placeholder?: string;
      button?: "Filter" | "Search";
    },
): VNode {
  const kept = Object.entries(keep).filter((entry): entry is [string, string] => !!entry[1]);
  return (
    <form
      method="get"
      action={path}
      class="filter"
      role="search"
      data-filter={rows === undefined ? "" : undefined}
      data-rows={rows}
    >
      <Hidden values={Object.fromEntries(kept.filter(([key]) => key !== name))} />
      <input
        type="search"
        name={name}
        value={value}
        maxLength={200}
        aria-label={label}
        placeholder={placeholder}
        autocomplete="off"
      />
      <button type="submit">{button}</button>
      <span class={rows === undefined ? "hidden" : "filter-count"} role="status"></span>
    </form>
  );
}

/** What a filter changes while somebody types; `name`: of several on a page. */
export function Filtered(
  { name = "list", children }: { name?: string; children: ComponentChildren },
): VNode {
  return <div data-filtered={name}>{children}</div>;
}

/**
 * The same for a list that is on the page whole: `rows`, a selector, are shown and hidden in the browser. Where it
 * is short, and where no script runs, there is none.
 */
export function RowFilter(
  { rows, count, label }: { rows: string; count: number; label: string },
): VNode | null {
  if (count < FILTERED_FROM) return null;
  return (
    <form class="filter scripted" role="search" data-rows={rows}>
      <input type="search" aria-label={label} placeholder={label} autocomplete="off" />
      <span class="filter-count" role="status"></span>
    </form>
  );
}
