import { z } from "zod";
import { msField } from "../../lib/base/wire.ts";
import type { Audit } from "../../lib/access/audit.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Notify } from "../../lib/notify/notify.ts";
import { BROWSER, type PushBrowser, type PushBrowsers } from "../../lib/notify/push/browsers.ts";
import { auditedBy } from "../http/caller.ts";
import { noticesCookie } from "../http/session_cookie.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { testShape } from "./channels_api.ts";

const tags = ["Channels"];
const browserShape = z.object({
  id: z.string(),
  agent: z.string(),
  created_ms: msField,
  last_used_ms: msField.nullable(),
}).meta({ id: "PushBrowser" });
const pushShape = z.object({
  public_key: z.string().describe("applicationServerKey"),
  channel: z.string().nullable().describe("null: none of the kind push"),
}).meta({ id: "Push" });
const key = z.string().trim().max(200);
const newShape = z.strictObject({
  endpoint: z.url().max(2000),
  expirationTime: z.number().nullish(),
  keys: z.strictObject({ p256dh: key, auth: key }),
}).meta({ id: "NewPushBrowser" });
const id = idParams();

export interface PushServices {
  push: PushBrowsers;
  notify: Notify;
  audit: Pick<Audit, "statement">;
}

export const CHANNEL_NAME = "Notices on devices";

/** The channel that browsers hear of; null: there is none. */
export function pushChannel(notify: Pick<Notify, "channels">): string | null {
  return notify.channels.all().find(({ kind }) => kind === "push")?.id ?? null;
}

/**
 * A browser of the caller gets notices from now on. Where there is no channel for that yet, an admin makes it so.
 */
export async function subscribe(
  { push, notify, audit }: PushServices,
  context: RouteContext<unknown, unknown, unknown>,
  { endpoint, keys }: z.output<typeof newShape>,
): Promise<PushBrowser> {
  const { id: userId, role, session = "" } = context.who!;
  const audited = auditedBy(audit, context as RouteContext);
  const isMissing = pushChannel(notify) === null;
  if (isMissing && role !== "admin") {
    throw new PerchError(
      "conflict",
      `an admin has to add the channel "${CHANNEL_NAME}" first, or to switch notices on first`,
    );
  }
  const agent = context.c.req.header("user-agent") ?? "";
  const added = await push.add({ userId, sessionId: session, endpoint, keys, agent }, audited);
  if (isMissing) {
    await notify.channels.add({ kind: "push", name: CHANNEL_NAME, options: {} }, audited);
  }
  return added;
}

/** Sends a notice to one browser of the caller. */
export async function tryBrowser(
  { push, notify }: PushServices,
  who: RouteContext["who"],
  id: string,
) {
  const mine = await push.of(who!.id);
  if (!mine.some((one) => one.id === id)) {
    throw new PerchError("not_found", "there is no such browser of yours");
  }
  const channel = pushChannel(notify);
  if (channel === null) {
    return { delivered: false, answer: "there is no channel for notices: an admin adds one" };
  }
  const { state, answer } = await notify.test(channel, who!.name, [BROWSER + id]);
  return { delivered: state === "delivered", answer };
}

/** Browsers of the caller that show notices (RFC 8030). */
export function pushRoutes(services: PushServices): Route[] {
  const { push, notify, audit } = services;
  return [
    route({
      method: "get",
      path: "/api/push",
      policy: "person:viewer",
      summary: "What a browser needs to subscribe to notices",
      tags,
      responses: { 200: { description: "Key and channel.", schema: pushShape } },
      handler: async () =>
        Response.json({
          public_key: (await push.vapid()).publicKey,
          channel: pushChannel(notify),
        }),
    }),
    route({
      method: "get",
      path: "/api/push/subscriptions",
      policy: "person:viewer",
      summary: "My browsers that show notices",
      tags,
      responses: { 200: { description: "Mine.", schema: listOf(browserShape) } },
      handler: async ({ who }) =>
        Response.json({ items: (await push.of(who!.id)).map(shown), next: null }),
    }),
    route({
      method: "post",
      path: "/api/push/subscriptions",
      policy: "person:viewer",
      summary: "Show notices in this browser",
      tags,
      body: newShape,
      example: { body: EXAMPLE },
      responses: {
        201: { description: "Subscribed.", schema: browserShape },
        409: { description: "There is no channel of the kind push" },
      },
      async handler(context) {
        const added = await subscribe(services, context, context.body);
        const headers = { "set-cookie": noticesCookie(context, added.id) };
        return Response.json(shown(added), { status: 201, headers });
      },
    }),
    route({
      method: "delete",
      path: "/api/push/subscriptions/:id",
      policy: "person:viewer",
      summary: "Show no notices in a browser of mine",
      tags,
      params: id,
      responses: { 204: { description: "Removed." } },
      async handler(context) {
        await push.remove(
          context.who!.id,
          context.params.id,
          auditedBy(audit, context as RouteContext),
        );
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "post",
      path: "/api/push/subscriptions/:id/test",
      policy: "person:viewer",
      summary: "Send a notice to a browser of mine",
      tags,
      params: id,
      responses: { 200: { description: "What the push service said.", schema: testShape } },
      handler: async ({ who, params }) => Response.json(await tryBrowser(services, who, params.id)),
    }),
  ];
}

/** A subscription that nobody holds. */
const EXAMPLE = {
  endpoint: "https://push.example.com/send/abc",
  keys: {
    p256dh:
      "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    auth: "BTBZMqHH6r4Tts7J_aSIgg",
  },
};

function shown({ id, agent, createdMs, lastUsedMs }: PushBrowser): z.output<typeof browserShape> {
  return { id, agent, created_ms: createdMs, last_used_ms: lastUsedMs };
}
