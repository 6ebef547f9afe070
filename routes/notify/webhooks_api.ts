import { z } from "zod";
import type { ChannelView } from "../../lib/notify/channel_list.ts";
import { eventNames } from "../../lib/notify/rule.ts";
import { createWebhooks } from "../../lib/notify/webhooks.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import {
  CHANNEL_HEALTH,
  channelJson,
  channelName,
  type ChannelServices,
  testChannel,
  TestJson,
} from "./channels_api.ts";
import { noteOf } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

const tags = ["Webhooks"];

const WebhookJson = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  severity: z.enum(SEVERITIES).describe("this and above"),
  enabled: z.boolean(),
  health: z.enum(CHANNEL_HEALTH),
  detail: z.string().nullable(),
  failing_since: z.number().nullable(),
  last_delivered: z.number().nullable(),
  last_answer: z.string().nullable(),
});
const WithSecret = WebhookJson.extend({
  secret: z.string().describe("signs every message (Standard Webhooks); shown this once"),
});

const url = z.string().max(2000);
const severity = z.enum(SEVERITIES);
const id = z.object({ id: z.string().max(40) });

function webhookJson(view: ChannelView): z.output<typeof WebhookJson> {
  const { health, detail, failing_since, last_delivered, last_answer } = channelJson(view);
  const { events, severity } = view.subscription!;
  return {
    id: view.id,
    name: view.name,
    url: String(view.options.url),
    events: [...events],
    severity,
    enabled: view.state.enabled,
    health,
    detail,
    failing_since,
    last_delivered,
    last_answer,
  };
}

/** `/api/webhooks`: subscriptions to events, signed after Standard Webhooks. */
export function webhookRoutes(services: ChannelServices): Route[] {
  const { notify, audit } = services;
  const webhooks = createWebhooks(notify.channels);
  return [
    route({
      method: "get",
      path: "/api/webhooks",
      policy: "admin",
      summary: "Webhooks with their state",
      tags,
      responses: {
        200: {
          description: "All webhooks",
          schema: z.object({ items: z.array(WebhookJson), next: z.null() }),
        },
      },
      handler: () => Response.json({ items: webhooks.all().map(webhookJson), next: null }),
    }),
    route({
      method: "get",
      path: "/api/webhooks/:id",
      policy: "admin",
      summary: "A webhook",
      tags,
      params: id,
      responses: { 200: { description: "The webhook", schema: WebhookJson } },
      handler: ({ params }) => Response.json(webhookJson(webhooks.find(params.id))),
    }),
    route({
      method: "post",
      path: "/api/webhooks",
      policy: "admin",
      summary: "Subscribe an address to events; the answer holds the signing secret once",
      tags,
      body: z.strictObject({
        name: channelName,
        url,
        events: eventNames.default(["alarm"]).describe("types, or families: alarm, ticket …"),
        severity: severity.default("info"),
      }),
      example: {
        body: {
          name: "Maintenance system",
          url: "https://hooks.example.com/perch",
          events: ["alarm", "ticket"],
          severity: "warning",
        },
      },
      responses: {
        201: { description: "The webhook and its secret", schema: WithSecret },
        409: { description: "The name is taken" },
      },
      handler: async (context) => {
        const { events, severity, ...given } = context.body;
        const { view, secret } = await webhooks.add(
          { ...given, subscription: { events, severity } },
          noteOf(audit, context),
        );
        return Response.json({ ...webhookJson(view), secret }, { status: 201 });
      },
    }),
    route({
      method: "patch",
      path: "/api/webhooks/:id",
      policy: "admin",
      summary: "Change a webhook, or switch it off and on",
      tags,
      params: id,
      body: z.strictObject({
        name: channelName.optional(),
        url: url.optional(),
        events: eventNames.optional(),
        severity: severity.optional(),
        enabled: z.boolean().optional(),
      }),
      example: { body: { events: ["alarm.raised", "alarm.resolved"] } },
      responses: {
        200: { description: "The webhook", schema: WebhookJson },
        409: { description: "The name is taken" },
      },
      handler: async (context) => {
        const { params, body: { events, severity, ...patch } } = context;
        const { subscription } = webhooks.find(params.id);
        const view = await webhooks.change(params.id, {
          ...patch,
          ...(events === undefined && severity === undefined ? {} : {
            subscription: {
              events: events ?? subscription!.events,
              severity: severity ?? subscription!.severity,
            },
          }),
        }, noteOf(audit, context));
        return Response.json(webhookJson(view));
      },
    }),
    route({
      method: "post",
      path: "/api/webhooks/:id/rotate",
      policy: "admin",
      summary: "A new signing secret; until the next one messages carry both signatures",
      tags,
      params: id,
      responses: { 200: { description: "The webhook and its secret", schema: WithSecret } },
      handler: async (context) => {
        const { view, secret } = await webhooks.rotate(context.params.id, noteOf(audit, context));
        return Response.json({ ...webhookJson(view), secret });
      },
    }),
    route({
      method: "post",
      path: "/api/webhooks/:id/test",
      policy: "admin",
      summary: "Send a test message now and tell what the receiver said",
      tags,
      params: id,
      responses: { 200: { description: "Delivered, or why not", schema: TestJson } },
      handler: async (context) => {
        webhooks.find(context.params.id);
        const { state, answer } = await testChannel(
          services,
          context as RouteContext,
          context.params.id,
          undefined,
        );
        return Response.json({ delivered: state === "delivered", answer });
      },
    }),
    route({
      method: "delete",
      path: "/api/webhooks/:id",
      policy: "admin",
      summary: "End a subscription; what still waits for it is cancelled",
      tags,
      params: id,
      responses: { 204: { description: "Deleted" } },
      handler: async (context) => {
        await webhooks.remove(context.params.id, noteOf(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
  ];
}
