import { z } from "zod";
import { optionFields } from "../../lib/base/options.ts";
import { cameraSettingsSchema } from "../../lib/cameras/camera.ts";
import { cameraShape, type CameraView, shownCamera } from "../../lib/cameras/camera_view.ts";
import { CAMERA_KINDS } from "../../lib/cameras/kinds/mod.ts";
import { auditedBy } from "../http/caller.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { cameraPatchShape, type CameraServices, newCameraShape, seesOptions } from "./request.ts";

const tags = ["Cameras"];
const id = idParams();
const fieldShape = z.object({
  name: z.string(),
  title: z.string(),
  help: z.string(),
  secret: z.boolean(),
  required: z.boolean(),
  default: z.unknown(),
  schema: z.unknown().describe("JSON Schema of the value"),
}).meta({ id: "CameraField" });
const allowShape = z.object({ address: z.string().nullable().describe("address and port") });
const kindsShape = z.object({
  items: z.array(
    z.object({
      kind: z.string(),
      title: z.string(),
      about: z.string(),
      options: z.array(fieldShape),
    }).meta({ id: "CameraKind" }),
  ),
  next: z.null(),
  settings: z.array(fieldShape).describe("of every kind"),
});

/** `/api/cameras`: what cameras there are; `asked_api.ts`, `picture_api.ts`: what is asked of one. */
export function cameraRoutes(services: CameraServices): Route[] {
  const { cameras, audit } = services;
  const shown = (view: CameraView, context: Pick<RouteContext, "who">) =>
    shownCamera(view, seesOptions(context));
  return [
    route({
      method: "get",
      path: "/api/cameras",
      policy: "viewer",
      summary: "Cameras and how they are, by name",
      tags,
      responses: { 200: { description: "All cameras", schema: listOf(cameraShape) } },
      handler: (context) => {
        const items = cameras.all().map((view) => shown(view, context));
        return Response.json({ items, next: null });
      },
    }),
    route({
      method: "get",
      path: "/api/cameras/kinds",
      policy: "admin",
      summary: "Kinds of cameras, their options, and the settings of all",
      tags,
      responses: { 200: { description: "Kinds", schema: kindsShape } },
      handler: () => {
        const items = CAMERA_KINDS.map(({ kind, title, about, options }) => ({
          ...{ kind, title, about },
          options: optionFields(options),
        }));
        return Response.json({ items, next: null, settings: optionFields(cameraSettingsSchema) });
      },
    }),
    route({
      method: "get",
      path: "/api/cameras/:id",
      policy: "viewer",
      summary: "A camera",
      tags,
      params: id,
      responses: { 200: { description: "The camera", schema: cameraShape } },
      handler: (context) => Response.json(shown(cameras.find(context.params.id), context)),
    }),
    route({
      method: "post",
      path: "/api/cameras",
      policy: "admin",
      summary: "Add a camera",
      tags,
      body: newCameraShape,
      example: { body: { name: "Press hall", kind: "test_pattern", enabled: false } },
      responses: {
        201: { description: "The camera", schema: cameraShape },
        409: { description: "The name is taken" },
      },
      handler: async (context) => {
        const view = await cameras.add(context.body, auditedBy(audit, context));
        return Response.json(shown(view, context), { status: 201 });
      },
    }),
    route({
      method: "patch",
      path: "/api/cameras/:id",
      policy: "admin",
      summary: "Change a camera, or switch it off and on",
      tags,
      params: id,
      body: cameraPatchShape,
      example: { body: { enabled: false } },
      responses: {
        200: { description: "The camera", schema: cameraShape },
        409: { description: "The name is taken" },
      },
      handler: async (context) => {
        const { params, body } = context;
        const view = await cameras.change(params.id, body, auditedBy(audit, context));
        return Response.json(shown(view, context));
      },
    }),
    route({
      method: "delete",
      path: "/api/cameras/:id",
      policy: "admin",
      summary: "Delete a camera with the pictures that were kept of it",
      tags,
      params: id,
      responses: { 204: { description: "Deleted" } },
      handler: async (context) => {
        await cameras.remove(context.params.id, auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "get",
      path: "/api/cameras/:id/allow",
      policy: "admin",
      summary: "The address in the local network that has to be allowed for a camera",
      tags,
      params: id,
      responses: { 200: { description: "null: none has to be", schema: allowShape } },
      handler: async ({ params }) => Response.json({ address: await cameras.asks(params.id) }),
    }),
    route({
      method: "post",
      path: "/api/cameras/:id/allow",
      policy: "admin",
      summary: "Allow that a camera connects to its address in the local network",
      tags,
      params: id,
      body: z.strictObject({ address: z.string().max(100).describe("address and port") }),
      example: { body: { address: "192.168.1.20:554" } },
      responses: {
        200: { description: "The camera", schema: cameraShape },
        409: { description: "It is not the address of this camera" },
      },
      handler: async (context) => {
        const { params, body } = context;
        const view = await cameras.allow(params.id, body.address, auditedBy(audit, context));
        return Response.json(shown(view, context));
      },
    }),
  ];
}
