/** A link for a screen on a wall: it shows one dashboard, and nothing else, until it is revoked. */
import { z } from "zod";
import { msField } from "../base/wire.ts";

export const kioskLinkShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  dashboard: z.string().describe("id"),
  created_ms: msField,
  last_used_ms: msField.nullable().describe("to a few minutes"),
  revoked_ms: msField.nullable(),
}).meta({ id: "KioskLink" });

export const newKioskLinkShape = z.strictObject({
  name: z.string().trim().min(1, "say where the screen is").max(60),
  dashboard: z.string().max(40).describe("id"),
}).meta({ id: "NewKioskLink" });

/** With the address, which is in this answer and nowhere else. */
export const madeKioskLinkShape = kioskLinkShape.extend({
  url: z.string().describe("shown once"),
}).meta({ id: "MadeKioskLink" });

/** A link without its secret. */
export interface KioskLink {
  id: string;
  name: string;
  dashboardId: string;
  createdBy: string;
  createdMs: number;
  lastUsedMs: number | null;
  revokedMs: number | null;
}

/** A link on the wire. */
export function shownLink(
  { id, name, dashboardId, createdMs, lastUsedMs, revokedMs }: KioskLink,
): z.output<typeof kioskLinkShape> {
  return {
    ...{ id, name, dashboard: dashboardId, created_ms: createdMs },
    last_used_ms: lastUsedMs,
    revoked_ms: revokedMs,
  };
}
