import { z } from "zod";
import { bodyMoment, momentMs } from "../../lib/base/epoch.ts";
import {
  TICKET_ACTIONS,
  type TicketAction,
  ticketFields,
  ticketShape,
} from "../../lib/tickets/ticket.ts";
import type { MoveOptions } from "../../lib/tickets/moving.ts";
import { TICKET_VERDICTS } from "../../lib/words/verdict.ts";
import { byOf } from "../http/caller.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { askTickets, ticketFilterShape, type TicketServices } from "./request.ts";

const tags = ["Tickets"];

const alarm = z.string().max(40).nullable().describe("id of the alarm it is for");
const version = z.number().int().min(1).describe("the version you saw");
const { title, ...rest } = { ...ticketFields, due_ms: bodyMoment.nullable() };
const draftShape = z.strictObject({ title, ...z.object({ ...rest, alarm }).partial().shape })
  .meta({ id: "TicketDraft" });
const changeShape = z.strictObject({ ...z.object({ title, ...rest, version }).partial().shape })
  .meta({ id: "TicketChange" });
const note = z.string().trim().max(2000);
const moveShape = z.strictObject({ note: note.optional(), version: version.optional() })
  .meta({ id: "TicketMove" });
const resolveShape = z.strictObject({
  note: note.optional().describe("what was done"),
  verdict: z.enum(TICKET_VERDICTS).optional()
    .describe("of its alarm; the detector learns from it. failed: real, and the machine failed"),
  version: version.optional(),
}).meta({ id: "TicketResolve" });

const params = idParams();

const ticketListShape = listOf(ticketShape).extend({
  notice: z.string().nullable()
    .describe("a sentence while alarms have opened as many tickets as they may"),
}).meta({ id: "TicketList" });

const BODY_SHAPES: Record<TicketAction, z.ZodType<MoveOptions>> = {
  start: moveShape,
  resolve: resolveShape,
  close: moveShape,
  reopen: moveShape,
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
  const one = { description: "The ticket", schema: ticketShape };
  const slower = {
    description: "Somebody else was faster; detail names who, and what is possible",
  };
  return [
    route({
      method: "get",
      path: "/api/tickets",
      policy: "viewer",
      summary: "Tickets, newest first or in another order",
      tags,
      query: ticketFilterShape,
      example: { query: { state: "unresolved", sort: "due" } },
      responses: {
        200: {
          description: "A page of tickets",
          schema: ticketListShape,
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
      body: draftShape,
      example: {
        body: {
          title: "Oil leaks below press 3",
          priority: "high",
          description: "Since *Monday*.",
        },
      },
      responses: { 201: one, 409: { description: "The alarm has a ticket already" } },
      handler: async (context) => {
        const ticket = await tickets.create(
          withDue(context.body, context.nowMs),
          byOf(audit, context),
        );
        return Response.json(ticket, { status: 201 });
      },
    }),
    route({
      method: "get",
      path: "/api/tickets/:id",
      policy: "viewer",
      summary: "A ticket",
      tags,
      params,
      responses: { 200: one },
      handler: async ({ params }) => Response.json(await tickets.get(params.id)),
    }),
    route({
      method: "patch",
      path: "/api/tickets/:id",
      policy: "engineer",
      summary: "Change a ticket's title, description, priority, assignee, due date or machine",
      tags,
      params,
      body: changeShape,
      example: { params: { id: "T-1" }, body: { priority: "urgent", due_ms: 1_900_000_000_000 } },
      responses: { 200: one, 409: slower },
      handler: async (context) => {
        const { params, body } = context;
        const by = byOf(audit, context);
        return Response.json(await tickets.change(params.id, withDue(body, context.nowMs), by));
      },
    }),
    ...TICKET_ACTIONS.map((action) =>
      route({
        method: "post",
        path: `/api/tickets/:id/${action}`,
        policy: "engineer",
        summary: SUMMARIES[action],
        tags,
        params,
        body: BODY_SHAPES[action],
        example: {
          params: { id: "T-1" },
          body: action === "resolve" ? { note: "bearing greased" } : {},
        },
        responses: { 200: one, 409: slower },
        handler: async (context) => {
          const { params, body } = context;
          const by = byOf(audit, context);
          return Response.json(await tickets.move(params.id, action, body, by));
        },
      })
    ),
  ];
}

/** With the time when it is due as a number. */
function withDue<T extends { due_ms?: number | string | null }>(
  body: T,
  nowMs: number,
): Omit<T, "due_ms"> & { due_ms?: number | null } {
  const { due_ms, ...rest } = body;
  return due_ms === undefined ? rest : { ...rest, due_ms: momentMs(due_ms, nowMs) };
}
