import { COMMAND_STATES } from "../../lib/words/commands.ts";
import { z } from "zod";
import { commandShape } from "../../lib/commands/command.ts";
import {
  newTargetShape,
  type TargetPatch,
  targetPatchShape,
  targetShape,
} from "../../lib/commands/target.ts";
import { auditedBy } from "../http/caller.ts";
import {
  cursorField,
  findSensor,
  idParams,
  limitField,
  listOf,
  pageInMemory,
} from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { type CommandServices, orderBy, setsUp } from "./request.ts";

const tags = ["Commands"];
const id = idParams();
const orderShape = z.strictObject({
  value: z.union([z.number(), z.boolean(), z.string().max(200)]),
  confirmed: z.boolean().default(false).describe("asked for where it is marked dangerous"),
}).meta({ id: "Order" });
const given = {
  201: { description: "Handed to the broker; its end is in the history", schema: commandShape },
  409: { description: "An interlock forbids it, or it has to be confirmed" },
  429: { description: "Too often" },
  503: { description: "It could not be sent" },
};
const listQuery = z.strictObject({
  target: z.string().max(40).optional().describe("id"),
  sensor: z.string().max(2000).optional().describe("id or name"),
  state: z.enum(COMMAND_STATES).optional(),
  cursor: cursorField(),
  limit: limitField(200, 50),
});

/** `/api/commands`: orders, and what can be ordered. */
export function commandApi(services: CommandServices): Route[] {
  const { commands, sensors, audit } = services;
  const { targets } = commands;
  return [
    route({
      method: "get",
      path: "/api/commands",
      policy: "viewer",
      summary: "Orders that were given, newest first",
      tags,
      query: listQuery,
      responses: { 200: { description: "A page of orders", schema: listOf(commandShape) } },
      handler: async ({ query: { target, sensor, ...rest } }) => {
        const of = sensor === undefined
          ? undefined
          : targets.ofSensor(findSensor(sensors, sensor).num).map((one) => one.id);
        const wanted = target === undefined
          ? of
          : of === undefined
          ? [target]
          : of.filter((one) => one === target);
        return Response.json(await commands.list({ ...rest, targets: wanted }));
      },
    }),
    route({
      method: "post",
      path: "/api/sensors/:id{.+}/command",
      policy: "command:engineer",
      summary: "Give an order to the device whose state a sensor shows",
      tags,
      params: z.object({ id: z.string().min(1).max(2000) }),
      body: orderShape,
      example: { params: { id: "hall-1/press-3/temperature" }, body: { value: true } },
      responses: given,
      handler: async (context) => {
        const { id } = commands.ofSensor(findSensor(sensors, context.params.id));
        const { value, confirmed } = context.body;
        const command = await commands.order(id, value, orderBy(services, context, confirmed));
        return Response.json(command, { status: 201 });
      },
    }),
    route({
      method: "get",
      path: "/api/commands/targets",
      policy: "viewer",
      summary: "What can be told, by machine and name",
      tags,
      query: z.strictObject({ cursor: cursorField(), limit: limitField(500, 100) }),
      responses: { 200: { description: "A page of them", schema: listOf(targetShape) } },
      handler: (context) => {
        const { cursor, limit = 100 } = context.query;
        const all = [...targets.all()].sort((a, b) => a.id < b.id ? -1 : 1);
        const { items, next } = pageInMemory(all, (one) => one.id, { cursor, limit });
        const shown = items.map((target) => commands.view(target, setsUp(context)));
        return Response.json({ items: shown, next });
      },
    }),
    route({
      method: "post",
      path: "/api/commands/targets",
      policy: "admin",
      summary: "Set up what a device can be told by MQTT",
      tags,
      body: newTargetShape,
      example: {
        body: {
          name: "Siren",
          machine: "hall-1/press-3",
          kind: "button",
          way: { topic: "cmnd/siren/POWER", payload: "ON" },
        },
      },
      responses: { 201: { description: "What can be told", schema: targetShape } },
      handler: async (context) => {
        const target = await targets.add(context.body, auditedBy(audit, context));
        return Response.json(commands.view(target, true), { status: 201 });
      },
    }),
    route({
      method: "get",
      path: "/api/commands/targets/:id",
      policy: "viewer",
      summary: "One thing that can be told",
      tags,
      params: id,
      responses: { 200: { description: "What can be told", schema: targetShape } },
      handler: (context) =>
        Response.json(commands.view(targets.find(context.params.id), setsUp(context))),
    }),
    route({
      method: "post",
      path: "/api/commands/targets/:id",
      policy: "command:engineer",
      summary: "Give an order",
      tags,
      params: id,
      body: orderShape,
      example: { body: { value: true } },
      responses: given,
      handler: async (context) => {
        const { value, confirmed } = context.body;
        const by = orderBy(services, context, confirmed);
        const command = await commands.order(context.params.id, value, by);
        return Response.json(command, { status: 201 });
      },
    }),
    route({
      method: "patch",
      path: "/api/commands/targets/:id",
      policy: "admin",
      summary: "Change name, interlocks, limits, or how it is told",
      tags,
      params: id,
      body: targetPatchShape,
      example: { body: { settings: { dangerous: false } } },
      responses: { 200: { description: "What can be told", schema: targetShape } },
      handler: async (context) => {
        const patch = context.body as TargetPatch;
        const target = await targets.change(context.params.id, patch, auditedBy(audit, context));
        return Response.json(commands.view(target, true));
      },
    }),
    route({
      method: "delete",
      path: "/api/commands/targets/:id",
      policy: "admin",
      summary: "Remove what was set up; of an announced one, what was set",
      tags,
      params: id,
      responses: { 204: { description: "Removed" } },
      handler: async (context) => {
        await targets.remove(context.params.id, auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "get",
      path: "/api/commands/:id",
      policy: "viewer",
      summary: "An order and what came of it",
      tags,
      params: id,
      responses: { 200: { description: "The order", schema: commandShape } },
      handler: async ({ params }) => Response.json(await commands.find(params.id)),
    }),
  ];
}
