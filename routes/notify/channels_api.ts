import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { channelShape, type ShownChannel, shownChannel } from "../../lib/notify/channel_view.ts";
import { CHANNELS } from "../../lib/notify/channels/mod.ts";
import type { Outcome } from "../../lib/notify/channel.ts";
import type { Notify } from "../../lib/notify/notify.ts";
import { optionFields } from "../../lib/base/options.ts";
import { auditedBy } from "../http/caller.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

const tags = ["Channels"];
const optionShape = z.object({
  name: z.string(),
  title: z.string(),
  help: z.string(),
  secret: z.boolean(),
  required: z.boolean(),
  default: z.unknown(),
  schema: z.unknown().describe("JSON Schema of the value"),
}).meta({ id: "ChannelOption" });

const kindShape = z.object({
  kind: z.string(),
  title: z.string(),
  about: z.string(),
  for_people: z.boolean().describe("floods become a digest; part of *"),
  to_persons: z.boolean().describe("can write to a person's own address"),
  options: z.array(optionShape),
}).meta({ id: "ChannelKind" });

export const testShape = z.object({
  delivered: z.boolean(),
  answer: z.string().describe("the receiver's own words"),
}).meta({ id: "ChannelTest" });

const id = idParams();
export const channelName = z.string().trim().min(1, "give it a name").max(60);
const options = z.record(z.string().max(80), z.unknown());
const to = z.email("must be an email address").max(254);

const newChannelShape = z.strictObject({
  kind: z.string().max(40),
  name: channelName,
  options: options.default({}).describe("see /api/channels/kinds"),
}).meta({ id: "NewChannel" });
const patchShape = z.strictObject({
  name: channelName.optional(),
  options: options.optional()
    .describe("all of them; secrets that are left out or *** stay as they are"),
  enabled: z.boolean().optional(),
}).meta({ id: "ChannelPatch" });

export interface ChannelServices {
  notify: Notify;
  audit: Pick<Audit, "statement">;
}

/** Channels with what waits for them, as the API shows them. */
export async function shownChannels(notify: Notify): Promise<ShownChannel[]> {
  const counts = await notify.outbox.countsByChannel();
  return notify.channels.all().map((view) => shownChannel(view, counts.get(view.id)));
}

/** Tries a channel; the answer is the receiver's own. */
export async function testChannel(
  { notify, audit }: ChannelServices,
  context: RouteContext<unknown, unknown, unknown>,
  channel: string,
  address: string | undefined,
): Promise<Outcome> {
  const outcome = await notify.test(
    channel,
    context.who!.name,
    address === undefined ? [] : [address],
  );
  await notify.noted(
    auditedBy(audit, context)({
      action: "channel.test",
      resource: `channel:${channel}`,
      touches: [],
      after: { delivered: outcome.state === "delivered" },
    }),
  );
  return outcome;
}

/** `/api/channels`: where messages can go to. */
export function channelRoutes(services: ChannelServices): Route[] {
  const { notify, audit } = services;
  const one = async (channel: string) =>
    shownChannel(
      notify.channels.find(channel),
      (await notify.outbox.countsByChannel()).get(channel),
    );
  return [
    route({
      method: "get",
      path: "/api/channels",
      policy: "admin",
      summary: "Channels with their state; those of the environment first",
      tags,
      responses: {
        200: {
          description: "All channels",
          schema: listOf(channelShape),
        },
      },
      handler: async () => Response.json({ items: await shownChannels(notify), next: null }),
    }),
    route({
      method: "get",
      path: "/api/channels/kinds",
      policy: "admin",
      summary: "Kinds of channels and their options",
      tags,
      responses: {
        200: {
          description: "Kinds",
          schema: listOf(kindShape),
        },
      },
      handler: () => {
        const items = CHANNELS.map((kind) => ({
          kind: kind.kind,
          title: kind.title,
          about: kind.about,
          for_people: kind.forPeople,
          to_persons: kind.toPersons,
          options: optionFields(kind.options),
        }));
        return Response.json({ items, next: null });
      },
    }),
    route({
      method: "get",
      path: "/api/channels/:id",
      policy: "admin",
      summary: "A channel",
      tags,
      params: id,
      responses: { 200: { description: "The channel", schema: channelShape } },
      handler: async ({ params }) => Response.json(await one(params.id)),
    }),
    route({
      method: "post",
      path: "/api/channels",
      policy: "admin",
      summary: "Add a channel",
      tags,
      body: newChannelShape,
      example: {
        body: { kind: "ntfy", name: "Night shift", options: { topic: "perch-night-shift" } },
      },
      responses: {
        201: { description: "The channel", schema: channelShape },
        409: { description: "The name is taken" },
      },
      handler: async (context) => {
        const view = await notify.channels.add(context.body, auditedBy(audit, context));
        return Response.json(shownChannel(view), { status: 201 });
      },
    }),
    route({
      method: "patch",
      path: "/api/channels/:id",
      policy: "admin",
      summary: "Change a channel, or switch it off and on",
      tags,
      params: id,
      body: patchShape,
      example: { body: { enabled: true } },
      responses: {
        200: { description: "The channel", schema: channelShape },
        409: { description: "The name is taken, or the environment sets the channel" },
      },
      handler: async (context) => {
        const { params, body } = context;
        await notify.channels.change(params.id, body, auditedBy(audit, context));
        return Response.json(await one(params.id));
      },
    }),
    route({
      method: "delete",
      path: "/api/channels/:id",
      policy: "admin",
      summary: "Delete a channel; what still waits for it is cancelled",
      tags,
      params: id,
      responses: {
        204: { description: "Deleted" },
        409: { description: "The environment sets the channel" },
      },
      handler: async (context) => {
        await notify.channels.remove(context.params.id, auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "post",
      path: "/api/channels/:id/test",
      policy: "admin",
      summary: "Send a test message now; the answer is the receiver's",
      tags,
      params: id,
      body: z.strictObject({
        to: to.optional().describe("an address instead of the channel's own recipients"),
      }),
      example: { body: {} },
      responses: { 200: { description: "Delivered, or why not", schema: testShape } },
      handler: async (context) => {
        const { params, body } = context;
        const outcome = await testChannel(services, context, params.id, body.to);
        return Response.json({
          delivered: outcome.state === "delivered",
          answer: outcome.answer,
        });
      },
    }),
  ];
}
