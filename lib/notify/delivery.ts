import type { DeliveryRow, TryRow } from "../db/schema/notify.ts";

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
