import { z } from "zod";

/** What can be found, in the order in which the page shows it. */
export const HIT_KINDS = [
  "machine",
  "sensor",
  "alarm",
  "ticket",
  "area",
  "tag",
  "camera",
  "dashboard",
  "page",
  "setting",
  "person",
  "rule",
  "channel",
  "guide",
  "operation",
] as const;
export type HitKind = typeof HIT_KINDS[number];

/** Something that was found. */
export const hitShape = z.object({
  kind: z.enum(HIT_KINDS),
  title: z.string(),
  detail: z.string().nullable().describe("where it is, or how it stands"),
  url: z.string().describe("address of its page"),
  value: z.string().optional().describe("what names it in a field of a form or a call"),
}).meta({ id: "SearchHit" });
export type Hit = z.output<typeof hitShape>;
