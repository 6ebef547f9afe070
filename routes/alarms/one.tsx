import type { VNode } from "preact";
import { z } from "zod";
import { AlarmNow } from "../../islands/alarm_now.tsx";
import { areaOf, placeOf } from "../../lib/words/alarms.ts";
import { atLeast } from "../../lib/access/policy.ts";
import type { Alarm } from "../../lib/alarms/alarm.ts";
import type { Command } from "../../lib/alarms/commands.ts";
import { VERDICTS } from "../../lib/words/verdict.ts";
import { alarmHref, hrefWith, machineEventsHref, machineHref, ticketHref } from "../frame/links.ts";
import { Crumbs, More } from "../frame/parts.tsx";
import { type AlarmPageParts, commandOf } from "./request.ts";
import { byOf } from "../http/caller.ts";
import { localPath } from "../http/form.ts";
import { idParams } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import type { Ticket } from "../../lib/tickets/ticket.ts";
import { Actions, Ended } from "./actions.tsx";
import { around, Chart, Evidence } from "./evidence.tsx";
import { alarmStep } from "./history.tsx";
import { Pictures } from "./pictures.tsx";
import { Discussion } from "../discussion/view.tsx";
import { discussionActions } from "../discussion/actions.ts";
import { readConversation } from "../discussion/conversation.ts";
import { StateWord } from "../tickets/words.tsx";
import { FormError } from "../frame/form.tsx";
import { Island } from "../frame/island.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";

const params = idParams(20);
const note = z.string().trim().max(2000).optional();

/** `/alarms/:id`: one alarm, what led to it, what was done, and what can be done. */
export function alarmPages(parts: AlarmPageParts): Route[] {
  const idOf = (context: RouteContext) => (context.params as { id: string }).id;
  const redraw = (context: RouteContext, sent: SentForm) =>
    draw(parts, context, context.c.req.param("id")!, sent);
  const act = async (context: RouteContext, command: Command) => {
    const id = context.c.req.param("id")!;
    await parts.alarms.act(id, command, byOf(parts.audit, context));
    return alarmHref(id);
  };
  const nowMs = () => parts.clock.now();
  return [
    route({
      method: "get",
      path: "/alarms/:id",
      policy: "viewer",
      summary: null,
      params,
      handler: (context) => draw(parts, context, idOf(context), NOTHING_SENT),
    }),
    // From the list this is sent with the boxes that are ticked there; they do not count here.
    formAction(
      "/alarms/:id/ack",
      z.object({}).catchall(z.string().max(2000)),
      async ({ back }, context) => {
        const page = await act(context, { kind: "acknowledge" });
        return back === undefined ? page : localPath(back);
      },
      redraw,
    ),
    formAction(
      "/alarms/:id/resolve",
      z.object({ note, verdict: z.enum(["", ...VERDICTS]).optional() }),
      ({ note, verdict }, context) =>
        act(context, commandOf("resolve", { note, verdict: verdict || null }, nowMs())),
      redraw,
    ),
    formAction(
      "/alarms/:id/verdict",
      z.object({ verdict: z.enum(VERDICTS) }),
      ({ verdict }, context) => act(context, { kind: "judge", verdict }),
      redraw,
    ),
    formAction(
      "/alarms/:id/shelve",
      z.object({ minutes: z.coerce.number().int().min(1).max(43_200), reason: note }),
      ({ minutes, reason }, context) =>
        act(context, commandOf("shelve", { minutes, reason }, nowMs())),
      redraw,
    ),
    formAction(
      "/alarms/:id/unshelve",
      z.object({}),
      (_, context) => act(context, { kind: "unshelve" }),
      redraw,
    ),
    ...discussionActions("alarm", parts, (context, id, sent) => draw(parts, context, id, sent)),
  ];
}

async function draw(
  parts: AlarmPageParts,
  context: RouteContext,
  id: string,
  sent: SentForm,
): Promise<Response> {
  const { c, who } = context;
  const since = parts.place();
  const alarm = await parts.alarms.find(id);
  const evidence = await parts.alarms.evidence(id);
  const sensor = alarm.sensor_id === null ? undefined : parts.sensors.find(alarm.sensor_id);
  const mayAct = atLeast(who!.role, "engineer");
  return parts.frame.answer(c, who, {
    title: alarm.title,
    place: "/alarms",
    script: "alarms",
    stream: { types: "alarm" },
    since,
    status: sent.status,
    content: (
      <>
        <Crumbs>
          <a href="/alarms">Alarms</a>
          {alarm.machine !== null && (
            <>
              {" / "}
              <a href={machineHref(alarm.machine)}>{placeOf(alarm)}</a>
              <span class="area">{areaOf(alarm)}</span>
            </>
          )}
        </Crumbs>
        <Island
          name="AlarmNow"
          component={AlarmNow}
          props={{ alarm, nowMs: parts.clock.now(), zone: parts.zone }}
        />
        <TicketOf alarm={alarm} ticket={await parts.tickets.ofAlarm(alarm.id)} mayOpen={mayAct} />
        <FormError>{sent.errors.form}</FormError>
        {alarm.state === "resolved"
          ? <Ended alarm={alarm} zone={parts.zone} mayAct={mayAct} />
          : mayAct && <Actions alarm={alarm} sent={sent} nowMs={parts.clock.now()} />}
        <Pictures
          alarm={alarm}
          pictures={await parts.cameraImages.ofAlarm(alarm)}
          parts={parts}
        />
        {sensor && (
          <Chart
            alarm={alarm}
            sensor={sensor}
            parts={parts}
            {...await around(parts, alarm, sensor)}
          />
        )}
        <Evidence evidence={evidence} parts={parts} />
        <Discussion
          parts={parts}
          talk={await readConversation(parts, "alarm", alarm.id)}
          who={who!}
          sent={sent}
          step={alarmStep}
        />
        <More href={`${alarmHref(id)}/told`}>Who was notified, who was not, and why</More>
        <More
          href={alarm.machine === null
            ? hrefWith("/events", { subject: `alarm:${id}` })
            : machineEventsHref(alarm.machine)}
        >
          {alarm.machine === null ? "Its events" : "All events of this machine"}
        </More>
      </>
    ),
  });
}

/** The work that came of it. */
function TicketOf(
  { alarm, ticket, mayOpen }: { alarm: Alarm; ticket: Ticket | null; mayOpen: boolean },
): VNode | null {
  if (ticket !== null) {
    return (
      <p class="alarm-ticket">
        <a href={ticketHref(ticket.id)}>{`Ticket ${ticket.id}`}</a>{" "}
        <StateWord state={ticket.state} /> {ticket.assignee !== null && ticket.assignee}
      </p>
    );
  }
  if (!mayOpen) return null;
  return (
    <p class="alarm-ticket">
      <a href={`/tickets/new?alarm=${encodeURIComponent(alarm.id)}`}>Open a ticket</a>
    </p>
  );
}
