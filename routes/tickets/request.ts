/** What the API and the pages about tickets share: what they take, and filters. */
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { Users } from "../../lib/access/users.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { MachineDirectory } from "../../lib/machines/sensor.ts";
import type { AlarmTickets } from "../../lib/tickets/alarm_tickets.ts";
import { PRIORITIES, TICKET_STATES, UNRESOLVED } from "../../lib/tickets/ticket.ts";
import { TICKET_SORTS } from "../../lib/tickets/ticket_store.ts";
import type { Tickets } from "../../lib/tickets/tickets.ts";
import { cursorField, limitField, list } from "../http/params.ts";
import type { RouteContext } from "../http/route.ts";
import { findMachine } from "../machines/request.ts";

export interface TicketServices {
  tickets: Tickets;
  fromAlarms: Pick<AlarmTickets, "full">;
  machines: MachineDirectory;
  users: Pick<Users, "find" | "byEmail">;
  audit: Pick<Audit, "statement">;
}

export const ticketFilterFields = {
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
export const ticketFilterShape = z.strictObject({
  ...ticketFilterFields,
  limit: limitField(200, 50),
  cursor: cursorField(),
});
export type TicketFilter = z.output<typeof ticketFilterShape>;

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
