import { z } from "zod";
import { SEVERITIES, type Severity } from "../../lib/words/severity.ts";
import { hrefWith } from "../frame/links.ts";
import { pageTime, RANGES } from "../frame/range.ts";
import { eventFilterShape } from "./request.ts";

const text = (most: number) => z.string().trim().max(most).optional().catch(undefined);
/** The filter of the page, as its address holds it. */
export const PageFilter = z.object({
  type: text(500),
  severity: z.enum(SEVERITIES).optional().catch(undefined),
  machine: text(2000),
  actor: text(254),
  subject: text(200),
  range: z.enum(RANGES.map(({ key }) => key)).optional().catch(undefined),
  from: text(30),
  to: text(30),
  q: text(200),
});
export type PageFilter = z.output<typeof PageFilter>;
/** The same as the API takes it. */
export interface Asked {
  type?: string[];
  severity?: Severity[];
  machine?: string;
  actor?: string;
  subject?: string;
  q?: string;
  fromMs?: number;
  toMs?: number;
}

/** The filter as the API takes it, or what is wrong with it. Empty fields of the form are no filters. */
export function askedOf(
  filter: PageFilter,
  nowMs: number,
  zone: string,
): Asked | { problem: string } {
  const { range, severity } = filter;
  const given = (value: string | undefined) => value === "" ? undefined : value;
  const [type, machine, actor, subject, q, from, to] = [
    filter.type,
    filter.machine,
    filter.actor,
    filter.subject,
    filter.q,
    filter.from,
    filter.to,
  ].map(given);
  const words = eventFilterShape.shape.q.safeParse(q);
  if (!words.success) return { problem: `Search: ${words.error.issues[0].message}.` };
  const [fromMs, toMs] = [from, to].map((time) => time && pageTime(time, nowMs, zone));
  if (fromMs === null || toMs === null) return { problem: "From and to are a date and a time." };
  if (fromMs && toMs && fromMs >= toMs) return { problem: "From must be before to." };
  const length = RANGES.find(({ key }) => key === range)?.lengthMs;
  return {
    type: type?.split(",").filter((one) => one !== ""),
    severity: severity && [severity],
    machine,
    actor,
    subject,
    q,
    fromMs: (fromMs || undefined) ?? (length && nowMs - length),
    toMs: toMs || undefined,
  };
}

/** The same question to the API, for those that come later. */
export function apiQueryOf({ fromMs, toMs, ...rest }: Asked, limit: number): string {
  const query = { ...rest, from: fromMs, to: toMs, limit };
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

/** The file of everything in the period: other filters do not count in it. */
export function exportOf({ fromMs, toMs }: Asked): string {
  return hrefWith("/api/events/export", { from: fromMs?.toString(), to: toMs?.toString() });
}
