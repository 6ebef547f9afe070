import { z } from "zod";
import { machineShape, reviewField } from "../../lib/live/shapes.ts";
import { areaOf, type Machine } from "../../lib/machines/machine.ts";
import { PHOTO_BYTES_MOST, PHOTO_TYPES } from "../../lib/machines/photos.ts";
import { auditedBy } from "../http/caller.ts";
import { listOf, pageInMemory } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import {
  altText,
  filterMachines,
  findMachine,
  machineFilterShape,
  type MachineServices,
  photoUrl,
} from "./request.ts";

const tags = ["Machines"];

const name = z.string().trim().min(1).max(80).nullable();
const tagList = z.array(z.string().trim().min(1).max(40)).max(20);
const notes = z.string().max(4000);

const path = z.string().min(1).max(2000);

const draftShape = z.strictObject({
  path: path.describe("<area…>/<machine>"),
  name: name.optional(),
  tags: tagList.optional(),
  notes: notes.optional(),
}).meta({ id: "MachineDraft" });
const changeShape = z.strictObject({
  path: path.optional().describe(
    "where it is moved to, with its sensors; ids stay, and devices that publish under the " +
      "former path are still accepted",
  ),
  former_paths: z.array(path).max(100).optional()
    .describe("can be shortened: readings under what is left out make a new machine"),
  name: name.optional(),
  tags: tagList.optional(),
  notes: notes.optional(),
  review: reviewField.optional(),
}).meta({ id: "MachineChange" });

