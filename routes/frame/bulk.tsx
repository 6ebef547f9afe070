/** A list of which several can be selected and changed together: its parts, and what its form sent. */
import type { ComponentChildren, VNode } from "preact";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { localPath } from "../http/form.ts";
import { Said } from "./parts.tsx";

const PICK = "pick-";
/** A whole page of a list is selected one by one. */
export const BULK_BYTES = 64 * 1024;

/** What every such form sends: the list to go back to, what to do, what is selected, and more fields. */
export const bulkForm = z.object({
  back: z.string().max(4000),
  do: z.string().max(40),
  all: z.literal("on").optional(),
}).catchall(z.string().max(2000));
export type BulkForm = z.output<typeof bulkForm>;

/** The ids that are selected: those with a tick, or all that the list's filter finds. */
export function pickedOf(form: BulkForm, found: readonly { id: string }[]): string[] {
  if (form.all !== undefined) return found.map(({ id }) => id);
  return Object.keys(form).flatMap((name) =>
    name.startsWith(PICK) ? [name.slice(PICK.length)] : []
  );
}

/** The filter that the list had, from the address that it sent along; empty for another page. */
export function filterOf(back: string | undefined, page: string): Record<string, string> {
  const url = new URL(localPath(back), "http://perch.invalid");
  return url.pathname === page ? Object.fromEntries(url.searchParams) : {};
}

/**
 * The filter of the list that is changed. @throws PerchError `validation` when all are selected and it is not known of
 * which list: what was not seen is not changed
 */
export function askedOf(form: BulkForm, page: string): Record<string, string> {
  const { pathname } = new URL(localPath(form.back), "http://perch.invalid");
  if (form.all !== undefined && pathname !== page) {
    throw new PerchError(
      "validation",
      "The filter of this list is too long to select all that it finds: select them one by one.",
    );
  }
  const { changed: _, ...asked } = filterOf(form.back, page);
  return asked;
}

/** The list with its form. `bar` is what can be done; it shows when something is selected. */
export function BulkList(
  { action, back, all, values, bar, children }: {
    action: string;
    /** Address of the list as it is filtered. */
    back: string;
    /** Beside the tick for all that the filter finds, such as `All 41 machines`. */
    all: string;
    /** What was sent, so that a refused form keeps its selection. */
    values: Readonly<Record<string, string>>;
    bar: ComponentChildren;
    children: ComponentChildren;
  },
): VNode {
  return (
    <form method="post" action={action} class="bulk-list">
      <input type="hidden" name="back" value={back} />
      <label class="tick bulk-all">
        <input type="checkbox" name="all" checked={values.all !== undefined} />
        {all}
      </label>
      {children}
      <div class="bulk-bar" role="group" aria-label="Change the selected">
        <p class="bulk-count" />
        {bar}
      </div>
    </form>
  );
}

/** A row of the list that can be selected. */
export function Pick(
  { id, name, values, children }: {
    id: string;
    /** Who hears the page hears which row it is. */
    name: string;
    /** What was sent, so that a refused form keeps its selection. */
    values: Readonly<Record<string, string>>;
    children: ComponentChildren;
  },
): VNode {
  return (
    <div class="pick">
      <input
        type="checkbox"
        name={PICK + id}
        checked={values[PICK + id] !== undefined}
        aria-label={`Select ${name}`}
      />
      {children}
    </div>
  );
}

/** After a change: of how many, such as `12 machines were changed.` */
export function Changed({ n, one, more }: { n: number; one: string; more: string }): VNode {
  return <Said>{n === 1 ? `1 ${one} was changed.` : `${n} ${more} were changed.`}</Said>;
}
