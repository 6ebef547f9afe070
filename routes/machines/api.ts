import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { PerchError } from "../../lib/base/errors.ts";
import {
  MACHINE_STATUSES,
  type MachineStatus,
  SENSOR_STATUSES,
} from "../../lib/live/status_words.ts";
import type { Predictions } from "../../lib/detect/predict/predictions.ts";
import type { Recent } from "../../lib/live/recent.ts";
import type { Statuses } from "../../lib/live/statuses.ts";
import { areaOf, isUnder, type Machine, type Photo } from "../../lib/machines/machine.ts";
import {
  ALT_CHARS_MOST,
  PHOTO_BYTES_MOST,
  PHOTO_TYPES,
  type Photos,
} from "../../lib/machines/photos.ts";
import type { MachineDirectory, SensorDirectory } from "../../lib/machines/sensor.ts";
import type { MachinesService } from "../../lib/machines/service.ts";
import type { ReadingsStore } from "../../lib/readings/store.ts";
import type { BrokerAddress, PageParts } from "../frame/page_parts.ts";
import { noteOf } from "../http/caller.ts";
import { pageInMemory } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

const tags = ["Machines"];

/** What is asked and changed about machines. */
export interface MachineServices {
  machines: MachineDirectory;
  sensors: SensorDirectory;
  statuses: Pick<Statuses, "machine" | "sensor">;
  service: MachinesService;
  photos: Photos;
  audit: Pick<Audit, "statement">;
}

/** What the pages about machines take. */
export interface MachinePageParts extends PageParts, MachineServices {
  statuses: Statuses;
  recent: Recent;
  predictions: Pick<Predictions, "current">;
  readings: Pick<ReadingsStore, "buckets">;
  mqtt: BrokerAddress;
}

const name = z.string().trim().min(1).max(80).nullable();
const tagList = z.array(z.string().trim().min(1).max(40)).max(20);
const notes = z.string().max(4000);
const review = z.enum(["new", "confirmed"]);

const path = z.string().min(1).max(2000);
export const altText = z.string().trim().max(ALT_CHARS_MOST);

const MachineJson = z.object({
  id: z.string(),
  path: z.string(),
  name: z.string().nullable(),
  area: z.string().describe("where it stands: its path without the last level"),
  tags: z.array(z.string()),
  notes: z.string(),
  photo: z.object({
    url: z.string().describe("where the picture is, for those who are signed in"),
    type: z.string(),
    bytes: z.number(),
    width: z.number(),
    height: z.number(),
    alt: z.string(),
  }).nullable(),
  former_paths: z.array(z.string())
    .describe("paths it had before; readings that come under them are its own"),
  review,
  created: z.number(),
  deleted: z.number().nullable(),
  status: z.enum(MACHINE_STATUSES),
  since: z.number(),
  worst: z.enum(SENSOR_STATUSES).describe("worst of its sensors, maintenance or not"),
  sensors: z.record(z.enum(SENSOR_STATUSES), z.number()),
  maintenance: z.object({ id: z.string(), title: z.string() }).nullable(),
});

const Query = z.object({
  q: z.string().max(200).optional().describe("text that the path, name or a tag contains"),
  under: z.string().max(2000).optional().describe("part of the plant: area, or area/line"),
  tag: z.string().max(40).optional(),
  status: z.enum([...MACHINE_STATUSES, "attention"]).optional()
    .describe("attention: warning, critical or offline"),
  review: review.optional(),
  deleted: z.enum(["true", "false"]).optional().describe("true: deleted ones, to be restored"),
  limit: z.coerce.number().int().min(1).max(1000).optional().describe("default 100"),
  cursor: z.string().max(2000).optional().describe("`next` of the answer before"),
});
export type MachineFilter = Omit<z.output<typeof Query>, "limit" | "cursor">;

/** Machines by path, filtered. */
export function filterMachines(
  { machines, statuses }: Pick<MachineServices, "machines" | "statuses">,
  filter: MachineFilter,
): Machine[] {
  const q = filter.q?.trim().toLowerCase() ?? "";
  const all = filter.deleted === "true" ? machines.deleted() : machines.all();
  return all.filter((machine) =>
    (q === "" ||
      [machine.path, machine.name ?? "", ...machine.tags].some((text) =>
        text.toLowerCase().includes(q)
      )) &&
    (filter.under === undefined || isUnder(machine.path, filter.under)) &&
    (filter.tag === undefined || machine.tags.includes(filter.tag)) &&
    (filter.review === undefined || machine.review === filter.review) &&
    (filter.status === undefined || hasStatus(statuses.machine(machine.path).status, filter.status))
  ).sort((a, b) => a.path < b.path ? -1 : 1);
}