/** `/api/machines`, and one by path or id. */
export function machineRoutes(services: MachineServices): Route[] {
  const { machines, statuses, service, photos, audit } = services;
  const json = (machine: Machine): z.output<typeof machineShape> => {
    const { status, sinceMs, worst, sensors, window } = statuses.machine(machine.path);
    return {
      id: machine.id,
      path: machine.path,
      name: machine.name,
      area: areaOf(machine.path),
      tags: machine.tags,
      notes: machine.notes,
      photo: machine.photo && {
        url: photoUrl(machine.photo),
        type: machine.photo.type,
        bytes: machine.photo.bytes,
        width: machine.photo.width,
        height: machine.photo.height,
        alt: machine.photo.alt,
      },
      former_paths: machine.formerPaths,
      review: machine.review,
      created_ms: machine.createdMs,
      created: machine.createdMs,
      deleted_ms: machine.deletedMs,
      deleted: machine.deletedMs,
      status,
      condition: services.statuses.condition(machine.path).status,
      since_ms: sinceMs,
      since: sinceMs,
      worst,
      sensors,
      maintenance: window && { id: window.id, title: window.title },
      clock_behind_ms: services.clockOffsets.behindMs(machine.path),
    };
  };
  const params = z.object({ path: z.string().min(1).max(2000).describe("path or id") });
  const one = { 200: { description: "The machine", schema: machineShape } };
  return [
    route({
      method: "get",
      path: "/api/machines",
      policy: "viewer",
      summary: "Machines by path, with their status",
      tags,
      query: machineFilterShape,
      example: { query: { under: "hall-1", status: "normal" } },
      responses: {
        200: {
          description: "A page of machines",
          schema: listOf(machineShape),
        },
      },
      handler: async ({ c, query }) => {
        const { limit = 100, cursor, ...filter } = query;
        const found = await filterMachines(services, filter);
        const { items, next } = pageInMemory(found, (m) => m.path, { cursor, limit });
        return c.json({ items: items.map(json), next });
      },
    }),
    route({
      method: "post",
      path: "/api/machines",
      policy: "engineer",
      summary: "Add a machine before its first reading",
      tags,
      body: draftShape,
      example: {
        body: { path: "hall-2/mixer-1", name: "Mixer 1", tags: ["food"], notes: "since 2024" },
      },
      responses: {
        201: { description: "The machine", schema: machineShape },
        409: { description: "There is one, or was: restore it then" },
      },
      handler: async (context) => {
        const machine = await service.addMachine(context.body, auditedBy(audit, context));
        return Response.json(json(machine), { status: 201 });
      },
    }),
    route({
      method: "get",
      // Paths hold slashes: /api/machines/area/machine works like an id.
      path: "/api/machines/:path{.+}",
      policy: "viewer",
      summary: "A machine by path or id",
      tags,
      params,
      example: { params: { path: "hall-1/press-3" } },
      responses: { ...one, 404: { description: "There is no such machine" } },
      handler: ({ c, params }) => c.json(json(findMachine(machines, params.path))),
    }),
    route({
      method: "get",
      // As other systems call it; a machine whose own last level is `summary` is meant first.
      path: "/api/machines/:path/summary",
      policy: "viewer",
      summary: null,
      params,
      handler: ({ c, params }) => {
        const own = machines.find(`${params.path}/summary`);
        return c.json(json(own?.deletedMs === null ? own : findMachine(machines, params.path)));
      },
    }),
    route({
      method: "patch",
      path: "/api/machines/:path{.+}",
      policy: "engineer",
      summary: "Change a machine; confirming it confirms its sensors, another path moves it",
      tags,
      params,
      body: changeShape,
      example: {
        params: { path: "hall-1/press-3" },
        body: { name: "Press 3", tags: ["hydraulic"], review: "confirmed" },
      },
      responses: { ...one, 409: { description: "The path is taken" } },
      handler: async (context) => {
        const { params, body: { former_paths: formerPaths, ...patch } } = context;
        const audited = auditedBy(audit, context);
        const machine = await service.patchMachine(params.path, { ...patch, formerPaths }, audited);
        return Response.json(json(machine));
      },
    }),
    route({
      method: "put",
      path: "/api/machines/:path/photo",
      policy: "engineer",
      summary:
        "Give a machine (its id, or its path with %2F) a picture, in place of the one it has",
      tags,
      params,
      query: z.object({ alt: altText.optional().describe("what it shows, in words") }),
      accepts: Object.fromEntries(
        PHOTO_TYPES.map((type) => [type, { description: "The type is found from the content" }]),
      ),
      example: { params: { path: "hall-1/press-3" }, query: { alt: "The press from the left" } },
      maxBodyBytes: PHOTO_BYTES_MOST,
      responses: {
        ...one,
        413: { description: "The picture is too large" },
        507: { description: "There is no room for it" },
      },
      handler: async (context) => {
        const bytes = new Uint8Array(await context.c.req.raw.arrayBuffer());
        const { params, query } = context;
        const audited = auditedBy(audit, context);
        return Response.json(json(await photos.put(params.path, bytes, query.alt ?? "", audited)));
      },
    }),
    route({
      method: "delete",
      path: "/api/machines/:path/photo",
      policy: "engineer",
      summary: "Remove a machine's picture",
      tags,
      params,
      example: { params: { path: "hall-1/press-3" } },
      responses: { ...one, 404: { description: "There is no such machine, or it has no photo" } },
      handler: async (context) =>
        Response.json(json(
          await photos.remove(context.params.path, auditedBy(audit, context)),
        )),
    }),
    route({
      method: "delete",
      path: "/api/machines/:path{.+}",
      policy: "engineer",
      summary: "Delete a machine with its sensors; their readings stay and it can be restored",
      tags,
      params,
      example: { params: { path: "hall-2/mixer-1" } },
      responses: one,
      handler: async (context) =>
        Response.json(json(
          await service.removeMachine(context.params.path, auditedBy(audit, context)),
        )),
    }),
    route({
      method: "post",
      path: "/api/machines/:path/restore",
      policy: "engineer",
      summary: "Bring a deleted machine back (its id, or its path with %2F)",
      tags,
      params,
      example: { params: { path: "hall-1/press-3" } },
      responses: one,
      handler: async (context) =>
        Response.json(json(
          await service.restoreMachine(context.params.path, auditedBy(audit, context)),
        )),
    }),
  ];
}
