import { hardwareInputShape, hardwareShape } from "../../lib/sources/hardware/view.ts";
import { auditedBy } from "../http/caller.ts";
import { idParams } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import {
  type HardwareServices,
  ID_MOST,
  inputPatchShape,
  newInputShape,
} from "./hardware_request.ts";

const tags = ["Devices"];
const params = idParams(ID_MOST);
const all = { 200: { description: "Inputs and channels", schema: hardwareShape } };
const input = { description: "The input", schema: hardwareInputShape };

/** `/api/hardware`: sensors at this host's own buses. */
export function hardwareRoutes({ hardware, audit }: HardwareServices): Route[] {
  return [
    route({
      method: "get",
      path: "/api/hardware",
      policy: "viewer",
      summary: "Sensors at this host: those that are read, and what the latest look found",
      tags,
      responses: all,
      handler: async () => Response.json(await hardware.view()),
    }),
    route({
      method: "post",
      path: "/api/hardware/look",
      policy: "engineer",
      summary: "Look at what is there now; a look under way is not begun again",
      tags,
      responses: all,
      handler: async () => {
        void hardware.look();
        return Response.json(await hardware.view());
      },
    }),
    route({
      method: "post",
      path: "/api/hardware/inputs",
      policy: "admin",
      summary: "Read a channel from now on",
      tags,
      body: newInputShape,
      example: { body: { id: "w1:28-00000a1b2c3d", sensor: "hall-1/boiler/temperature" } },
      responses: {
        201: input,
        404: { description: "There is no such channel now" },
        409: { description: "It is read already, or another writes to that sensor" },
      },
      handler: async (context) => {
        const added = await hardware.add(context.body, auditedBy(audit, context));
        return Response.json(added, { status: 201 });
      },
    }),
    route({
      method: "get",
      path: "/api/hardware/inputs/:id",
      policy: "viewer",
      summary: "A sensor at this host that is read",
      tags,
      params,
      responses: { 200: input },
      handler: (context) => Response.json(hardware.find(context.params.id)),
    }),
    route({
      method: "patch",
      path: "/api/hardware/inputs/:id",
      policy: "admin",
      summary: "Change its sensor, or how it is read",
      tags,
      params,
      body: inputPatchShape,
      example: { body: { settings: { interval_s: 30 } } },
      responses: { 200: input, 409: { description: "Another writes to that sensor" } },
      handler: async (context) => {
        const { params: { id }, body } = context;
        return Response.json(await hardware.change(id, body, auditedBy(audit, context)));
      },
    }),
    route({
      method: "delete",
      path: "/api/hardware/inputs/:id",
      policy: "admin",
      summary: "Read it no more; its sensor and history stay",
      tags,
      params,
      responses: { 204: { description: "Removed" } },
      handler: async (context) => {
        await hardware.remove(context.params.id, auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
  ];
}
