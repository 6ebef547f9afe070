import { z } from "zod";
import type { Access } from "../../lib/access/access.ts";
import { ROLES } from "../../lib/access/identity.ts";
import { SCOPES } from "../../lib/access/policy.ts";
import { type Route, route } from "../http/route.ts";
import { listOf } from "../http/params.ts";
import { caller } from "../http/caller.ts";
import { keyJson, keyShape } from "./shapes.ts";

const tags = ["Keys"];

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
      handler: () => Response.json({ items: keys.list().map(keyJson), next: null }),
    }),
    route({
      method: "post",
      path: "/api/keys",
      policy: "admin",
      summary: "Add an API key (role, scopes) or a device key (machine); shown once",
      tags,
      body: z.strictObject({
        name: z.string().max(80),
        role: z.enum(ROLES).optional(),
        scopes: z.array(z.enum(SCOPES)).max(SCOPES.length).optional(),
        expires: z.number().int().positive().optional().describe("epoch ms"),
        machine: z.string().max(200).optional().describe("<area…>/<machine> of a device key"),
      }),
      example: { body: { name: "telegraf", role: "engineer", scopes: ["ingest"] } },
      responses: {
        201: {
          description: "The key; it is not shown again",
          schema: keyShape.extend({ key: z.string() }),
        },
        409: { description: "The name is taken" },
      },
      handler: async (context) => {
        const { expires, ...rest } = context.body;
        const { key, entry } = await keys.add({ ...rest, expiresMs: expires }, caller(context));
        return Response.json({ ...keyJson(entry), key }, { status: 201 });
      },
    }),
    route({
      method: "delete",
      path: "/api/keys/:id",
      policy: "admin",
      summary: "Remove a key; it ends at once",
      tags,
      params: z.object({ id: z.string().max(40) }),
      responses: { 204: { description: "Removed" } },
      handler: async (context) => {
        await keys.remove(context.params.id, caller(context));
        return new Response(null, { status: 204 });
      },
    }),
  ];
}
