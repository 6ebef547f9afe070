import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { timeField } from "../../lib/base/epoch.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { type Delivery, DELIVERY_STATES, type DeliveryTry } from "../../lib/notify/delivery.ts";
import type { Notify } from "../../lib/notify/notify.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { noteOf } from "../http/caller.ts";
import { list } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

const tags = ["Deliveries"];

const DeliveryJson = z.object({
  id: z.number(),
  uid: z.string().describe("goes outside (webhook-id, Message-ID); the same on every repeat"),
  event: z.number().nullable().describe("null: a digest of several"),
  type: z.string().describe("of the event, or digest"),
  subject: z.string(),
  severity: z.enum(SEVERITIES),
  text: z.string(),
  channel: z.object({ id: z.string(), name: z.string() }),
  to: z.string().nullable().describe("null: the channel's own recipients"),
  state: z.enum(DELIVERY_STATES),
  why: z.string(),
  digest: z.number().nullable().describe("the digest that it is part of"),
  tries: z.number(),
  next: z.number().nullable().describe("when it is tried next, or may leave"),
  answer: z.string().nullable().describe("what the far side said last"),
  took_ms: z.number().nullable(),
  created: z.number(),
  done: z.number().nullable(),
});
export type DeliveryJson = z.output<typeof DeliveryJson>;

const TryJson = z.object({
  n: z.number(),
  ts: z.number(),
  took_ms: z.number().nullable(),
  outcome: z.enum(["delivered", "retry", "failed", "gone"]).nullable()
    .describe("null: it runs, or Perch ended meanwhile"),
  answer: z.string().nullable(),
});

const Query = z.object({
  state: list(z.enum(DELIVERY_STATES)).optional().describe("states, separated by commas"),
  channel: z.string().max(40).optional(),
  event: z.coerce.number().int().positive().optional(),
  subject: z.string().max(100).optional().describe("alarm:<id>, ticket:<id> …"),
  digest: z.coerce.number().int().positive().optional().describe("what a digest holds"),
  from: timeField("at or after"),
  limit: z.coerce.number().int().min(1).max(500).optional().describe("default 50"),
  cursor: z.string().max(20).optional().describe("`next` of the answer before"),
});
const id = z.object({ id: z.string().regex(/^\d{1,15}$/, "must be a number") });

export interface DeliveryServices {
  notify: Notify;
  audit: Pick<Audit, "statement">;
}

const OPEN = ["waiting", "held", "digest"];

export function deliveryJson(
  delivery: Delivery,
  nameOf: (channel: string) => string,
): DeliveryJson {
  return {
    id: delivery.id,
    uid: delivery.uid,
    event: delivery.eventId,
    type: delivery.eventType,
    subject: delivery.subject,
    severity: delivery.severity,
    text: delivery.text,
    channel: { id: delivery.channelId, name: nameOf(delivery.channelId) },
    to: delivery.target === "" ? null : delivery.target,
    state: delivery.state,
    why: delivery.why,
    digest: delivery.digestId,
    tries: delivery.tries,
    next: OPEN.includes(delivery.state) ? delivery.nextMs : null,
    answer: delivery.answer,
    took_ms: delivery.tookMs,
    created: delivery.createdMs,
    done: delivery.doneMs,
  };
}

export function tryJson({ n, tMs, tookMs, outcome, answer }: DeliveryTry) {
  return { n, ts: tMs, took_ms: tookMs, outcome, answer };
}

/** Names of channels, those that were deleted included. */
export function channelNames(notify: Notify): (id: string) => string {
  const names = new Map(notify.channels.all().map((one) => [one.id, one.name]));
  return (id) => names.get(id) ?? "deleted channel";
}

/** @throws PerchError `not_found` */
export async function findDelivery(notify: Notify, id: string): Promise<Delivery> {
  const delivery = await notify.outbox.find(Number(id));
  if (delivery) return delivery;
  throw new PerchError("not_found", `there is no delivery ${id}, or it was forgotten`);
}

/** `/api/deliveries`: everything that leaves Perch. */
export function deliveryRoutes({ notify, audit }: DeliveryServices): Route[] {
  const json = (delivery: Delivery) => deliveryJson(delivery, channelNames(notify));
  return [
    route({
      method: "get",
      path: "/api/deliveries",
      policy: "engineer",
      summary: "What left Perch, or waits to, newest first",
      tags,
      query: Query,
      example: { query: { state: "waiting,failed", limit: "10" } },
      responses: {
        200: {
          description: "Deliveries; those inside a digest by subject, event or digest only",
          schema: z.object({ items: z.array(DeliveryJson), next: z.string().nullable() }),
        },
      },
      handler: async ({ query, nowMs }) => {
        const { state, from, ...rest } = query;
        const fromMs = from?.(nowMs);
        const page = await notify.outbox.list({ ...rest, states: state, fromMs });
        const nameOf = channelNames(notify);
        return Response.json({
          items: page.items.map((one) => deliveryJson(one, nameOf)),
          next: page.next,
        });
      },
    }),
    route({
      method: "get",
      path: "/api/deliveries/:id",
      policy: "engineer",
      summary: "A delivery with its tries",
      tags,
      params: id,
      responses: {
        200: {
          description: "The delivery",
          schema: DeliveryJson.extend({ attempts: z.array(TryJson) }),
        },
      },
      handler: async ({ params }) => {
        const delivery = await findDelivery(notify, params.id);
        const attempts = (await notify.outbox.tries(delivery.id)).map(tryJson);
        return Response.json({ ...json(delivery), attempts });
      },
    }),
    route({
      method: "post",
      path: "/api/deliveries/retry",
      policy: "admin",
      summary: "Send dead letters again: all, or those of one channel",
      tags,
      body: z.strictObject({ channel: z.string().max(40).optional() }),
      example: { body: {} },
      responses: {
        200: {
          description: "How many are sent again",
          schema: z.object({ deliveries: z.number() }),
        },
      },
      handler: async (context) => {
        const deliveries = await notify.retryAll(context.body.channel, noteOf(audit, context));
        return Response.json({ deliveries });
      },
    }),
    route({
      method: "post",
      path: "/api/deliveries/:id/retry",
      policy: "admin",
      summary: "Send a dead letter or a cancelled delivery again, with the same uid",
      tags,
      params: id,
      responses: {
        200: { description: "The delivery", schema: DeliveryJson },
        409: { description: "It is neither a dead letter nor cancelled" },
      },
      handler: async (context) => {
        const { id } = await findDelivery(notify, context.params.id);
        return Response.json(json(await notify.retry(id, noteOf(audit, context))));
      },
    }),
    route({
      method: "post",
      path: "/api/deliveries/:id/cancel",
      policy: "admin",
      summary: "Do not send what waits",
      tags,
      params: id,
      responses: {
        200: { description: "The delivery", schema: DeliveryJson },
        409: { description: "It does not wait any more" },
      },
      handler: async (context) => {
        const { id } = await findDelivery(notify, context.params.id);
        return Response.json(json(await notify.cancel(id, noteOf(audit, context))));
      },
    }),
  ];
}
