import { z } from "zod";
import { NO_FORM } from "../frame/form_page.ts";
import { formAction, type SentForm } from "../frame/form_action.ts";
import { localPath } from "../http/form.ts";
import type { Route, RouteContext } from "../http/route.ts";
import { drawNow } from "./list.tsx";
import type { FaultPageParts } from "./page_parts.ts";
import { PAGE } from "./parts_drawn.tsx";
import { byPerson, reasonField } from "./request.ts";

const component = z.string().min(1, "choose one").max(120);
const withReason = z.strictObject({ component, reason: reasonField });
const back = z.string().max(200).optional();

/** What the forms of the page of faults post to. For admins. */
export function faultActions(parts: FaultPageParts): Route[] {
  const { faults } = parts;
  const draw = (form: string) => (context: RouteContext, sent: SentForm) =>
    drawNow(parts, context, { ...NO_FORM, ...sent, form });
  return [
    formAction(
      `${PAGE}/pause`,
      withReason,
      async ({ component, reason }, context) => {
        await faults.pause(component, byPerson(parts, context, reason));
        return PAGE;
      },
      draw("pause"),
      "admin",
    ),
    formAction(
      `${PAGE}/restart`,
      withReason,
      async ({ component, reason }, context) => {
        await faults.restart(component, byPerson(parts, context, reason));
        return PAGE;
      },
      draw("restart"),
      "admin",
    ),
    formAction(
      `${PAGE}/resume`,
      z.strictObject({ component, back }),
      async ({ component, back }, context) => {
        await faults.resume(component, byPerson(parts, context, "on the page of the faults"));
        return back === undefined ? PAGE : localPath(back);
      },
      draw("resume"),
      "admin",
    ),
  ];
}
