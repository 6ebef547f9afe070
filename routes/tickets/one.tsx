import type { VNode } from "preact";
import { z } from "zod";
import { TicketNews } from "../../islands/ticket_news.tsx";
import { atLeast } from "../../lib/access/policy.ts";
import { machineTitle } from "../../lib/words/names.ts";
import {
  mayMove,
  type Ticket,
  TICKET_ACTIONS,
  type TicketAction,
} from "../../lib/tickets/ticket.ts";
import { TICKET_VERDICTS } from "../../lib/words/verdict.ts";
import { Exact } from "../frame/times.tsx";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { byOf } from "../http/caller.ts";
import { Discussion } from "../discussion/view.tsx";
import { discussionActions } from "../discussion/actions.ts";
import { type Conversation, readConversation } from "../discussion/conversation.ts";
import { FormError, Select, TextArea } from "../frame/form.tsx";
import { Island } from "../frame/island.tsx";
import { Markdown } from "../frame/markdown.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { alarmHref, machineEventsHref, machineHref, ticketHref } from "../frame/links.ts";
import { Crumbs, Fact, Facts, Post } from "../frame/parts.tsx";
import { DueWord, PriorityWord, StateWord } from "./words.tsx";
import { alarmTitle, TicketFields, ticketForm, ticketOf, type TicketPageParts } from "./form.tsx";

const BUTTONS: Record<TicketAction, string> = {
  start: "Start work",
  resolve: "Resolve",
  close: "Close",
  reopen: "Open again",
};
const version = z.coerce.number().int().min(1);

/** `/tickets/:id`: one ticket, what can be done with it, and the conversation about it. */
export function ticketPages(parts: TicketPageParts): Route[] {
  const draw = async (context: RouteContext, id: string, sent: SentForm) => {
    const since = parts.place();
    const ticket = await parts.tickets.get(id);
    return parts.frame.answer(context.c, context.who, {
      title: `${ticket.id} ${ticket.title}`,
      place: "/tickets",
      script: "lists",
      stream: { types: "ticket" },
      since,
      status: sent.status,
      content: (
        <Content
          parts={parts}
          ticket={ticket}
          alarm={await alarmOf(parts, ticket.alarm_id)}
          talk={await readConversation(parts, "ticket", ticket.id)}
          context={context}
          sent={sent}
        />
      ),
    });
  };
  const idOf = (context: RouteContext) => (context.params as { id: string }).id;
  const again = (context: RouteContext, sent: SentForm) => draw(context, idOf(context), sent);
  return [
    route({
      method: "get",
      path: "/tickets/:id",
      policy: "viewer",
      summary: null,
      params: z.object({ id: z.string().max(40) }),
      handler: (context) => draw(context, context.params.id, NOTHING_SENT),
    }),
    formAction(
      "/tickets/:id/change",
      z.strictObject({ ...ticketForm, version }),
      async ({ version, ...form }, context) => {
        const patch = { ...await ticketOf(form, context.nowMs, parts.zone), version };
        const ticket = await parts.tickets.change(idOf(context), patch, byOf(parts.audit, context));
        return ticketHref(ticket.id);
      },
      again,
    ),
    ...TICKET_ACTIONS.map((action) =>
      formAction(
        `/tickets/:id/${action}`,
        z.strictObject({
          version,
          note: z.string().trim().max(2000).optional(),
          verdict: z.enum([...TICKET_VERDICTS, ""]).optional(),
        }),
        async ({ note, verdict, version }, context) => {
          const given = { note, verdict: verdict || null, version };
          const ticket = await parts.tickets.move(
            idOf(context),
            action,
            given,
            byOf(parts.audit, context),
          );
          return ticketHref(ticket.id);
        },
        again,
      )
    ),
    ...discussionActions("ticket", parts, draw),
  ];
}

/** The alarm that a ticket is about, and how many pictures there are of its moment. */
interface TicketAlarm {
  id: string;
  title: string;
  pictures: number;
}

/** Null: there is none, or it was deleted meanwhile. */
async function alarmOf(
  { alarms, cameraImages }: Pick<TicketPageParts, "alarms" | "cameraImages">,
  id: string | null,
): Promise<TicketAlarm | null> {
  if (id === null) return null;
  const title = await alarmTitle({ alarms }, id);
  if (title === null) return null;
  const pictures = await cameraImages.ofAlarm(await alarms.find(id));
  return { id, title, pictures: pictures.length };
}

function Content(
  { parts, ticket, alarm, talk, context, sent }: {
    parts: TicketPageParts;
    ticket: Ticket;
    alarm: TicketAlarm | null;
    talk: Conversation;
    context: RouteContext;
    sent: SentForm;
  },
): VNode {
  const who = context.who!;
  const mayWork = atLeast(who.role, "engineer");
  return (
    <>
      <Crumbs>
        <a href="/tickets">Tickets</a> / {ticket.id}
      </Crumbs>
      <h1>{ticket.title}</h1>
      <p class="ticket-state">
        <span class="number">{ticket.id}</span> <StateWord state={ticket.state} />{" "}
        <PriorityWord ticket={ticket} /> <DueWord ticket={ticket} zone={parts.zone} />
      </p>
      <Island name="TicketNews" component={TicketNews} props={{ id: ticket.id }} />
      <FormError>{sent.errors.form}</FormError>
      <TicketFacts parts={parts} ticket={ticket} alarm={alarm} />
      {mayWork && <Work ticket={ticket} sent={sent} />}
      <Discussion parts={parts} talk={talk} who={who} sent={sent} />
      {mayWork && <Change parts={parts} ticket={ticket} sent={sent} />}
    </>
  );
}

