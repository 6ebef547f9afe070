import type { Route } from "../http/route.ts";
import { ticketRoutes } from "./api.ts";
import type { TicketPageParts } from "./form.tsx";
import { ticketsPages } from "./list.tsx";
import { ticketPages } from "./one.tsx";

/** Tickets: what is to be repaired, by whom. */
export function ticketsRoutes(parts: TicketPageParts): Route[] {
  return [...ticketRoutes(parts), ...ticketsPages(parts), ...ticketPages(parts)];
}
