import type { VNode } from "preact";
import type { z } from "zod";
import { HTTP_STATUS, PerchError } from "../../../lib/base/errors.ts";
import { formErrors, readForm } from "../../middleware/form.ts";
import { type Policy, type Route, route, type RouteContext } from "../../route.ts";

/** What a page shows beside its data: the form that was just sent, and what became of it. */
export interface FormState {
  /** Which of the page's forms. */
  form: string;
  errors: Record<string, string>;
  values: Record<string, string>;
  /** Shown once on top: a key, a link, recovery codes. */
  notice?: VNode;
  status: number;
}

export const NO_FORM: FormState = { form: "", errors: {}, values: {}, status: 200 };

const FORM_BYTES = 16 * 1024;

/** A page with forms: how it is drawn, and who may see it. */
export interface FormPage {
  path: string;
  policy: Policy;
  draw(context: RouteContext, state: FormState): Response | Promise<Response>;
}

/** The page itself. */
export function pageRoute(page: FormPage): Route {
  return route({
    method: "get",
    path: page.path,
    policy: page.policy,
    summary: null,
    handler: (context) => page.draw(context as RouteContext, NO_FORM),
  });
}

/**
 * What a form of the page posts to, `<page>/<form>`. `run` does it: it gives something to show once (the page
 * is drawn with it), or nothing (back to the page, so that reloading sends nothing twice). What is wrong is
 * shown beside the fields.
 */
export function formRoute<T>(
  page: FormPage,
  form: string,
  schema: z.ZodType<T>,
  run: (data: T, context: RouteContext) => Promise<VNode | void>,
  policy: Policy = page.policy,
): Route {
  return route({
    method: "post",
    path: `${page.path}/${form}`,
    policy,
    summary: null,
    handler: async (given) => {
      const context = given as RouteContext;
      const read = await readForm(context.c, schema, FORM_BYTES);
      if (!read.ok) {
        return await page.draw(context, { form, status: 400, ...withoutSecrets(read) });
      }
      try {
        const notice = await run(read.data, context);
        if (notice) return await page.draw(context, { ...NO_FORM, form, notice });
        return new Response(null, { status: 303, headers: { location: page.path } });
      } catch (error) {
        const status = error instanceof PerchError ? HTTP_STATUS[error.code] : 500;
        const values = textsOf(read.data);
        return await page.draw(context, {
          form,
          status,
          ...withoutSecrets({ errors: formErrors(error), values }),
        });
      }
    },
  });
}

/** What was typed comes back into the form, passwords and codes do not. */
function withoutSecrets(
  { errors, values }: { errors: Record<string, string>; values: Record<string, string> },
) {
  const kept = Object.entries(values).filter(([name]) => !/password|code/.test(name));
  return { errors, values: Object.fromEntries(kept) };
}

function textsOf(data: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data as Record<string, unknown>)
      .filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** Errors and values of one form of the page. */
export function stateOf(state: FormState, form: string): Pick<FormState, "errors" | "values"> {
  return state.form === form ? state : NO_FORM;
}
