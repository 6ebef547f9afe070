import { z } from "zod";
import { msField } from "../../lib/base/wire.ts";
import { type Route, route } from "../http/route.ts";
import { meantShape, rebootHost, restartServices, type SystemServices } from "./system_request.ts";

const tags = ["Health"];
const meant = { host: "perch-pi", password: "long enough" };
const unitShape = z.object({
  name: z.string(),
  load: z.string(),
  active: z.string().describe("systemd's word: active, inactive, failed …"),
  sub: z.string(),
}).meta({ id: "Unit" });
const refused = {
  403: { description: "The password or the code is wrong" },
  503: { description: "systemd cannot be asked, or refuses: perch install writes the rule" },
};

/** `/api/system`: the units of the host and its reboot, for admins who prove who they are again. */
export function systemRoutes(services: SystemServices): Route[] {
  const { system } = services;
  return [
    route({
      method: "get",
      path: "/api/system",
      policy: "admin",
      summary: "Perch as a service, the units it looks after, and the last reboot it asked for",
      tags,
      responses: {
        200: {
          description: "How the host is managed",
          schema: z.object({
            host: z.string(),
            service: unitShape.nullable(),
            refusal: z.string().nullable().describe("why systemd cannot be asked"),
            units: z.array(
              unitShape.extend({ restarts: z.number(), gave_up: z.boolean() })
                .meta({ id: "WatchedUnit" }),
            ),
            list_trouble: z.string().nullable(),
            last_reboot: z.object({ at_ms: msField, by: z.string(), why: z.string() }).nullable(),
          }),
        },
      },
      handler: async () => {
        const { service, refusal, units, listTrouble, lastReboot } = await system.look();
        return Response.json({
          host: system.host,
          service: service && bare(service),
          refusal,
          units: units.map((one) => ({
            ...bare(one),
            restarts: one.restarts,
            gave_up: one.gaveUp,
          })),
          list_trouble: listTrouble,
          last_reboot: lastReboot,
        });
      },
    }),
    route({
      method: "post",
      path: "/api/system/restart-services",
      policy: "person:admin",
      summary: "Restart units that Perch looks after, and Perch itself",
      tags,
      body: meantShape.extend({
        units: z.array(z.string().max(256)).min(1).max(100).optional().describe("default: all"),
      }),
      example: { body: meant },
      responses: {
        202: {
          description: "systemd has taken the orders",
          schema: z.object({ units: z.array(z.string()) }),
        },
        ...refused,
      },
      handler: async (context) => {
        const { units = null, ...rest } = context.body;
        const taken = await restartServices(services, context, { units, ...rest });
        return Response.json({ units: taken }, { status: 202 });
      },
    }),
    route({
      method: "post",
      path: "/api/system/reboot",
      policy: "person:admin",
      summary: "Reboot the host; at most once in five minutes",
      tags,
      body: meantShape,
      example: { body: meant },
      responses: {
        202: { description: "The host goes down", schema: z.object({ host: z.string() }) },
        ...refused,
        409: { description: "It was rebooted a short time ago" },
      },
      handler: async (context) => {
        await rebootHost(services, context, context.body);
        return Response.json({ host: system.host }, { status: 202 });
      },
    }),
  ];
}

/** What systemd says of it. */
function bare({ name, load, active, sub }: z.output<typeof unitShape>) {
  return { name, load, active, sub };
}
