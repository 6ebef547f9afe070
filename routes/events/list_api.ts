import { listedEventOf, listedEventShape, wholeEventShape } from "../../lib/events/listed.ts";
import { listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import {
  eventFilterShape,
  eventParams,
  eventQueryOf,
  type EventServices,
  findEvent,
  refuseBackwards,
} from "./request.ts";

const tags = ["Events"];

/** `GET /api/events`, and one of them with everything. */
export function eventListRoutes(services: EventServices): Route[] {
  return [
    route({
      method: "get",
      path: "/api/events",
      policy: "viewer",
      summary: "Events, filtered and searched, last recorded first",
      tags,
      query: eventFilterShape,
      example: { query: { type: "alarm", from: "-6h", q: "press warm" } },
      responses: { 200: { description: "A page of events", schema: listOf(listedEventShape) } },
      handler: async ({ query, who, nowMs }) => {
        const { from, to, ...rest } = query;
        const [fromMs, toMs] = [from?.(nowMs), to?.(nowMs)];
        refuseBackwards(fromMs, toMs);
        const asked = { ...rest, fromMs, toMs };
        const { items, next } = await services.events.list(eventQueryOf(services, asked, { who }));
        return Response.json({ items: items.map(listedEventOf), next });
      },
    }),
    route({
      method: "get",
      path: "/api/events/:id",
      policy: "viewer",
      summary: "An event with what it was about",
      tags,
      params: eventParams,
      responses: {
        200: { description: "The event", schema: wholeEventShape },
        404: { description: "No such event" },
      },
      handler: async ({ params: { id }, who }) => {
        const event = await findEvent(services, Number(id), who);
        return Response.json({ ...listedEventOf(event), body: event.body });
      },
    }),
  ];
}
