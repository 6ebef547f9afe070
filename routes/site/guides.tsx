import type { VNode } from "preact";
import { PerchError } from "../../lib/base/errors.ts";
import { GuideText } from "../frame/markdown.tsx";
import type { PageFrame } from "../frame/layout.tsx";
import { type Route, route } from "../http/route.ts";
import type { Assets } from "../http/static.ts";
import { Filtered, ListFilter } from "../frame/list_filter.tsx";
import { Answer, Crumbs, Empty, UnderMore } from "../frame/parts.tsx";
import { matching } from "../../lib/words/matching.ts";
import { z } from "zod";

/** Files of `static/guides`, in the order in which they are listed. */
export const GUIDES = [
  "raspberry-pi",
  "coming-from",
  "search",
  "history",
  "devices",
  "sparkplug",
  "grafana",
  "sql",
  "reports",
  "dashboards",
  "cameras",
  "probes",
  "analyses",
  "scripts",
  "email",
  "https",
  "proxy",
  "beyond-one-host",
  "programs",
  "logs",
  "troubleshooting",
] as const;

export interface Guide {
  title: string;
  /** Its first paragraph: what it is good for. */
  lead: string;
  text: string;
}

export interface GuideServices {
  frame: PageFrame;
  assets: Pick<Assets, "get">;
}

/** `/guides` and `/guides/NAME`: what to do, to read without a connection and without signing in. */
export function guidePages({ frame, assets }: GuideServices): Route[] {
  return [
    route({
      method: "get",
      path: "/guides",
      policy: "public",
      summary: null,
      query: z.object({ q: z.string().max(200).optional().catch(undefined) }).loose(),
      handler: ({ c, who, query: { q = "" } }) => {
        const all = GUIDES.map((name) => ({ name, ...readGuide(assets, name) }));
        return frame.answer(c, who, {
          title: "Guides",
          place: "/more",
          content: (
            <Index
              guides={matching(all, q, ({ title, lead, text }) => [title, lead, text])}
              of={all.length}
              q={q}
            />
          ),
        });
      },
    }),
    route({
      method: "get",
      path: "/guides/:name",
      policy: "public",
      summary: null,
      handler: ({ c, who, params }) => {
        const name = GUIDES.find((one) => one === params.name);
        if (name === undefined) {
          throw new PerchError("not_found", "there is no such guide; /guides lists them");
        }
        const guide = readGuide(assets, name);
        return frame.answer(c, who, {
          title: guide.title,
          place: "/more",
          content: <One guide={guide} />,
        });
      },
    }),
  ];
}

/** A guide begins with its title and a paragraph that says what it is good for. */
export function readGuide(assets: Pick<Assets, "get">, name: string): Guide {
  const file = assets.get(`guides/${name}.md`);
  if (file === undefined) throw new Error(`static/guides/${name}.md is missing`);
  const [, title, lead, text] = /^# (.+)\n\n([^]+?)\n\n([^]*)$/.exec(
    new TextDecoder().decode(file.bytes),
  )!;
  return { title, lead, text };
}

function Index(
  { guides, of, q }: { guides: readonly (Guide & { name: string })[]; of: number; q: string },
): VNode {
  return (
    <>
      <UnderMore />
      <Answer>{guides.length === of ? `${of} guides` : `${guides.length} of ${of} guides`}</Answer>
      <ListFilter path="/guides" value={q} label="Search the guides" button="Search" />
      <Filtered>
        {guides.length === 0 && (
          <Empty>
            No guide has these words. <a href="/guides">Show all</a>
          </Empty>
        )}
        {guides.map(({ name, title, lead }) => (
          <section class="card" key={name} aria-labelledby={name}>
            <h2 id={name}>
              <a href={`/guides/${name}`}>{title}</a>
            </h2>
            <GuideText text={lead} />
          </section>
        ))}
      </Filtered>
    </>
  );
}

function One({ guide: { title, lead, text } }: { guide: Guide }): VNode {
  return (
    <>
      <Crumbs>
        <a href="/guides">Guides</a>
      </Crumbs>
      <Answer>{title}</Answer>
      <article class="card">
        <GuideText text={`${lead}\n\n${text}`} />
      </article>
    </>
  );
}
