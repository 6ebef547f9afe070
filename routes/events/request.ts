/** What the API and the pages about events share. */
import { z } from "zod";
import { decide } from "../../lib/access/policy.ts";
import { timeField } from "../../lib/base/epoch.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { isPrivate, type LoggedEvent, PRIVATE_FAMILIES } from "../../lib/events/event.ts";
import type { EventLog } from "../../lib/events/events_store.ts";
import type { EventQuery } from "../../lib/events/query.ts";
import { SEARCH_WORDS_MOST, wordsOf } from "../../lib/events/terms.ts";
import type { MachineDirectory } from "../../lib/machines/sensor.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { cursorField, limitField, list } from "../http/params.ts";
import type { RouteContext } from "../http/route.ts";

/** What is asked of the event log. */
export interface EventServices {
  events: Pick<EventLog, "list" | "find">;
  machines: Pick<MachineDirectory, "find" | "all">;
}

const searchField = z.string().max(200).refine(
  (text) => wordsOf(text).length <= SEARCH_WORDS_MOST,
  { error: `must have ${SEARCH_WORDS_MOST} words at most` },
);

export const eventFilterShape = z.strictObject({
  type: list(z.string().min(1).max(100)).optional()
    .describe("types, or the part before the dot: `alarm.raised`, `ticket`"),
  severity: list(z.enum(SEVERITIES)).optional(),
  machine: z.string().min(1).max(2000).optional()
    .describe("path or id of a machine, or an area, as it was then"),
  actor: z.string().min(1).max(254).optional().describe("name of who did it"),
  subject: z.string().min(1).max(200).optional().describe("`alarm:<id>` …"),
  from: timeField("at or after"),
  to: timeField("before"),
  q: searchField.optional().describe("words or their beginnings, of all an event says"),
  limit: limitField(500, 50),
  cursor: cursorField(20),
});
export type EventFilterQuery = z.output<typeof eventFilterShape>;

/** @throws PerchError `validation` when it ends before it begins */
export function refuseBackwards(fromMs: number | undefined, toMs: number | undefined): void {
  if (fromMs === undefined || toMs === undefined || fromMs < toMs) return;
  const iso = (ms: number) => new Date(ms).toISOString();
  throw wrongPeriod(`${iso(fromMs)} is not before \`to\` (${iso(toMs)})`);
}

/** The refusal of a period. */
export function wrongPeriod(message: string): PerchError {
  return new PerchError("validation", `query.from: ${message}`, {
    errors: [{ path: "query.from", message }],
  });
}

/** A filter of the API or of the page as the log takes it. Types that the asker may not read are left out. */
export function eventQueryOf(
  { machines }: Pick<EventServices, "machines">,
  query: Omit<EventFilterQuery, "from" | "to"> & { fromMs?: number; toMs?: number },
  { who }: Pick<RouteContext, "who">,
): EventQuery {
  const { type, severity, machine, q, ...rest } = query;
  return {
    ...rest,
    types: type,
    severities: severity,
    machine: machine === undefined ? undefined : machines.find(machine)?.path ?? machine,
    search: q === "" ? undefined : q,
    hidden: readsPrivate(who) ? [] : PRIVATE_FAMILIES,
  };
}

export const eventParams = z.object({
  id: z.string().regex(/^\d{1,15}$/, "must be the id of an event"),
});

/** @throws PerchError `not_found`, also when the asker may not read it */
export async function findEvent(
  { events }: Pick<EventServices, "events">,
  id: number,
  who: RouteContext["who"],
): Promise<LoggedEvent> {
  const event = await events.find(id);
  if (event !== null && (!isPrivate(event.type) || readsPrivate(who))) return event;
  throw new PerchError("not_found", `there is no event ${id}`);
}

/** Events about accounts are for those who see accounts and the audit log. */
export function readsPrivate(who: RouteContext["who"]): boolean {
  return decide("admin", "get", who, false).allow;
}
