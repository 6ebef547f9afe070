import { z } from "zod";
import { webhookOf, webhookShape } from "../../lib/notify/channel_view.ts";
import { eventNames } from "../../lib/notify/rule.ts";
import { createWebhooks } from "../../lib/notify/webhooks.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { channelName, type ChannelServices, testChannel, testShape } from "./channels_api.ts";
import { auditedBy } from "../http/caller.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

const tags = ["Webhooks"];

const withSecretShape = webhookShape.extend({
  secret: z.string().describe("signs every message (Standard Webhooks); shown this once"),
}).meta({ id: "WebhookWithSecret" });

const url = z.string().max(2000);
const severity = z.enum(SEVERITIES);
const id = idParams();

const newWebhookShape = z.strictObject({
  name: channelName,
  url,
  events: eventNames.default(["alarm"]).describe("types, or families: alarm, ticket …"),
  severity: severity.default("info"),
}).meta({ id: "NewWebhook" });
const patchShape = z.strictObject({
  name: channelName.optional(),
  url: url.optional(),
  events: eventNames.optional(),
  severity: severity.optional(),
  enabled: z.boolean().optional(),
}).meta({ id: "WebhookPatch" });

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
          schema: listOf(webhookShape),
        },
      },
      handler: () => Response.json({ items: webhooks.all().map(webhookOf), next: null }),
    }),
    route({
      method: "get",
      path: "/api/webhooks/:id",
      policy: "admin",
      summary: "A webhook",
      tags,
      params: id,
      responses: { 200: { description: "The webhook", schema: webhookShape } },
      handler: ({ params }) => Response.json(webhookOf(webhooks.find(params.id))),
    }),
    route({
      method: "post",
      path: "/api/webhooks",
      policy: "admin",
      summary: "Subscribe an address to events; the answer holds the signing secret once",
      tags,
      body: newWebhookShape,
      example: {
        body: {
          name: "Maintenance system",
          url: "https://hooks.example.com/perch",
          events: ["alarm", "ticket"],
          severity: "warning",
        },
      },
      responses: {
        201: { description: "The webhook and its secret", schema: withSecretShape },
        409: { description: "The name is taken" },
      },
      handler: async (context) => {
        const { events, severity, ...given } = context.body;
        const { view, secret } = await webhooks.add(
          { ...given, subscription: { events, severity } },
          auditedBy(audit, context),
        );
        return Response.json({ ...webhookOf(view), secret }, { status: 201 });
      },
    }),
    route({
      method: "patch",
      path: "/api/webhooks/:id",
      policy: "admin",
      summary: "Change a webhook, or switch it off and on",
      tags,
      params: id,
      body: patchShape,
      example: { body: { events: ["alarm.raised", "alarm.resolved"] } },
      responses: {
        200: { description: "The webhook", schema: webhookShape },
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
        }, auditedBy(audit, context));
        return Response.json(webhookOf(view));
      },
    }),
    route({
      method: "post",
      path: "/api/webhooks/:id/rotate",
      policy: "admin",
      summary: "A new signing secret; until the next one messages carry both signatures",
      tags,
      params: id,
      responses: { 200: { description: "The webhook and its secret", schema: withSecretShape } },
      handler: async (context) => {
        const { view, secret } = await webhooks.rotate(
          context.params.id,
          auditedBy(audit, context),
        );
        return Response.json({ ...webhookOf(view), secret });
      },
    }),
    route({
      method: "post",
      path: "/api/webhooks/:id/test",
      policy: "admin",
      summary: "Send a test message now; the answer is the receiver's",
      tags,
      params: id,
      responses: { 200: { description: "Delivered, or why not", schema: testShape } },
      handler: async (context) => {
        webhooks.find(context.params.id);
        const { state, answer } = await testChannel(
          services,
          context,
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
        await webhooks.remove(context.params.id, auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
  ];
}
