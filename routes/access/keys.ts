import { z } from "zod";
import type { Access } from "../../lib/access/access.ts";
import { ROLES } from "../../lib/access/identity.ts";
import { SCOPES } from "../../lib/access/policy.ts";
import { keyOf, keyShape } from "../../lib/access/shapes.ts";
import { formerly } from "../../lib/base/wire.ts";
import { type Route, route } from "../http/route.ts";
import { caller } from "../http/caller.ts";
import { idParams, listOf } from "../http/params.ts";

const tags = ["Keys"];

const time = z.number().int().positive().optional();
const newKeyShape = z.strictObject({
  name: z.string().max(80),
  role: z.enum(ROLES).optional(),
  scopes: z.array(z.enum(SCOPES)).max(SCOPES.length).optional(),
  expires_ms: time,
  machine: z.string().max(200).optional().describe("<area…>/<machine> of a device key"),
  expires: formerly(time, "expires_ms"),
}).meta({ id: "NewKey" });
const addedShape = keyShape.extend({ key: z.string().describe("not shown again") })
  .meta({ id: "AddedKey" });

/** API keys and device keys: for admins. */
export function keyRoutes(access: Access): Route[] {
  const { keys } = access;
  return [
    route({
      method: "get",
      path: "/api/keys",
      policy: "admin",
      summary: "All keys, without the keys themselves",
      tags,
      responses: { 200: { description: "Keys", schema: listOf(keyShape) } },
      handler: () => Response.json({ items: keys.list().map(keyOf), next: null }),
    }),
    route({
      method: "post",
      path: "/api/keys",
      policy: "admin",
      summary: "Add an API key (role, scopes) or a device key (machine); shown once",
      tags,
      body: newKeyShape,
      example: { body: { name: "telegraf", role: "engineer", scopes: ["ingest"] } },
      responses: {
        201: {
          description: "The key; it is not shown again",
          schema: addedShape,
        },
        409: { description: "The name is taken" },
      },
      handler: async (context) => {
        const { expires, expires_ms = expires, ...rest } = context.body;
        const { key, entry } = await keys.add({ ...rest, expiresMs: expires_ms }, caller(context));
        return Response.json({ ...keyOf(entry), key }, { status: 201 });
      },
    }),
    route({
      method: "delete",
      path: "/api/keys/:id",
      policy: "admin",
      summary: "Remove a key; it ends at once",
      tags,
      params: idParams(),
      responses: { 204: { description: "Removed" } },
      handler: async (context) => {
        await keys.remove(context.params.id, caller(context));
        return new Response(null, { status: 204 });
      },
    }),
  ];
}
