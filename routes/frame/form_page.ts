import type { VNode } from "preact";
import type { z } from "zod";
import { formAction, NOTHING_SENT, type SentForm } from "./form_action.ts";
import { type Policy, type Route, route, type RouteContext } from "../http/route.ts";

/** What a page shows beside its data: the form that was just sent, and what became of it. */
export interface FormState extends SentForm {
  /** Which of the page's forms. */
  form: string;
  /** Shown once on top: a key, a link, recovery codes. */
  notice?: VNode;
}

export const NO_FORM: FormState = { form: "", ...NOTHING_SENT };

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
    handler: (context) => page.draw(context, NO_FORM),
  });
}

/**
 * What a form of the page posts to, `<page>/<form>`. `run` does it: it gives something to show once (the page
 * is drawn with it), or nothing (back to the page).
 */
export function formRoute<T>(
  page: FormPage,
  form: string,
  schema: z.ZodType<T>,
  run: (data: T, context: RouteContext) => Promise<VNode | void>,
  policy: Policy = page.policy,
): Route {
  return formAction(
    `${page.path}/${form}`,
    schema,
    async (data, context) => {
      const notice = await run(data, context);
      return notice ? await page.draw(context, { ...NO_FORM, form, notice }) : page.path;
    },
    (context, sent) => page.draw(context, { form, ...sent }),
    policy,
  );
}

/** Errors and values of one form of the page. */
export function stateOf(state: FormState, form: string): Pick<FormState, "errors" | "values"> {
  return state.form === form ? state : NO_FORM;
}
