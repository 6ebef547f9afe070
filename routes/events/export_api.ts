import { z } from "zod";
import { type Alarm, alarmShape } from "../../lib/alarms/alarm.ts";
import type { Alarms } from "../../lib/alarms/alarms.ts";
import { timeField } from "../../lib/base/epoch.ts";
import { msField } from "../../lib/base/wire.ts";
import type { EventsBetween, Period } from "../../lib/events/between_store.ts";
import { isPrivate } from "../../lib/events/event.ts";
import { listedEventOf, wholeEventShape } from "../../lib/events/listed.ts";
import { type Figures, figuresShape } from "../../lib/live/figures.ts";
import { DAY_MS, HOUR_MS } from "../../lib/words/times.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { streamed } from "../http/streamed.ts";
import { readsPrivate, refuseBackwards, wrongPeriod } from "./request.ts";

export interface ExportServices {
  eventsBetween: EventsBetween;
  alarms: Pick<Alarms, "list">;
  figures: () => Promise<Figures>;
}

/** Longest period of one file. */
export const EXPORT_DAYS = 366;
/** Up to here the counts are by the hour, beyond by the day. */
const BY_HOUR_MS = 3 * DAY_MS;
const ALARMS_AT_ONCE = 200;

const exportShape = z.object({
  made_ms: msField,
  from_ms: msField,
  to_ms: msField.describe("exclusive"),
  metrics: z.object({
    now: figuresShape.describe("when the file was made"),
    bucket_ms: z.number().describe("an hour, beyond three days a day, in UTC"),
    counts: z.array(z.object({ from_ms: msField, type: z.string(), n: z.number() }))
      .describe("events by bucket and type"),
  }),
  alarms: z.array(alarmShape).describe("newest first"),
  events: z.array(wholeEventShape).describe("oldest first"),
}).meta({ id: "EventExport" });

/** `GET /api/events/export`: a period as one JSON file. */
export function exportRoutes(services: ExportServices): Route[] {
  return [
    route({
      method: "get",
      path: "/api/events/export",
      policy: "viewer",
      summary: `Events, counts and alarms of at most ${EXPORT_DAYS} days as one file`,
      tags: ["Events"],
      query: z.strictObject({
        from: timeField("at or after; default 24 hours before `to`"),
        to: timeField("before; default now"),
      }),
      example: { query: { from: "-24h" } },
      responses: { 200: { description: "The file", schema: exportShape } },
      handler: ({ query, nowMs, who }) => {
        const period = periodOf(query.from?.(nowMs), query.to?.(nowMs), nowMs);
        const name = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace(":", "");
        return new Response(streamed(fileOf(services, period, nowMs, who)), {
          headers: {
            "content-type": "application/json",
            "content-disposition": `attachment; filename="perch-events-${name(period.fromMs)}-` +
              `${name(period.toMs)}.json"`,
          },
        });
      },
    }),
  ];
}

/** @throws PerchError `validation` */
function periodOf(fromMs: number | undefined, toMs: number | undefined, nowMs: number): Period {
  const to = toMs ?? nowMs + 1;
  const from = fromMs ?? Math.max(0, to - DAY_MS);
  refuseBackwards(from, to);
  if (to - from <= EXPORT_DAYS * DAY_MS) return { fromMs: from, toMs: to };
  const iso = (ms: number) => new Date(ms).toISOString();
  throw wrongPeriod(
    `${iso(from)} is more than ${EXPORT_DAYS} days before \`to\` (${
      iso(to)
    }): ask for less at once`,
  );
}

/** The file, page by page. */
async function* fileOf(
  { eventsBetween, alarms, figures }: ExportServices,
  period: Period,
  nowMs: number,
  who: RouteContext["who"],
): AsyncGenerator<string> {
  const shown = readsPrivate(who) ? () => true : ({ type }: { type: string }) => !isPrivate(type);
  const { fromMs: from_ms, toMs: to_ms } = period;
  const bucketMs = to_ms - from_ms <= BY_HOUR_MS ? HOUR_MS : DAY_MS;
  const counts = (await eventsBetween.counts(period, bucketMs)).filter(shown)
    .map(({ fromMs, type, n }) => ({ from_ms: fromMs, type, n }));
  const metrics = { now: await figures(), bucket_ms: bucketMs, counts };
  const head = JSON.stringify({ made_ms: nowMs, from_ms, to_ms, metrics });
  yield `${head.slice(0, -1)},\n"alarms":[`;
  yield* listed(alarmPages(alarms, period));
  yield `],\n"events":[`;
  yield* listed(
    eventsBetween.pages(period),
    (page) => page.filter(shown).map((event) => ({ ...listedEventOf(event), body: event.body })),
  );
  yield "]}\n";
}

async function* alarmPages(alarms: Pick<Alarms, "list">, period: Period): AsyncGenerator<Alarm[]> {
  let cursor: string | undefined;
  do {
    const { items, next } = await alarms.list({ ...period, limit: ALARMS_AT_ONCE, cursor });
    yield items;
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}

/** The items of a JSON list, without its brackets. */
async function* listed<T>(
  pages: AsyncGenerator<T[]>,
  shapedOf: (page: T[]) => unknown[] = (page) => page,
): AsyncGenerator<string> {
  let first = true;
  for await (const page of pages) {
    const text = shapedOf(page).map((item) => JSON.stringify(item)).join(",\n");
    if (text === "") continue;
    yield first ? text : `,\n${text}`;
    first = false;
  }
}