function TicketFacts(
  { parts, ticket, alarm }: {
    parts: TicketPageParts;
    ticket: Ticket;
    alarm: TicketAlarm | null;
  },
): VNode {
  const { machine, machine_name, alarm_id, assignee, note, verdict } = ticket;
  return (
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">What it is about</h2>
      {ticket.description !== "" && (
        <div class="said">
          <Markdown text={ticket.description} />
        </div>
      )}
      <Facts>
        {alarm_id !== null && (
          <Fact name="Alarm">
            {alarm === null ? "deleted meanwhile" : <a href={alarmHref(alarm_id)}>{alarm.title}</a>}
          </Fact>
        )}
        {alarm !== null && alarm.pictures > 0 && (
          <Fact name="Pictures">
            <a href={`${alarmHref(alarm.id)}#pictures`}>
              {alarm.pictures === 1 ? "1 of the moment" : `${alarm.pictures} of the moment`}
            </a>
          </Fact>
        )}
        {machine !== null && (
          <Fact name="Machine">
            <a href={machineHref(machine)}>{machineTitle({ name: machine_name, path: machine })}</a>
            {" · "}
            <a href={machineEventsHref(machine)}>all its events</a>
          </Fact>
        )}
        <Fact name="Assignee">{assignee ?? "nobody"}</Fact>
        <Fact name="Opened">
          {ticket.created_by ?? "by its alarm"}, <Exact tMs={ticket.created_ms} zone={parts.zone} />
        </Fact>
        {ticket.resolved_ms !== null && (
          <Fact name="Resolved">
            {ticket.resolved_by ?? "with its alarm"},{" "}
            <Exact tMs={ticket.resolved_ms} zone={parts.zone} />
          </Fact>
        )}
        {note !== null && <Fact name="What was done">{note}</Fact>}
        {verdict !== null && (
          <Fact name={verdict === "failed" ? "The machine" : "The alarm was"}>
            {verdict === "failed" ? "had failed" : verdict === "real" ? "real" : "a false alarm"}
          </Fact>
        )}
      </Facts>
    </section>
  );
}

const FAILED = ["failed", "had failed, and runs again"] as const;

/** What can be done with it in its state. */
function Work({ ticket, sent }: { ticket: Ticket; sent: SentForm }): VNode {
  const possible = TICKET_ACTIONS.filter((action) => mayMove(ticket.state, action));
  const base = ticketHref(ticket.id);
  return (
    <section class="card work" aria-labelledby="work">
      <h2 id="work">What next</h2>
      <div class="buttons">
        {possible.filter((action) => action !== "resolve").map((action) => (
          <Post
            key={action}
            action={`${base}/${action}`}
            fields={{ version: String(ticket.version) }}
            look={action === "start" ? "primary" : undefined}
          >
            {BUTTONS[action]}
          </Post>
        ))}
      </div>
      {possible.includes("resolve") && (
        <form method="post" action={`${base}/resolve`}>
          <input type="hidden" name="version" value={ticket.version} />
          <TextArea
            name="note"
            label="What was done"
            rows={2}
            value={sent.values.note ?? ""}
            error={sent.errors.note}
          />
          {ticket.alarm_id === null && ticket.machine !== null && (
            <Select
              name="verdict"
              label="The machine"
              options={[["", "had not failed"], FAILED]}
              value={sent.values.verdict ?? ""}
              help="Remaining life is learned from machines of a kind that failed."
              error={sent.errors.verdict}
            />
          )}
          {ticket.alarm_id !== null && (
            <Select
              name="verdict"
              label="The alarm was"
              options={[
                ...[["", "not judged"], ["real", "real"], [
                  "false_alarm",
                  "a false alarm",
                ]] as const,
                ...(ticket.machine === null
                  ? []
                  : [["failed", "real, and the machine had failed"] as const]),
              ]}
              value={sent.values.verdict ?? ""}
              help="The detector learns from it. The alarm is resolved too."
              error={sent.errors.verdict}
            />
          )}
          <button type="submit">{BUTTONS.resolve}</button>
        </form>
      )}
    </section>
  );
}

function Change(
  { parts, ticket, sent }: { parts: TicketPageParts; ticket: Ticket; sent: SentForm },
): VNode {
  const tried = sent.values.title !== undefined;
  return (
    <details class="card more-form" open={tried}>
      <summary>Change title, assignee, due date …</summary>
      <form method="post" action={`${ticketHref(ticket.id)}/change`}>
        <input type="hidden" name="version" value={ticket.version} />
        <TicketFields parts={parts} sent={sent} ticket={ticket} />
        <button type="submit">Save</button>
      </form>
    </details>
  );
}
