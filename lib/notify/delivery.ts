import { z } from "zod";
import { formerly, msField, oldMs } from "../base/wire.ts";
import type { DeliveryRow, TryRow } from "../db/schema/notify.ts";
import { SEVERITIES } from "../words/severity.ts";

/**
 * `waiting`: for its first or next try; `held`: until quiet hours end; `digest`: is collected; `failed`: a dead
 * letter, nothing more happens by itself; `cancelled`: by a person.
 */
export const DELIVERY_STATES = [
  "waiting",
  "held",
  "digest",
  "delivered",
  "failed",
  "cancelled",
] as const;
export type DeliveryState = typeof DELIVERY_STATES[number];

/** Something that leaves Perch: one event, or a digest of several, to one place. */
export type Delivery = DeliveryRow;

/** One try. */
export type DeliveryTry = Omit<TryRow, "deliveryId">;

export const DIGEST = "digest";

export const deliveryShape = z.object({
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
  next_ms: z.number().nullable().describe("when it is tried next, or may leave"),
  answer: z.string().nullable().describe("the receiver's latest answer"),
  took_ms: z.number().nullable().describe("how long that answer took"),
  created_ms: msField,
  done_ms: msField.nullable(),
  next: formerly(z.number().nullable(), "next_ms"),
  created: oldMs("created_ms"),
  done: formerly(z.number().nullable(), "done_ms"),
}).meta({ id: "Delivery" });

const OPEN = ["waiting", "held", "digest"];

export function deliveryOf(
  delivery: Delivery,
  nameOf: (channel: string) => string,
): z.output<typeof deliveryShape> {
  const nextMs = OPEN.includes(delivery.state) ? delivery.nextMs : null;
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
    next_ms: nextMs,
    answer: delivery.answer,
    took_ms: delivery.tookMs,
    created_ms: delivery.createdMs,
    done_ms: delivery.doneMs,
    next: nextMs,
    created: delivery.createdMs,
    done: delivery.doneMs,
  };
}

export const attemptShape = z.object({
  n: z.number(),
  at_ms: msField,
  took_ms: z.number().nullable(),
  outcome: z.enum(["delivered", "retry", "failed", "gone"]).nullable()
    .describe("null: it runs, or Perch ended meanwhile"),
  answer: z.string().nullable(),
  ts: oldMs("at_ms"),
}).meta({ id: "DeliveryAttempt" });

export function attemptOf(
  { n, tMs, tookMs, outcome, answer }: DeliveryTry,
): z.output<typeof attemptShape> {
  return { n, at_ms: tMs, took_ms: tookMs, outcome, answer, ts: tMs };
}

/** A delivery with its tries. */
export const deliveryDetailShape = deliveryShape.extend({ attempts: z.array(attemptShape) })
  .meta({ id: "DeliveryDetail" });
