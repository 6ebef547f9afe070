import type { z } from "zod";
import { HTTP_STATUS, PerchError } from "../../lib/base/errors.ts";
import { formErrors, readForm } from "../middleware/form.ts";
import { type Route, route, type RouteContext } from "../route.ts";

/** What was sent, and what is wrong with it. */
export interface SentForm {
  errors: Record<string, string>;
  values: Record<string, string>;
  status: number;
}
export const NOTHING_SENT: SentForm = { errors: {}, values: {}, status: 200 };

const FORM_BYTES = 16 * 1024;

/**
 * What a page's form posts to, for engineers. `run` gives the address to go on to; what it throws is shown
 * by `draw` beside the fields.
 */
export function formAction<T>(
  path: string,
  schema: z.ZodType<T>,
  run: (data: T, context: RouteContext) => Promise<string>,
  draw: (context: RouteContext, sent: SentForm) => Response | Promise<Response>,
): Route {
  return route({
    method: "post",
    path,
    policy: "engineer",
    summary: null,
    handler: async (given) => {
      const context = given as RouteContext;
      const read = await readForm(context.c, schema, FORM_BYTES);
      if (!read.ok) return await draw(context, { ...read, status: 400 });
      try {
        const location = await run(read.data, context);
        return new Response(null, { status: 303, headers: { location } });
      } catch (error) {
        const errors = formErrors(error);
        const status = HTTP_STATUS[(error as PerchError).code];
        const values = Object.fromEntries(
          Object.entries(read.data as Record<string, unknown>)
            .filter((entry): entry is [string, string] => typeof entry[1] === "string"),
        );
        return await draw(context, { errors, values, status });
      }
    },
  });
}
