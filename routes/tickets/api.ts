import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { Users } from "../../lib/access/users.ts";
import { epochMs } from "../../lib/base/epoch.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { MachineDirectory } from "../../lib/machines/sensor.ts";
import type { AlarmTickets } from "../../lib/tickets/alarm_tickets.ts";
import {
  PRIORITIES,
  TICKET_ACTIONS,
  TICKET_STATES,
  type TicketAction,
  UNRESOLVED,
} from "../../lib/tickets/ticket.ts";
import { TICKET_SORTS } from "../../lib/tickets/ticket_store.ts";
import type { MoveOptions, Tickets } from "../../lib/tickets/tickets.ts";
import { VERDICTS } from "../../lib/words/verdict.ts";
import { byOf } from "../http/caller.ts";
import { findMachine } from "../machines/api.ts";
import { list } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

const tags = ["Tickets"];

export interface TicketServices {
  tickets: Tickets;
  fromAlarms: Pick<AlarmTickets, "full">;
  machines: MachineDirectory;
  users: Pick<Users, "find" | "byEmail">;
  audit: Pick<Audit, "statement">;
}

const whenMs = z.number().int().min(0).max(8e15).nullable().describe("epoch ms");

const TicketJson = z.object({
  id: z.string().describe("T-12"),
  title: z.string(),
  description: z.string().describe("Markdown"),
  state: z.enum(TICKET_STATES),
  priority: z.enum(PRIORITIES),
  assignee_id: z.string().nullable(),
  assignee: z.string().nullable().describe("name of the person"),
  due_ms: whenMs,
  overdue: z.boolean().describe("past its due date and not resolved"),
  machine: z.string().nullable().describe("path"),
  machine_id: z.string().nullable(),
  machine_name: z.string().nullable(),
  alarm_id: z.string().nullable().describe("the alarm it is for"),
  verdict: z.enum(VERDICTS).nullable(),
  note: z.string().nullable().describe("what was said when it was resolved"),
  created_ms: z.number(),
  created_by: z.string().nullable().describe("null: an alarm opened it"),
  changed_ms: z.number(),
  changed_by: z.string().nullable(),
  started_ms: whenMs,
  resolved_ms: whenMs,
  resolved_by: z.string().nullable(),
  closed_ms: whenMs,
  version: z.number().describe("send it back with a change: who is slower is told so"),
});

/** What may be said about a ticket. */
export const ticketFields = {
  title: z.string().trim().min(1, "must not be empty").max(200),
  description: z.string().max(4000).describe("Markdown"),
  priority: z.enum(PRIORITIES),
  assignee: z.string().max(200).nullable().describe("id or address of an engineer or admin"),
  due_ms: epochMs.nullable().describe("epoch ms"),
  machine: z.string().max(2000).nullable().describe("path or id"),
};
const alarm = z.string().max(40).nullable().describe("id of the alarm it is for");
const version = z.number().int().min(1).describe("the version you saw");
const { title, ...rest } = ticketFields;
const draftBody = z.strictObject({ title, ...z.object({ ...rest, alarm }).partial().shape });
const patchBody = z.strictObject({ ...z.object({ ...ticketFields, version }).partial().shape });
const note = z.string().trim().max(2000);
const moveBody = z.strictObject({ note: note.optional(), version: version.optional() });
const resolveBody = z.strictObject({
  note: note.optional().describe("what was done"),
  verdict: z.enum(VERDICTS).optional().describe("of its alarm; the detector learns from it"),
  version: version.optional(),
});

export const TicketQueryShape = {
  state: list(z.enum([...TICKET_STATES, "unresolved"])).optional()
    .describe("several are separated by commas; unresolved: open and in progress"),
  priority: list(z.enum(PRIORITIES)).optional(),
  assignee: z.string().max(200).optional().describe("id or address; me; none"),
  machine: z.string().max(2000).optional().describe("path or id"),
  alarm: z.string().max(40).optional().describe("id of an alarm"),
  overdue: z.enum(["true"]).optional(),
  search: z.string().max(200).optional().describe("in title and description, or a number"),
  sort: z.enum(TICKET_SORTS).optional().describe("default newest"),
};
const Query = z.strictObject({
  ...TicketQueryShape,
  limit: z.coerce.number().int().min(1).max(200).optional().describe("default 50"),
  cursor: z.string().max(40).optional().describe("`next` of the answer before"),
});
export type TicketFilter = z.output<typeof Query>;

const idParams = z.object({ id: z.string().max(40).describe("T-12, or 12") });

