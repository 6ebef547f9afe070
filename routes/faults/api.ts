import type { ByPerson } from "../../lib/faults/people.ts";
import { faultJson, faultShape, pauseJson, pauseShape } from "../../lib/faults/shapes.ts";
import { listOf } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import {
  byPerson,
  componentParams,
  faultFilterShape,
  faultParams,
  type FaultServices,
  findFault,
  reasonShape,
} from "./request.ts";

const tags = ["Faults"];
const one = { description: "The fault", schema: faultShape };
const noFault = { description: "No such fault" };
const noPart = { description: "No such part; detail names those there are" };

/** `/api/faults`: what is wrong with Perch itself; and its parts, paused and started anew. */
export function faultRoutes(services: FaultServices): Route[] {
  const { faults } = services;
  return [
    route({
      method: "get",
      path: "/api/faults",
      policy: "viewer",
      summary: "What is and was wrong with Perch itself, newest first",
      tags,
      query: faultFilterShape,
      example: { query: { state: "open", severity: "critical,high" } },
      responses: { 200: { description: "A page of faults", schema: listOf(faultShape) } },
      handler: async ({ query: { state: states, severity: severities, ...rest } }) => {
        const { items, next } = await faults.list({ states, severities, ...rest });
        return Response.json({ items: items.map(faultJson), next });
      },
    }),
    route({
      method: "get",
      path: "/api/faults/:id",
      policy: "viewer",
      summary: "A fault",
      tags,
      params: faultParams,
      responses: { 200: one, 404: noFault },
      handler: async ({ params: { id } }) =>
        Response.json(faultJson(await findFault(services, id))),
    }),
    route({
      method: "post",
      path: "/api/faults/:id/dismiss",
      policy: "admin",
      summary: "Show a fault no more, as long as it gets no worse; what it paused stays paused",
      tags,
      params: faultParams,
      body: reasonShape,
      example: {
        params: { id: "1" },
        body: { reason: "known, the gateway is replaced on Monday" },
      },
      responses: { 200: one, 404: noFault, 409: { description: "It is not open" } },
      handler: async (context) => {
        const { id } = await findFault(services, context.params.id);
        const by = byPerson(services, context, context.body.reason);
        return Response.json(faultJson(await faults.dismiss(id, by)));
      },
    }),
    ...componentRoutes(services),
  ];
}

function componentRoutes(services: FaultServices): Route[] {
  const { faults } = services;
  const common = { method: "post", policy: "admin", tags, params: componentParams } as const;
  const body = reasonShape;
  const reason = { reason: "the broker is moved" };
  const done = { description: "Done" };
  type Asked = RouteContext & { params: { name: string }; body: { reason: string } };
  async function doneBy(
    context: Asked,
    run: (name: string, by: ByPerson) => Promise<unknown>,
  ): Promise<Response> {
    await run(context.params.name, byPerson(services, context, context.body.reason));
    return new Response(null, { status: 204 });
  }
  return [
    route({
      ...common,
      path: "/api/components/:name/pause",
      summary: "Pause a part: a codec, a task, or intake (MQTT unacknowledged, HTTP 503)",
      body,
      example: { params: { name: "task:backtests" }, body: reason },
      responses: { 200: { description: "It is paused", schema: pauseShape }, 404: noPart },
      handler: async (context) => {
        const by = byPerson(services, context, context.body.reason);
        return Response.json(pauseJson(await faults.pause(context.params.name, by)));
      },
    }),
    route({
      ...common,
      path: "/api/components/:name/resume",
      summary: "Resume a part; what waited comes first",
      body,
      example: { params: { name: "task:readings check" }, body: reason },
      responses: { 204: done, 404: noPart, 409: { description: "It is not paused" } },
      handler: (context) => doneBy(context, faults.resume),
    }),
    route({
      ...common,
      path: "/api/components/:name/restart",
      summary: "Restart a task",
      body,
      example: { params: { name: "task:notify router" }, body: reason },
      responses: { 204: done, 404: noPart, 409: { description: "It is paused" } },
      handler: (context) => doneBy(context, faults.restart),
    }),
  ];
}
