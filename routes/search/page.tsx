import type { VNode } from "preact";
import { z } from "zod";
import type { Identity } from "../../lib/access/identity.ts";
import { type Hit, HIT_KINDS, type HitKind } from "../../lib/search/hit.ts";
import type { Search } from "../../lib/search/search.ts";
import { hrefWith } from "../frame/links.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Empty, More, UnderMore } from "../frame/parts.tsx";
import { PLACE_GROUPS, placesFor } from "../frame/places.ts";
import { type Route, route } from "../http/route.ts";
import { Filtered, ListFilter } from "../frame/list_filter.tsx";

const EACH = 10;

/** Headings, and the list that has all of a kind. */
const KINDS: Readonly<Record<HitKind, { name: string; all?: (q: string) => string }>> = {
  machine: { name: "Machines", all: (q) => hrefWith("/machines", { q }) },
  sensor: { name: "Sensors", all: (q) => hrefWith("/sensors", { q }) },
  alarm: { name: "Alarms", all: (q) => hrefWith("/alarms", { q }) },
  ticket: {
    name: "Tickets",
    all: (q) => hrefWith("/tickets", { state: "open,in_progress,resolved,closed", search: q }),
  },
  area: { name: "Areas" },
  tag: { name: "Tags" },
  camera: { name: "Cameras" },
  dashboard: { name: "Dashboards" },
  page: { name: "Pages" },
  setting: { name: "Settings" },
  person: { name: "People" },
  rule: { name: "Notification rules" },
  channel: { name: "Channels" },
  guide: { name: "Guides" },
  operation: { name: "API" },
};

/** `/search`: what was found, by kind; without a question every page there is. */
export function searchPage(
  parts: PageParts & { routes: () => readonly Route[] },
  search: Search,
): Route {
  return route({
    method: "get",
    path: "/search",
    policy: "viewer",
    summary: null,
    query: z.object({ q: z.string().max(200).optional().catch(undefined) }).loose(),
    handler: async ({ c, who, query }) => {
      const q = query.q?.trim() ?? "";
      const found = q === ""
        ? []
        : await search.find(q, who, { each: EACH + 1, most: 1_000, texts: true });
      return parts.frame.answer(c, who, {
        title: q === "" ? "Search" : `Search: ${q}`,
        place: "/search",
        content: (
          <>
            <UnderMore />
            <Answer>{answerOf(q, found)}</Answer>
            <ListFilter
              path="/search"
              value={q}
              label="Search everything"
              placeholder="Machine, sensor, alarm, ticket, setting, page"
              button="Search"
            />
            <Filtered>
              {q === ""
                ? <EveryPage routes={parts.routes()} who={who} />
                : <Results q={q} found={found} />}
            </Filtered>
          </>
        ),
      });
    },
  });
}

function answerOf(q: string, found: readonly Hit[]): string {
  if (q === "") return "Search everything";
  if (found.length === 0) return `Nothing has “${q}” in its name`;
  const many = HIT_KINDS.some((kind) => ofKind(found, kind).length > EACH);
  const count = many ? "Many things" : found.length === 1 ? "1 thing" : `${found.length} things`;
  return `${count} found for “${q}”`;
}

const ofKind = (found: readonly Hit[], kind: HitKind) => found.filter((hit) => hit.kind === kind);

function Results({ q, found }: { q: string; found: readonly Hit[] }): VNode {
  // Whatever fits best comes first.
  const kinds = [...new Set(found.map(({ kind }) => kind))];
  return (
    <>
      {found.length === 0 && (
        <Empty>
          Fewer words find more. All of them must be in the name; one wrong letter does not matter.
        </Empty>
      )}
      {kinds.map((kind) => {
        const hits = ofKind(found, kind);
        const { name, all } = KINDS[kind];
        return (
          <section class="card hits" key={kind} aria-labelledby={`found-${kind}`}>
            <h2 id={`found-${kind}`}>{name}</h2>
            {hits.slice(0, EACH).map(({ url, title, detail }) => (
              <a class="row hit" key={url} href={url}>
                <span class="row-name">{title}</span>
                {detail !== null && <span class="row-sub">{detail}</span>}
              </a>
            ))}
            {hits.length > EACH && all !== undefined && (
              <More href={all(q)}>{`All ${name.toLowerCase()} with “${q}”`}</More>
            )}
          </section>
        );
      })}
      <More href={hrefWith("/events", { q })}>{`Events with “${q}”`}</More>
    </>
  );
}

function EveryPage({ routes, who }: { routes: readonly Route[]; who: Identity | null }): VNode {
  return (
    <>
      {PLACE_GROUPS.map((group) => {
        const places = placesFor(routes, group, who);
        return places.length > 0 && (
          <section class="card" key={group} aria-labelledby={`pages-${group}`}>
            <h2 id={`pages-${group}`}>{group}</h2>
            <ul class="more places">
              {places.map(({ href, name }) => (
                <li key={href}>
                  <a href={href}>{name}</a>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </>
  );
}
