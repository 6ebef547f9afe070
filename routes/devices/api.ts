import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { DeviceService } from "../../lib/sources/devices/service.ts";
import { deviceShape } from "../../lib/sources/devices/view.ts";
import { auditedBy } from "../http/caller.ts";
import { cursorField, limitField, listOf, pageInMemory } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

export interface DeviceServices {
  deviceService: DeviceService;
  audit: Pick<Audit, "statement">;
}

const LIMIT = 100;

/** `/api/devices`: what devices said of themselves. */
export function announcedRoutes({ deviceService, audit }: DeviceServices): Route[] {
  return [
    route({
      method: "get",
      path: "/api/devices",
      policy: "viewer",
      summary: "Devices that announced themselves, by uid",
      tags: ["Devices"],
      query: z.object({
        dialect: z.string().max(40).optional(),
        machine: z.string().max(2000).optional().describe("path"),
        limit: limitField(500, LIMIT),
        cursor: cursorField(2000),
      }),
      responses: { 200: { description: "Devices", schema: listOf(deviceShape) } },
      handler: ({ query: { dialect, machine, limit = LIMIT, cursor } }) => {
        const wanted = deviceService.all().filter((device) =>
          (dialect === undefined || device.dialect === dialect) &&
          (machine === undefined || device.machine === machine)
        );
        return Response.json(pageInMemory(wanted, ({ uid }) => uid, { cursor, limit }));
      },
    }),
    route({
      method: "post",
      path: "/api/devices/switch",
      policy: "engineer",
      summary: "Keep what an entity of a device reports, or keep it no more",
      tags: ["Devices"],
      body: z.strictObject({ entity: z.string().min(1).max(2000), enabled: z.boolean() }),
      example: { body: { entity: "ha:press7_uptime", enabled: true } },
      responses: { 200: { description: "Its device", schema: deviceShape } },
      handler: async (context) => {
        const { entity, enabled } = context.body;
        const audited = auditedBy(audit, context);
        return Response.json(await deviceService.switch(entity, enabled, audited));
      },
    }),
  ];
}
