import type { z } from "zod";
import { HTTP_STATUS, PerchError } from "../../lib/base/errors.ts";
import { formErrors, readForm } from "../http/form.ts";
import { problemHeaders } from "../http/problem.ts";
import { type Policy, type Route, route, type RouteContext } from "../http/route.ts";
import { doneAt } from "../http/see_other.ts";

/** What was sent, and what is wrong with it. */
export interface SentForm {
  errors: Record<string, string>;
  values: Record<string, string>;
  status: number;
}
export const NOTHING_SENT: SentForm = { errors: {}, values: {}, status: 200 };

/** A problem shows so much of each. */
const PIECES = /[^]{1,1900}/gu;
const FORM_BYTES = 16 * 1024;

/**
 * What a page's form posts to, for engineers unless said otherwise. `run` gives the address to go on to, so
 * that reloading sends nothing twice, or a page to show once; what it throws is shown by `draw` beside the
 * fields.
 */
export function formAction<T>(
  path: string,
  schema: z.ZodType<T>,
  run: (data: T, context: RouteContext) => Promise<string | Response>,
  draw: (context: RouteContext, sent: SentForm) => Response | Promise<Response>,
  policy: Policy = "engineer",
  mostBytes = FORM_BYTES,
): Route {
  return route({
    method: "post",
    path,
    policy,
    summary: null,
    handler: async (context) => {
      const read = await readForm(context.c, schema, mostBytes);
      if (!read.ok) {
        return await draw(context, {
          errors: read.errors,
          values: shownAgain(read.values),
          status: 400,
        });
      }
      try {
        const done = await context.once(read.text, () => run(read.data, context));
        return typeof done === "string" ? doneAt(done, context) : done;
      } catch (error) {
        const sent = await refusedForm(context, error, shownAgain(read.data));
        const answer = await drawnAgain(sent, () => draw(context, sent));
        const { "retry-after": retryAfter } = problemHeaders(error as PerchError);
        if (retryAfter) answer.headers.set("retry-after", retryAfter);
        return answer;
      }
    },
  });
}

/**
 * What a form is drawn with after `error`: also who was faster, where somebody was. The page that is drawn then
 * shows what is there now, so the next try overwrites it knowingly.
 */
export async function refusedForm(
  context: Pick<RouteContext, "explained" | "seen">,
  error: unknown,
  values: Record<string, string>,
): Promise<SentForm> {
  const explained = await context.explained(error);
  context.seen.renew();
  return {
    errors: formErrors(explained),
    values,
    status: HTTP_STATUS[(explained as PerchError).code],
  };
}

/** Where the page itself is gone with what somebody else deleted, what was typed is still shown. */
export async function drawnAgain(
  { errors, values, status }: SentForm,
  draw: () => Response | Promise<Response>,
): Promise<Response> {
  try {
    return await draw();
  } catch (error) {
    if (!(error instanceof PerchError) || status !== HTTP_STATUS.conflict) throw error;
    const typed = Object.entries(values).filter(([name, value]) => name !== "id" && value !== "");
    throw new PerchError("conflict", Object.values(errors)[0], {
      errors: typed.flatMap(([path, text]) =>
        (text.match(PIECES) ?? []).map((message) => ({ path, message }))
      ),
    });
  }
}

/** What was typed comes back into the form, passwords and codes do not. */
function shownAgain(data: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data as Record<string, unknown>).filter((entry): entry is [string, string] =>
      typeof entry[1] === "string" && !/password|(^|_)code$/.test(entry[0])
    ),
  );
}

/** Somebody filled the field, or changed what it showed (`Was`). */
export function isTyped(
  values: Readonly<Record<string, string | undefined>>,
  name: string,
): boolean {
  return (values[name]?.trim() ?? "") !== (values[`was_${name}`] ?? "");
}
