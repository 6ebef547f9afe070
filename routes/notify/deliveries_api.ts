import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { timeField } from "../../lib/base/epoch.ts";
import { PerchError } from "../../lib/base/errors.ts";
import {
  attemptOf,
  type Delivery,
  DELIVERY_STATES,
  deliveryDetailShape,
  deliveryOf,
  deliveryShape,
} from "../../lib/notify/delivery.ts";
import type { Notify } from "../../lib/notify/notify.ts";
import { auditedBy } from "../http/caller.ts";
import { cursorField, limitField, list, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

const tags = ["Deliveries"];

const querySchema = z.object({
  state: list(z.enum(DELIVERY_STATES)).optional().describe("states, separated by commas"),
  channel: z.string().max(40).optional(),
  event: z.coerce.number().int().positive().optional(),
  subject: z.string().max(100).optional().describe("alarm:<id>, ticket:<id> …"),
  digest: z.coerce.number().int().positive().optional().describe("what a digest holds"),
  from: timeField("at or after"),
  limit: limitField(500, 50),
  cursor: cursorField(20),
});
const id = z.object({ id: z.string().regex(/^\d{1,15}$/, "must be a number") });

export interface DeliveryServices {
  notify: Notify;
  audit: Pick<Audit, "statement">;
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
  const json = (delivery: Delivery) => deliveryOf(delivery, channelNames(notify));
  return [
    route({
      method: "get",
      path: "/api/deliveries",
      policy: "engineer",
      summary: "What left Perch, or waits to, newest first",
      tags,
      query: querySchema,
      example: { query: { state: "waiting,failed", limit: "10" } },
      responses: {
        200: {
          description: "Deliveries; those inside a digest by subject, event or digest only",
          schema: listOf(deliveryShape),
        },
      },
      handler: async ({ query, nowMs }) => {
        const { state, from, ...rest } = query;
        const fromMs = from?.(nowMs);
        const page = await notify.outbox.list({ ...rest, states: state, fromMs });
        const nameOf = channelNames(notify);
        return Response.json({
          items: page.items.map((one) => deliveryOf(one, nameOf)),
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
          schema: deliveryDetailShape,
        },
      },
      handler: async ({ params }) => {
        const delivery = await findDelivery(notify, params.id);
        const attempts = (await notify.outbox.tries(delivery.id)).map(attemptOf);
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
        const deliveries = await notify.retryAll(context.body.channel, auditedBy(audit, context));
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
        200: { description: "The delivery", schema: deliveryShape },
        409: { description: "It is neither a dead letter nor cancelled" },
      },
      handler: async (context) => {
        const { id } = await findDelivery(notify, context.params.id);
        return Response.json(json(await notify.retry(id, auditedBy(audit, context))));
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
        200: { description: "The delivery", schema: deliveryShape },
        409: { description: "It does not wait any more" },
      },
      handler: async (context) => {
        const { id } = await findDelivery(notify, context.params.id);
        return Response.json(json(await notify.cancel(id, auditedBy(audit, context))));
      },
    }),
  ];
}
