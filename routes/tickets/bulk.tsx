/** Several tickets at once: given to somebody. */
import type { VNode } from "preact";
import { messageOf, PerchError } from "../../lib/base/errors.ts";
import { askedOf, BULK_BYTES, bulkForm, filterOf, pickedOf } from "../frame/bulk.tsx";
import { formAction, type SentForm } from "../frame/form_action.ts";
import { byOf } from "../http/caller.ts";
import type { Route, RouteContext } from "../http/route.ts";
import { able, type TicketPageParts } from "./form.tsx";

/** What is selected with one tick. */
const ALL_MOST = 1000;

/** What the list's form posts to. */
export function ticketBulkAction(
  parts: TicketPageParts,
  /** A page of the tickets that a filter in an address finds. */
  find: (
    asked: Record<string, string>,
    cursor: string | undefined,
    context: RouteContext,
  ) => Promise<{ items: { id: string }[]; next: string | null }>,
  draw: (
    context: RouteContext,
    asked: Record<string, string>,
    sent: SentForm,
  ) => Response | Promise<Response>,
): Route {
  async function all(asked: Record<string, string>, context: RouteContext) {
    const found: { id: string }[] = [];
    let cursor: string | undefined;
    do {
      const { items, next } = await find(asked, cursor, context);
      found.push(...items);
      cursor = next ?? undefined;
    } while (cursor !== undefined && found.length < ALL_MOST);
    return found;
  }
  return formAction(
    "/tickets/bulk",
    bulkForm,
    async (form, context) => {
      const asked = askedOf(form, "/tickets");
      const ids = pickedOf(form, form.all === undefined ? [] : await all(asked, context));
      if (ids.length === 0) throw new PerchError("validation", "Select at least one ticket.");
      const assignee = form.assignee || null;
      const refused: string[] = [];
      for (const id of ids) {
        try {
          await parts.tickets.change(id, { assignee }, byOf(parts.audit, context));
        } catch (thrown) {
          const error = await context.explained(thrown);
          if (!(error instanceof PerchError)) throw error;
          refused.push(`${id}: ${messageOf(error)}`);
        }
      }
      if (refused.length > 0) {
        const counts = `${refused.length} of ${ids.length} were not changed`;
        throw new PerchError("conflict", `${counts}. ${refused[0]}`);
      }
      return `/tickets?${new URLSearchParams({ ...asked, changed: String(ids.length) })}`;
    },
    (context, sent) => draw(context, filterOf(sent.values.back, "/tickets"), sent),
    "engineer",
    BULK_BYTES,
  );
}

/** What can be done with the selected tickets. */
export function TicketBar({ parts, sent }: { parts: TicketPageParts; sent: SentForm }): VNode {
  const chosen = sent.values.assignee ?? "";
  return (
    <>
      <select name="assignee" aria-label="Assign to">
        <option value="">nobody</option>
        {able(parts.users, chosen).map(([id, name]) => (
          <option key={id} value={id} selected={id === chosen}>{name}</option>
        ))}
      </select>
      <button type="submit" class="small" name="do" value="assign">Assign</button>
    </>
  );
}