function hasStatus(status: MachineStatus, wanted: MachineStatus | "attention"): boolean {
  return wanted === "attention" ? needsAttention(status) : status === wanted;
}

/** True for a machine that somebody should look at. */
export function needsAttention(status: MachineStatus): boolean {
  return status !== "normal" && status !== "maintenance";
}

/** The machine of a path or id. @throws `not_found` */
export function findMachine(machines: MachineDirectory, pathOrId: string): Machine {
  const machine = machines.find(pathOrId);
  if (machine && machine.deletedMs === null) return machine;
  const why = machine ? " any more; it was deleted and can be restored" : "";
  throw new PerchError("not_found", `there is no machine "${pathOrId.slice(0, 200)}"${why}`);
}

/** Where a machine's picture is. */
export function photoUrl({ file }: Photo): string {
  return `/photos/${file}`;
}

const SEALED = "default-src 'none'; sandbox; frame-ancestors 'none'";

/** `/photos/:file`: pictures of machines. Nothing in them can run, whatever they are taken for. */
export function photoRoutes({ photos }: Pick<MachineServices, "photos">): Route[] {
  return [
    route({
      method: "get",
      path: "/photos/:file",
      policy: "viewer",
      summary: null,
      params: z.object({ file: z.string().max(60) }),
      handler: async ({ params }) => {
        const found = await photos.read(params.file);
        if (found === null) throw new PerchError("not_found", "there is no such photo");
        return new Response(found.bytes, {
          headers: {
            "content-type": found.type,
            "content-disposition": `attachment; filename="${params.file}"`,
            "content-security-policy": SEALED,
            // Another picture has another name.
            "cache-control": "private, max-age=31536000, immutable",
          },
        });
      },
    }),
  ];
}

/** `/api/machines`, and one by path or id. */
export function machineRoutes(services: MachineServices): Route[] {
  const { machines, statuses, service, photos, audit } = services;
  const json = (machine: Machine): z.output<typeof MachineJson> => {
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
      created: machine.createdMs,
      deleted: machine.deletedMs,
      status,
      since: sinceMs,
      worst,
      sensors,
      maintenance: window && { id: window.id, title: window.title },
    };
  };
  const params = z.object({ path: z.string().min(1).max(2000).describe("path or id") });
  const one = { 200: { description: "The machine", schema: MachineJson } };
  return [
    route({
      method: "get",
      path: "/api/machines",
      policy: "viewer",
      summary: "Machines by path, with their status",
      tags,
      query: Query,
      example: { query: { under: "hall-1", status: "normal" } },
      responses: {
        200: {
          description: "A page of machines",
          schema: z.object({ items: z.array(MachineJson), next: z.string().nullable() }),
        },
      },
      handler: ({ c, query }) => {
        const { limit = 100, cursor, ...filter } = query;
        const found = filterMachines(services, filter);
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
      body: z.strictObject({
        path: path.describe("<area…>/<machine>"),
        name: name.optional(),
        tags: tagList.optional(),
        notes: notes.optional(),
      }),
      example: {
        body: { path: "hall-2/mixer-1", name: "Mixer 1", tags: ["food"], notes: "since 2024" },
      },
      responses: {
        201: { description: "The machine", schema: MachineJson },
        409: { description: "There is one, or was: restore it then" },
      },
      handler: async (context) => {
        const machine = await service.addMachine(context.body, noteOf(audit, context));
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
      body: z.strictObject({
        path: path.optional().describe(
          "where it is moved to, with its sensors; ids stay, and devices that publish under the " +
            "former path are still heard",
        ),
        former_paths: z.array(path).max(100).optional()
          .describe("can be shortened: readings under what is left out make a new machine"),
        name: name.optional(),
        tags: tagList.optional(),
        notes: notes.optional(),
        review: review.optional(),
      }),
      example: {
        params: { path: "hall-1/press-3" },
        body: { name: "Press 3", tags: ["hydraulic"], review: "confirmed" },
      },
      responses: { ...one, 409: { description: "The path is taken" } },
      handler: async (context) => {
        const { params, body: { former_paths: formerPaths, ...patch } } = context;
        const note = noteOf(audit, context);
        const machine = await service.patchMachine(params.path, { ...patch, formerPaths }, note);
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
        PHOTO_TYPES.map((type) => [type, { description: "What it is, is told by its content" }]),
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
        const note = noteOf(audit, context);
        return Response.json(json(await photos.put(params.path, bytes, query.alt ?? "", note)));
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
          await photos.remove(context.params.path, noteOf(audit, context)),
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
          await service.removeMachine(context.params.path, noteOf(audit, context)),
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
          await service.restoreMachine(context.params.path, noteOf(audit, context)),
        )),
    }),
  ];
}
