import type { VNode } from "preact";
import { z } from "zod";
import { EventList } from "../../islands/event_list.tsx";
import type { ExternalEvents } from "../../lib/events/external_events.ts";
import { listedEventOf } from "../../lib/events/listed.ts";
import type { Activity } from "../../lib/live/activity.ts";
import { FormError } from "../frame/form.tsx";
import { Island } from "../frame/island.tsx";
import { hrefWith } from "../frame/links.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { placeOf } from "../../lib/machines/places.ts";
import { Answer, Empty, More } from "../frame/parts.tsx";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { ACTIVITY_MINUTES, ActivityChart } from "./activity.tsx";
import { EventFilters } from "./filters.tsx";
import { apiQueryOf, type Asked, askedOf, exportOf, PageFilter } from "./page_filter.ts";
import { eventQueryOf, type EventServices, readsPrivate } from "./request.ts";
import { Filtered, ListFilter } from "../frame/list_filter.tsx";

/** What stands beside the list. */
export type Beside = (context: RouteContext, from: "/events") => VNode;

export type EventPageParts = PageParts & EventServices & {
  reported: { activity: Pick<Activity, "minutes">; external: Pick<ExternalEvents, "ownTypes"> };
};

/** Six screens of a phone. */
const PAGE = 40;
const Query = PageFilter.extend({
  cursor: z.string().regex(/^\d{1,15}$/).optional().catch(undefined),
});

/** `/events`: what happened, filtered and searched, newest first, and live. */
export function eventPages(parts: EventPageParts, beside: Beside): Route[] {
  return [
    route({
      method: "get",
      path: "/events",
      policy: "viewer",
      summary: null,
      query: Query.loose(),
      handler: async (context) => {
        const { c, who, query, nowMs } = context;
        const { cursor, ...filter } = Query.parse(query);
        const since = parts.place();
        // What is gone is still found, by its path.
        const machine = filter.machine &&
          (placeOf(filter.machine, parts.machines.all()).path ?? filter.machine);
        const asked = askedOf({ ...filter, machine }, nowMs, parts.zone);
        const { items, next } = "problem" in asked
          ? { items: [], next: null }
          : await parts.events.list(
            eventQueryOf(parts, { ...asked, cursor, limit: PAGE }, { who }),
          );
        const problem = "problem" in asked ? asked.problem : undefined;
        const live = problem === undefined && cursor === undefined && filter.to === undefined;
        return parts.frame.answer(c, who, {
          title: "Events",
          place: "/events",
          script: "lists",
          ...(live ? { stream: { types: "event" }, since } : {}),
          status: problem === undefined ? 200 : 400,
          content: (
            <div class="events-page">
              <div>
                <Answer>{answerOf(filter, cursor, items.length)}</Answer>
                <FormError>{problem}</FormError>
                {!isFiltered(filter) && cursor === undefined && (
                  <ActivityChart minutes={parts.reported.activity.minutes(ACTIVITY_MINUTES)} />
                )}
                <ListFilter
                  path="/events"
                  value={filter.q}
                  keep={filter}
                  label="Search events"
                  placeholder="Words of the event, a person, a machine"
                  button="Search"
                />
                <Filtered>
                  <EventFilters
                    filter={filter}
                    readsPrivate={readsPrivate(who)}
                    ownTypes={await parts.reported.external.ownTypes()}
                  />
                  {items.length === 0 && problem === undefined && <Nothing filter={filter} />}
                  <Island
                    name="EventList"
                    component={EventList}
                    props={{
                      events: items.map(listedEventOf),
                      query: "problem" in asked ? "" : apiQueryOf(asked, PAGE),
                      live,
                      nowMs,
                      zone: parts.zone,
                    }}
                  />
                  {next !== null && (
                    <More href={hrefWith("/events", { ...filter, cursor: next })}>
                      Older events
                    </More>
                  )}
                  {items.length > 0 && !("problem" in asked) && (
                    <More href={exportOf(asked)} download>
                      {downloadOf(asked)}
                    </More>
                  )}
                </Filtered>
              </div>
              <aside aria-label="Questions about the plant">
                {beside(context, "/events")}
              </aside>
            </div>
          ),
        });
      },
    }),
  ];
}

/** What the file holds: all of a period, whatever else is filtered. */
function downloadOf({ fromMs, toMs, ...others }: Asked): string {
  const period = fromMs !== undefined
    ? "this period"
    : toMs === undefined
    ? "the last 24 hours"
    : "the 24 hours before";
  const isNarrower = Object.values(others).some((value) => value !== undefined);
  return `Download all of ${period} as JSON, with alarms and counts` +
    (isNarrower ? ": also what the filter leaves out" : "");
}

const isFiltered = (filter: PageFilter) => Object.values(filter).some((value) => value);

function answerOf(filter: PageFilter, cursor: string | undefined, count: number): string {
  if (cursor !== undefined) return "What happened earlier";
  if (count === 0) return isFiltered(filter) ? "No event fits" : "Nothing has happened yet";
  return isFiltered(filter) ? "What happened that fits" : "What happened";
}

function Nothing({ filter }: { filter: PageFilter }): VNode {
  if (isFiltered(filter)) {
    return (
      <Empty>
        Words are found by their beginnings; all of them must be in an event.{" "}
        <a href="/events">Show all events</a>
      </Empty>
    );
  }
  return (
    <Empty>
      Alarms, tickets, changes of machines and what other programs report stand here as soon as they
      happen. Programs report with one call: see <a href="/guides/programs">the guide</a>.
    </Empty>
  );
}
