import type { z } from "zod";
import { HTTP_STATUS, type PerchError } from "../../lib/base/errors.ts";
import { formErrors, readForm } from "../middleware/form.ts";
import { problemHeaders } from "../middleware/problem.ts";
import { type Policy, type Route, route, type RouteContext } from "../route.ts";

/** What was sent, and what is wrong with it. */
export interface SentForm {
  errors: Record<string, string>;
  values: Record<string, string>;
  status: number;
}
export const NOTHING_SENT: SentForm = { errors: {}, values: {}, status: 200 };

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
): Route {
  return route({
    method: "post",
    path,
    policy,
    summary: null,
    handler: async (given) => {
      const context = given as RouteContext;
      const read = await readForm(context.c, schema, FORM_BYTES);
      if (!read.ok) {
        return await draw(context, {
          errors: read.errors,
          values: shownAgain(read.values),
          status: 400,
        });
      }
      try {
        const done = await run(read.data, context);
        return typeof done === "string"
          ? new Response(null, { status: 303, headers: { location: done } })
          : done;
      } catch (error) {
        const errors = formErrors(error);
        const status = HTTP_STATUS[(error as PerchError).code];
        const answer = await draw(context, { errors, values: shownAgain(read.data), status });
        const { "retry-after": retryAfter } = problemHeaders(error as PerchError);
        if (retryAfter) answer.headers.set("retry-after", retryAfter);
        return answer;
      }
    },
  });
}

/** What was typed comes back into the form, passwords and codes do not. */
function shownAgain(data: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data as Record<string, unknown>).filter((entry): entry is [string, string] =>
      typeof entry[1] === "string" && !/password|code/.test(entry[0])
    ),
  );
}
