import { z } from "zod";
import { formAction } from "../frame/form_action.ts";
import { type FormState, NO_FORM } from "../frame/form_page.ts";
import type { Route, RouteContext } from "../http/route.ts";
import { approvalShape, approve, propose, rollBack } from "./corrections_request.ts";
import type { FaultPageParts } from "./page_parts.ts";
import { faultHref, PAGE } from "./parts_drawn.tsx";

const PATH = `${PAGE}/:id`;
const anewShape = z.strictObject({ anew: z.literal("yes").optional() });
const confirmedShape = approvalShape.extend({
  confirm: z.literal("yes", "read the change, and say so here"),
});

/** What the forms of a correction post to. `draw` draws the page of the fault. */
export function correctionActions(
  parts: FaultPageParts,
  draw: (context: RouteContext, state: FormState) => Promise<Response>,
): Route[] {
  const idOf = (context: RouteContext) => context.c.req.param("id")!;
  const back = (context: RouteContext) => faultHref(Number(idOf(context)));
  return [
    {
      ...formAction(
        `${PATH}/propose`,
        anewShape,
        async ({ anew }, context) => {
          const { correction, reason } = await propose(
            parts,
            context,
            idOf(context),
            anew === "yes",
          );
          if (correction !== null || anew === undefined) return back(context);
          const notice = <p role="status">{`There is ${reason}.`}</p>;
          return await draw(context, { ...NO_FORM, form: "propose", notice });
        },
        (context, sent) => draw(context, { form: "propose", ...sent }),
        "admin",
      ),
      // A model may think for long.
      bodyTimeoutMs: 120_000,
    },
    formAction(
      `${PATH}/approve`,
      confirmedShape,
      async ({ confirm: _, ...asked }, context) => {
        await approve(parts, context, idOf(context), asked);
        return back(context);
      },
      (context, sent) => draw(context, { form: "approve", ...sent }),
      "person:admin",
    ),
    formAction(
      `${PATH}/rollback`,
      z.strictObject({}),
      async (_, context) => {
        await rollBack(parts, context, idOf(context));
        return back(context);
      },
      (context, sent) => draw(context, { form: "rollback", ...sent }),
      "person:admin",
    ),
  ];
}
