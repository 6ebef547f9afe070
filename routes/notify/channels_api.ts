import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { ChannelView } from "../../lib/notify/channel_list.ts";
import { CHANNELS } from "../../lib/notify/channels/mod.ts";
import type { Outcome } from "../../lib/notify/channel.ts";
import type { Notify } from "../../lib/notify/notify.ts";
import { optionFields } from "../../lib/notify/options.ts";
import { noteOf } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

const tags = ["Channels"];
export const CHANNEL_HEALTH = ["ok", "failing", "off", "new"] as const;

const ChannelJson = z.object({
  id: z.string(),
  kind: z.string(),
  name: z.string(),
  options: z.record(z.string(), z.unknown()).describe("secrets are written, never read: ***"),
  enabled: z.boolean(),
  fixed: z.boolean().describe("set by the environment; can only be switched off and on"),
  health: z.enum(CHANNEL_HEALTH).describe("new: nothing was sent yet"),
  detail: z.string().nullable().describe("why it is switched off or does not deliver"),
  failing_since: z.number().nullable(),
  last_delivered: z.number().nullable(),
  last_tried: z.number().nullable(),
  last_answer: z.string().nullable().describe("what the far side said last"),
  waiting: z.number(),
  dead: z.number().describe("dead letters"),
});
export type ChannelJson = z.output<typeof ChannelJson>;

const KindJson = z.object({
  kind: z.string(),
  title: z.string(),
  about: z.string(),
  for_people: z.boolean().describe("floods become a digest; part of *"),
  to_persons: z.boolean().describe("can write to a person's own address"),
  options: z.array(z.object({
    name: z.string(),
    title: z.string(),
    help: z.string(),
    secret: z.boolean(),
    required: z.boolean(),
    default: z.unknown(),
    schema: z.unknown().describe("JSON Schema of the value"),
  })),
});

export const TestJson = z.object({
  delivered: z.boolean(),
  answer: z.string().describe("the far side's own words"),
});

const id = z.object({ id: z.string().max(40) });
export const channelName = z.string().trim().min(1, "give it a name").max(60);
const options = z.record(z.string().max(80), z.unknown());
const to = z.email("must be an email address").max(254);

export interface ChannelServices {
  notify: Notify;
  audit: Pick<Audit, "statement">;
}

/** How a channel is doing, in a word. */
export function healthOf({ state, fault }: ChannelView): typeof CHANNEL_HEALTH[number] {
  if (!state.enabled) return "off";
  if (fault !== null || state.failingSinceMs !== null) return "failing";
  return state.okMs === null ? "new" : "ok";
}

/** Channels with what waits for them, as the API shows them. */
export async function channelsJson(notify: Notify): Promise<ChannelJson[]> {
  const counts = await notify.outbox.countsByChannel();
  return notify.channels.all().map((view) => channelJson(view, counts.get(view.id)));
}

export function channelJson(
  view: ChannelView,
  counts: { open: number; failed: number } = { open: 0, failed: 0 },
): ChannelJson {
  const { state } = view;
  return {
    id: view.id,
    kind: view.kind,
    name: view.name,
    options: view.options,
    enabled: state.enabled,
    fixed: view.fixed,
    health: healthOf(view),
    detail: view.fault ?? state.offReason ??
      (state.failingSinceMs === null ? null : state.answer ?? "no answer"),
    failing_since: state.failingSinceMs,
    last_delivered: state.okMs,
    last_tried: state.triedMs,
    last_answer: state.answer,
    waiting: counts.open,
    dead: counts.failed,
  };
}

/** Tries a channel; the answer is the far side's own. */
export async function testChannel(
  { notify, audit }: ChannelServices,
  context: RouteContext,
  channel: string,
  address: string | undefined,
): Promise<Outcome> {
  const outcome = await notify.test(
    channel,
    context.who!.name,
    address === undefined ? [] : [address],
  );
  await notify.noted(
    noteOf(audit, context)({
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
    channelJson(
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
          schema: z.object({ items: z.array(ChannelJson), next: z.null() }),
        },
      },
      handler: async () => Response.json({ items: await channelsJson(notify), next: null }),
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
          schema: z.object({ items: z.array(KindJson), next: z.null() }),
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
      responses: { 200: { description: "The channel", schema: ChannelJson } },
      handler: async ({ params }) => Response.json(await one(params.id)),
    }),
    route({
      method: "post",
      path: "/api/channels",
      policy: "admin",
      summary: "Add a channel",
      tags,
      body: z.strictObject({
        kind: z.string().max(40),
        name: channelName,
        options: options.default({}).describe("see /api/channels/kinds"),
      }),
      example: {
        body: { kind: "ntfy", name: "Night shift", options: { topic: "perch-night-shift" } },
      },
      responses: {
        201: { description: "The channel", schema: ChannelJson },
        409: { description: "The name is taken" },
      },
      handler: async (context) => {
        const view = await notify.channels.add(context.body, noteOf(audit, context));
        return Response.json(channelJson(view), { status: 201 });
      },
    }),
    route({
      method: "patch",
      path: "/api/channels/:id",
      policy: "admin",
      summary: "Change a channel, or switch it off and on",
      tags,
      params: id,
      body: z.strictObject({
        name: channelName.optional(),
        options: options.optional()
          .describe("all of them; secrets that are left out or *** stay as they are"),
        enabled: z.boolean().optional(),
      }),
      example: { body: { enabled: true } },
      responses: {
        200: { description: "The channel", schema: ChannelJson },
        409: { description: "The name is taken, or the environment sets the channel" },
      },
      handler: async (context) => {
        const { params, body } = context;
        await notify.channels.change(params.id, body, noteOf(audit, context));
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
        await notify.channels.remove(context.params.id, noteOf(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "post",
      path: "/api/channels/:id/test",
      policy: "admin",
      summary: "Send a test message now and tell what the far side said",
      tags,
      params: id,
      body: z.strictObject({
        to: to.optional().describe("an address instead of the channel's own recipients"),
      }),
      example: { body: {} },
      responses: { 200: { description: "Delivered, or why not", schema: TestJson } },
      handler: async (context) => {
        const { params, body } = context;
        const outcome = await testChannel(services, context as RouteContext, params.id, body.to);
        return Response.json({
          delivered: outcome.state === "delivered",
          answer: outcome.answer,
        });
      },
    }),
  ];
}
