import { z } from "zod";
import type { Access } from "../../lib/access/access.ts";
import type { Actor } from "../../lib/access/audit_row.ts";
import { ROLES } from "../../lib/access/identity.ts";
import type { LinkKind } from "../../lib/access/link_store.ts";
import type { User } from "../../lib/access/user_store.ts";
import { personOf, personShape } from "../../lib/access/shapes.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { msField, oldMs } from "../../lib/base/wire.ts";
import { type Route, route } from "../http/route.ts";
import { caller } from "../http/caller.ts";
import { idParams, listOf } from "../http/params.ts";

const tags = ["People"];
const linkShape = z.object({
  link: z.string().describe("path of a page where the person sets a password; for one use"),
  expires_ms: msField,
  expires: oldMs("expires_ms"),
}).meta({ id: "PersonLink" });
const newPersonShape = z.strictObject({
  email: z.string().max(254),
  role: z.enum(ROLES),
  name: z.string().max(80).optional(),
  password: z.string().max(256).optional(),
}).meta({ id: "NewPerson" });
const addedShape = personShape.extend({
  invitation: linkShape.optional(),
  mailed: z.boolean().optional().describe("the invitation goes out by email"),
}).meta({ id: "AddedPerson" });
const personPatchShape = z.strictObject({
  name: z.string().max(80).optional(),
  role: z.enum(ROLES).optional(),
  state: z.enum(["active", "disabled"]).optional(),
}).meta({ id: "PersonPatch" });

/** Asks for the mail with a person's link. @throws PerchError `conflict` */
export async function mailLink(access: Access, user: User, actor: Actor): Promise<void> {
  if (user.state === "disabled") {
    throw new PerchError("conflict", "this person is disabled; enable them first");
  }
  if (!access.mailed.available()) {
    throw new PerchError("conflict", "there is no email channel; send them a link yourself");
  }
  await access.mailed.request(user, user.state === "invited" ? "invite" : "reset", actor);
}

/** People: for admins. */
export function peopleRoutes(access: Access): Route[] {
  const { users, links, mailed } = access;
  const find = (id: string) => {
    const user = users.find(id);
    if (!user || user.state === "deleted") throw new PerchError("not_found", "no such person");
    return user;
  };
  const linkFor = async (id: string, kind: LinkKind, actor: ReturnType<typeof caller>) => {
    const { secret, expiresMs } = await links.create(id, kind, actor);
    return { link: `/welcome/${secret}`, expires_ms: expiresMs, expires: expiresMs };
  };
  return [
    route({
      method: "get",
      path: "/api/users",
      policy: "admin",
      summary: "All people",
      tags,
      responses: { 200: { description: "People", schema: listOf(personShape) } },
      handler: () => Response.json({ items: users.list().map(personOf), next: null }),
    }),
    route({
      method: "post",
      path: "/api/users",
      policy: "admin",
      summary: "Add a person; without a password the answer holds an invitation link",
      tags,
      body: newPersonShape,
      example: { body: { email: "new@example.org", role: "engineer", name: "New" } },
      responses: {
        201: {
          description: "The person, and the invitation",
          schema: addedShape,
        },
        409: { description: "The address is in use" },
      },
      handler: async (context) => {
        const actor = caller(context);
        const mails = context.body.password === undefined && mailed.available();
        const user = await users.add(context.body, actor, {
          also: (added) => mails ? mailed.statements(added, "invite", actor) : [],
        });
        if (mails) return Response.json({ ...personOf(user), mailed: true }, { status: 201 });
        const invitation = user.state === "invited"
          ? await linkFor(user.id, "invite", actor)
          : undefined;
        return Response.json({ ...personOf(user), invitation }, { status: 201 });
      },
    }),
    route({
      method: "get",
      path: "/api/users/:id",
      policy: "admin",
      summary: "One person",
      tags,
      params: idParams(),
      responses: { 200: { description: "The person", schema: personShape } },
      handler: ({ params }) => Response.json(personOf(find(params.id))),
    }),
    route({
      method: "patch",
      path: "/api/users/:id",
      policy: "admin",
      summary: "Change name, role or state; disabling ends sign-ins and streams at once",
      tags,
      params: idParams(),
      body: personPatchShape,
      example: { body: { role: "engineer" } },
      responses: {
        200: { description: "The person", schema: personShape },
        409: { description: "No active admin would be left" },
      },
      handler: async (context) => {
        const user = await users.change(context.params.id, context.body, caller(context));
        return Response.json(personOf(user));
      },
    }),
    route({
      method: "delete",
      path: "/api/users/:id",
      policy: "admin",
      summary: "Delete a person; the name stays in the history",
      tags,
      params: idParams(),
      responses: {
        204: { description: "Deleted" },
        409: { description: "No active admin would be left" },
      },
      handler: async (context) => {
        await users.change(context.params.id, { state: "deleted" }, caller(context));
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "post",
      path: "/api/users/:id/link",
      policy: "admin",
      summary: "A new one-use link: invitation, or password reset for people who have one",
      tags,
      params: idParams(),
      responses: {
        200: { description: "The link, shown once", schema: linkShape },
        409: { description: "The person is disabled" },
      },
      handler: async (context) => {
        const user = find(context.params.id);
        const kind = user.state === "invited" ? "invite" : "reset";
        return Response.json(await linkFor(user.id, kind, caller(context)));
      },
    }),
    route({
      method: "post",
      path: "/api/users/:id/mail",
      policy: "admin",
      summary: "Send the person a one-use link by email: invitation, or password reset",
      tags,
      params: idParams(),
      responses: {
        204: { description: "It is on its way; see /api/deliveries" },
        409: { description: "The person is disabled, or no channel can write to people" },
      },
      handler: async (context) => {
        await mailLink(access, find(context.params.id), caller(context));
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "delete",
      path: "/api/users/:id/second-factor",
      policy: "admin",
      summary: "Turn a person's second factor off (lost phone)",
      tags,
      params: idParams(),
      responses: { 204: { description: "Off" } },
      handler: async (context) => {
        await access.secondFactor.remove(find(context.params.id), caller(context));
        return new Response(null, { status: 204 });
      },
    }),
  ];
}
