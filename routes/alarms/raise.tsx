import type { VNode } from "preact";
import { z } from "zod";
import { title } from "../../lib/words/names.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { Field, FormError, Select } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";
import { alarmHref } from "../frame/links.ts";
import { Answer, Crumbs } from "../frame/parts.tsx";
import { byOf } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { type AlarmPageParts, raisedAlarmShape } from "./request.ts";

const PAGE = "/alarms/new";

/** `/alarms/new`: a person raises an alarm for what no sensor sees. For engineers. */
export function raisePages(parts: AlarmPageParts): Route[] {
  const draw = (context: RouteContext, sent: SentForm) =>
    parts.frame.answer(context.c, context.who, {
      title: "Raise an alarm",
      place: "/alarms",
      status: sent.status,
      content: <Content sent={sent} />,
    });
  return [
    route({
      method: "get",
      path: PAGE,
      policy: "engineer",
      summary: null,
      query: z.object({ machine: z.string().max(2000).optional() }).loose(),
      handler: (context) =>
        draw(context, { ...NOTHING_SENT, values: { machine: context.query.machine ?? "" } }),
    }),
    formAction(PAGE, raisedAlarmShape, async (given, context) => {
      const { id } = await parts.alarms.raise(given, byOf(parts.audit, context));
      return alarmHref(id);
    }, draw),
  ];
}

function Content({ sent: { values, errors } }: { sent: SentForm }): VNode {
  return (
    <>
      <Crumbs>
        <a href="/alarms">Alarms</a>
      </Crumbs>
      <Answer>Raise an alarm</Answer>
      <section class="card" aria-label="Raise an alarm">
        <form method="post" action={PAGE}>
          <FormError>{errors.form}</FormError>
          <Picker
            kinds={["machine"]}
            name="machine"
            label="Machine"
            value={values.machine}
            error={errors.machine}
            help="Its name or its path."
            autocomplete="off"
          />
          <Select
            name="severity"
            label="Severity"
            options={SEVERITIES.toReversed().map((one) => [one, title(one)] as const)}
            value={values.severity ?? "warning"}
            error={errors.severity}
            help="Critical and warning are sent as the notification rules say; info is only listed."
          />
          <Field
            name="text"
            label="What is wrong"
            value={values.text}
            error={errors.text}
            autocomplete="off"
          />
          <p class="help">It stays open until somebody resolves it.</p>
          <button type="submit" class="primary">Raise the alarm</button>
        </form>
      </section>
    </>
  );
}