/** A page of tickets by what a query asks for. @throws `not_found` for a person or machine there is not */
export function askTickets(
  { tickets, machines, users }: TicketServices,
  { state, priority, assignee, machine, alarm, overdue, ...query }: TicketFilter,
  context: Pick<RouteContext, "who">,
) {
  return tickets.list({
    ...query,
    states: state && [
      ...new Set(state.flatMap((one) => one === "unresolved" ? UNRESOLVED : [one])),
    ],
    priorities: priority,
    assigneeId: assignee === undefined ? undefined : personId(users, assignee, context),
    machineId: machine === undefined ? undefined : findMachine(machines, machine).id,
    alarmId: alarm,
    overdue: overdue === "true",
  });
}

function personId(
  users: TicketServices["users"],
  wanted: string,
  { who }: Pick<RouteContext, "who">,
): string | null {
  if (wanted === "none") return null;
  if (wanted === "me") return who!.id;
  const user = users.find(wanted) ?? users.byEmail(wanted);
  if (user !== undefined) return user.id;
  throw new PerchError("not_found", `there is no person "${wanted.slice(0, 80)}"`, {
    errors: [{
      path: "query.assignee",
      message: "must be the id or address of a person, me, or none",
    }],
  });
}

const BODIES: Record<TicketAction, z.ZodType<MoveOptions>> = {
  start: moveBody,
  resolve: resolveBody,
  close: moveBody,
  reopen: moveBody,
};
const SUMMARIES: Record<TicketAction, string> = {
  start: "Begin to work on a ticket",
  resolve: "Resolve a ticket, and its alarm with it",
  close: "Close a resolved ticket",
  reopen: "Open a resolved or closed ticket again",
};

/** `/api/tickets`: work on what is wrong. */
export function ticketRoutes(services: TicketServices): Route[] {
  const { tickets, fromAlarms, audit } = services;
  const one = { description: "The ticket", schema: TicketJson };
  const slower = { description: "Somebody was faster; detail says who, and what is possible" };
  return [
    route({
      method: "get",
      path: "/api/tickets",
      policy: "viewer",
      summary: "Tickets, newest first or in another order",
      tags,
      query: Query,
      example: { query: { state: "unresolved", sort: "due" } },
      responses: {
        200: {
          description: "A page of tickets",
          schema: z.object({
            items: z.array(TicketJson),
            next: z.string().nullable(),
            notice: z.string().nullable()
              .describe("said while alarms have opened as many tickets as they may"),
          }),
        },
      },
      handler: async (context) => {
        const page = await askTickets(services, context.query, context);
        return Response.json({ ...page, notice: await fromAlarms.full() });
      },
    }),
    route({
      method: "post",
      path: "/api/tickets",
      policy: "engineer",
      summary: "Open a ticket, by itself or for an alarm",
      tags,
      body: draftBody,
      example: {
        body: {
          title: "Oil leaks below press 3",
          priority: "high",
          description: "Since *Monday*.",
        },
      },
      responses: { 201: one, 409: { description: "The alarm has a ticket already" } },
      handler: async (context) => {
        const ticket = await tickets.create(context.body, byOf(audit, context as RouteContext));
        return Response.json(ticket, { status: 201 });
      },
    }),
    route({
      method: "get",
      path: "/api/tickets/:id",
      policy: "viewer",
      summary: "A ticket",
      tags,
      params: idParams,
      responses: { 200: one },
      handler: async ({ params }) => Response.json(await tickets.get(params.id)),
    }),
    route({
      method: "patch",
      path: "/api/tickets/:id",
      policy: "engineer",
      summary: "Change a ticket's title, description, priority, assignee, due date or machine",
      tags,
      params: idParams,
      body: patchBody,
      example: { params: { id: "T-1" }, body: { priority: "urgent", due_ms: 1_900_000_000_000 } },
      responses: { 200: one, 409: slower },
      handler: async (context) => {
        const { params, body } = context;
        const by = byOf(audit, context as RouteContext);
        return Response.json(await tickets.change(params.id, body, by));
      },
    }),
    ...TICKET_ACTIONS.map((action) =>
      route({
        method: "post",
        path: `/api/tickets/:id/${action}`,
        policy: "engineer",
        summary: SUMMARIES[action],
        tags,
        params: idParams,
        body: BODIES[action],
        example: {
          params: { id: "T-1" },
          body: action === "resolve" ? { note: "bearing greased" } : {},
        },
        responses: { 200: one, 409: slower },
        handler: async (context) => {
          const { params, body } = context;
          const by = byOf(audit, context as RouteContext);
          return Response.json(await tickets.move(params.id, action, body, by));
        },
      })
    ),
  ];
}
