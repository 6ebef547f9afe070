import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import type { Alarms } from "../../lib/alarms/alarms.ts";
import type { CameraImages } from "../../lib/cameras/images/images.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { User } from "../../lib/access/user_store.ts";
import type { Users } from "../../lib/access/users.ts";
import { PRIORITIES, type Ticket, ticketFields } from "../../lib/tickets/ticket.ts";
import { validate } from "../http/validate.ts";
import { alarmHref } from "../frame/links.ts";
import { Answer, Crumbs } from "../frame/parts.tsx";
import type { TicketServices } from "./request.ts";
import type { EventLog } from "../../lib/events/events_store.ts";
import type { DiscussionServices } from "../discussion/request.ts";
import { Field, FormError, Select, TextArea } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";
import type { PageParts } from "../frame/page_parts.ts";
import type { SentForm } from "../frame/form_action.ts";
import { localText, pageTime } from "../frame/range.ts";

/** What the pages about tickets take. */
export interface TicketPageParts extends PageParts, TicketServices, DiscussionServices {
  users: Pick<Users, "find" | "byEmail" | "list">;
  alarms: Pick<Alarms, "find">;
  cameraImages: Pick<CameraImages, "ofAlarm">;
  events: Pick<EventLog, "list">;
}

/** An alarm's title; null when there is none (any more). */
export async function alarmTitle(
  { alarms }: Pick<TicketPageParts, "alarms">,
  id: string,
): Promise<string | null> {
  try {
    return (await alarms.find(id)).title;
  } catch (error) {
    if (error instanceof PerchError && error.code === "not_found") return null;
    throw error;
  }
}

/** The fields of a ticket as a form sends them. */
export const ticketForm = {
  title: z.string().max(300),
  description: z.string().max(10_000),
  priority: z.string().max(20),
  assignee: z.string().max(200),
  due: z.string().max(30),
  machine: z.string().max(2000),
};

type TicketForm = z.output<z.ZodObject<typeof ticketForm>>;

const fields = z.strictObject(ticketFields);

/** A form's texts as a ticket's fields. @throws PerchError `validation` */
export async function ticketOf({ due, ...form }: TicketForm, nowMs: number, zone: string) {
  const dueMs = due === "" ? null : pageTime(due, nowMs, zone);
  const given = {
    ...form,
    description: form.description.replace(/\r\n?/g, "\n"),
    assignee: form.assignee || null,
    machine: form.machine.trim() || null,
    due_ms: due !== "" && dueMs === null ? "no date" : dueMs,
  };
  return await validate(fields, given, "body") as z.output<typeof fields>;
}

/** The page of a new ticket. */
export function NewTicket(
  { parts, sent, alarm }: { parts: TicketPageParts; sent: SentForm; alarm: string | null },
): VNode {
  const { errors, values } = sent;
  return (
    <>
      <Crumbs>
        <a href="/tickets">Tickets</a>
      </Crumbs>
      <Answer>New ticket</Answer>
      <section class="card" aria-label="New ticket">
        <form method="post" action="/tickets/new">
          <FormError>{errors.form ?? errors.alarm}</FormError>
          <input type="hidden" name="alarm" value={values.alarm ?? ""} />
          {alarm !== null && (
            <p class="help">
              For the alarm <a href={alarmHref(values.alarm)}>{alarm}</a>
            </p>
          )}
          <TicketFields parts={parts} sent={sent} ticket={null} />
          <button type="submit" class="primary">Open the ticket</button>
        </form>
      </section>
    </>
  );
}

/** The fields of a ticket, new or known. */
export function TicketFields(
  { parts, sent, ticket }: { parts: TicketPageParts; sent: SentForm; ticket: Ticket | null },
): VNode {
  const { errors, values } = sent;
  const due = ticket?.due_ms ?? null;
  const assignee = values.assignee ?? ticket?.assignee_id ?? "";
  return (
    <>
      <Field
        name="title"
        label="Title"
        value={values.title ?? ticket?.title}
        error={errors.title}
        autocomplete="off"
      />
      <TextArea
        name="description"
        label="Description"
        rows={5}
        value={values.description ?? ticket?.description ?? ""}
        error={errors.description}
      />
      <Select
        name="priority"
        label="Priority"
        options={PRIORITIES.map((priority) => [priority, priority] as const)}
        value={values.priority ?? ticket?.priority ?? "normal"}
        error={errors.priority}
      />
      <Select
        name="assignee"
        label="Assignee"
        options={[["", "nobody"], ...able(parts.users, assignee)]}
        value={assignee}
        error={errors.assignee}
      />
      <Field
        name="due"
        type="datetime-local"
        label="Due"
        value={values.due ?? (due === null ? "" : localText(due, parts.zone))}
        error={errors.due_ms && "must be a date and time"}
        help={`Time in ${parts.zone}; empty: none.`}
        required={false}
      />
      <Picker
        kinds={["machine"]}
        name="machine"
        label="Machine"
        value={values.machine ?? ticket?.machine ?? ""}
        error={errors.machine}
        help="Its name or its path; empty: none."
        autocomplete="off"
        required={false}
      />
    </>
  );
}

/** Who may be given a ticket, and who has it. */
export function able(users: Pick<Users, "list">, current: string): [string, string][] {
  const mayWork = ({ id, state, role }: User) =>
    id === current || (state === "active" && atLeast(role, "engineer"));
  return users.list().filter(mayWork).map(({ id, name, email }) => [id, name || email]);
}
