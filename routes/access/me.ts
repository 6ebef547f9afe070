import { z } from "zod";
import type { Access } from "../../lib/access/access.ts";
import { ROLES } from "../../lib/access/identity.ts";
import { SCOPES } from "../../lib/access/policy.ts";
import { personOf, personShape, sessionOf, sessionShape } from "../../lib/access/shapes.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { type Route, route } from "../http/route.ts";
import { caller, me } from "../http/caller.ts";
import { idParams, listOf } from "../http/params.ts";

const tags = ["Profile"];

/** A key that asks who it is. */
const callingKeyShape = z.object({
  kind: z.enum(["key", "device"]),
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  scopes: z.array(z.enum(SCOPES)).nullable(),
}).meta({ id: "CallingKey" });
const profilePatchShape = z.strictObject({
  name: z.string().max(80).optional(),
  password: z.string().max(256).optional(),
  current_password: z.string().max(1024).optional(),
}).meta({ id: "ProfilePatch" });

/** What a person may do about themselves. */
export function meRoutes(access: Access): Route[] {
  const { users, sessions, secondFactor, signIn } = access;
  return [
    route({
      method: "get",
      path: "/api/users/me",
      policy: "viewer",
      summary: "Who I am (a person, or the key that asks)",
      tags,
      responses: {
        200: {
          description: "The person, or the key",
          schema: z.union([personShape, callingKeyShape]),
        },
      },
      handler: (context) => {
        const { who } = context;
        if (who && who.kind !== "user") {
          const { kind, id, name, role, scopes } = who;
          return Response.json({ kind, id, name, role, scopes });
        }
        return Response.json(personOf(me(context, users)));
      },
    }),
    route({
      method: "patch",
      path: "/api/users/me",
      policy: "person:viewer",
      summary: "Change my name or my password (needs the current one; ends my other sign-ins)",
      tags,
      body: profilePatchShape,
      example: { body: { name: "Ada" } },
      responses: {
        200: { description: "The person", schema: personShape },
        403: { description: "The current password is wrong" },
      },
      handler: async (context) => {
        const user = me(context, users);
        const { name, password, current_password } = context.body;
        const actor = caller(context);
        if (password !== undefined) {
          if (current_password === undefined) {
            throw new PerchError("validation", "current_password: is missing", {
              errors: [{ path: "current_password", message: "is missing" }],
            });
          }
          await signIn.confirm(user, current_password, actor);
          const keepSession = context.who?.session;
          await users.setPassword(user.id, password, actor, { keepSession });
        }
        if (name !== undefined) await users.change(user.id, { name }, actor);
        return Response.json(personOf(users.find(user.id)!));
      },
    }),
    route({
      method: "get",
      path: "/api/users/me/sessions",
      policy: "person:viewer",
      summary: "Where I am signed in",
      tags,
      responses: { 200: { description: "Sessions", schema: listOf(sessionShape) } },
      handler: (context) => {
        const user = me(context, users);
        const items = sessions.ofUser(user.id)
          .sort((a, b) => b.lastUsedMs - a.lastUsedMs)
          .map((session) => sessionOf(session, context.who?.session));
        return Response.json({ items, next: null });
      },
    }),
    route({
      method: "delete",
      path: "/api/users/me/sessions",
      policy: "person:viewer",
      summary: "Sign out everywhere",
      tags,
      responses: { 204: { description: "Signed out" } },
      handler: async (context) => {
        const user = me(context, users);
        await sessions.endUser(user.id);
        await access.audit.record({
          actor: caller(context),
          action: "session.end_all",
          resource: `user:${user.id}`,
          touches: [],
        });
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "delete",
      path: "/api/users/me/sessions/:id",
      policy: "person:viewer",
      summary: "End one of my sign-ins",
      tags,
      params: idParams(),
      responses: { 204: { description: "Ended" }, 404: { description: "Not one of mine" } },
      handler: async (context) => {
        const user = me(context, users);
        const session = sessions.live(context.params.id);
        if (session?.userId !== user.id) throw new PerchError("not_found", "no such session");
        await sessions.end(session.id);
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "post",
      path: "/api/users/me/second-factor",
      policy: "person:viewer",
      summary: "A new secret for an authenticator app; confirm it with a code",
      tags,
      responses: {
        200: {
          description: "The secret, shown once",
          schema: z.object({ secret: z.string(), uri: z.string() }).meta({ id: "SecondFactor" }),
        },
        409: { description: "It is on already" },
      },
      handler: async (context) => {
        const user = me(context, users);
        if (user.totp) throw new PerchError("conflict", "the second factor is on already");
        return Response.json(await secondFactor.enrol(user));
      },
    }),
    route({
      method: "post",
      path: "/api/users/me/second-factor/confirm",
      policy: "person:viewer",
      summary: "Turn the second factor on with a first code",
      tags,
      body: z.strictObject({ code: z.string().max(20) }),
      example: { body: { code: "123456" } },
      responses: {
        200: {
          description: "Recovery codes, shown once",
          schema: z.object({ recovery_codes: z.array(z.string()) })
            .meta({ id: "RecoveryCodes" }),
        },
        409: { description: "No secret was shown lately" },
      },
      handler: async (context) => {
        const user = me(context, users);
        const codes = await secondFactor.confirm(user, context.body.code, caller(context));
        return Response.json({ recovery_codes: codes });
      },
    }),
    route({
      method: "post",
      path: "/api/users/me/second-factor/remove",
      policy: "person:viewer",
      summary: "Turn the second factor off (needs the password)",
      tags,
      body: z.strictObject({ password: z.string().max(1024) }),
      example: { body: { password: "long enough" } },
      responses: { 204: { description: "Off" }, 403: { description: "The password is wrong" } },
      handler: async (context) => {
        const user = me(context, users);
        await signIn.confirm(user, context.body.password, caller(context));
        await secondFactor.remove(user, caller(context));
        return new Response(null, { status: 204 });
      },
    }),
  ];
}
