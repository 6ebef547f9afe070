import type { VNode } from "preact";
import { z } from "zod";
import { type Audit, settingChange } from "../../lib/access/audit.ts";
import { atLeast } from "../../lib/access/policy.ts";
import type { StoreStats } from "../../lib/readings/store.ts";
import type { Settings } from "../../lib/settings/settings.ts";
import type { SettingView } from "../../lib/settings/setting.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { hrefWith } from "../frame/links.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Crumbs, Empty, More, Said, UnderMore } from "../frame/parts.tsx";
import { caller } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import {
  HISTORY_SERVER,
  HistoryPanel,
  historyServerAction,
  type HistoryServerServices,
  waitingOf,
} from "./history_server.tsx";
import { changesOf, SectionForm } from "./settings_section.tsx";
import { TierTable } from "./tiers.tsx";
import { Filtered, ListFilter } from "../frame/list_filter.tsx";
import { matching } from "../../lib/words/matching.ts";

/** The category whose own page has more to do. */
const BACKUPS = "Backups";
const HISTORY = "Keeping readings";
/** A section's form, with its longest texts. */
const FORM_BYTES = 128 * 1024;

/** What the settings page takes. */
export interface SettingsParts extends PageParts, HistoryServerServices {
  settings: Settings;
  audit: Audit;
  stored: () => Promise<Pick<StoreStats, "tiers">>;
}

const Query = z.object({
  section: z.string().max(80).optional(),
  q: z.string().max(200).optional(),
  /** How many were just saved. */
  saved: z.string().regex(/^\d{1,4}$/).optional().catch(undefined),
  /** What the history server just answered. */
  tested: z.string().max(300).optional().catch(undefined),
}).loose();
type Query = z.output<typeof Query>;

/** A category of the registry, and its name in the address. */
interface Section {
  name: string;
  slug: string;
  views: SettingView[];
}

/** `/settings`: the sections, and one of them with a form; both drawn from the registry. */
export function settingsPages(parts: SettingsParts): Route[] {
  const { settings, audit } = parts;
  const sectionsFor = (context: RouteContext) =>
    sectionsOf(settings.list((least) => atLeast(context.who!.role, least)));

  async function draw(context: RouteContext, query: Query, sent: SentForm): Promise<Response> {
    const sections = sectionsFor(context);
    const section = sections.find(({ slug }) => slug === query.section);
    // The page is there to mend things, also when the storage does not answer.
    const stored = section?.name === HISTORY ? await parts.stored().catch(() => null) : null;
    const isServer = section?.name === HISTORY_SERVER;
    const waiting = isServer ? await waitingOf(parts.history) : null;
    return await parts.frame.answer(context.c, context.who, {
      title: section === undefined ? "Settings" : `${section.name} settings`,
      place: "/more",
      status: sent.status,
      content: section === undefined
        ? <Index sections={sections} q={query.q ?? ""} />
        : (
          <div class="with-index">
            <SectionNav sections={sections} here={section.slug} />
            <div>
              <Crumbs>
                <a href="/settings">Settings</a>
              </Crumbs>
              <Answer>{section.name}</Answer>
              {query.saved !== undefined && <Said>{savedText(Number(query.saved))}</Said>}
              <section class="card" aria-label={section.name}>
                {stored !== null && (
                  <TierTable stored={stored} settings={settings} zone={parts.zone} />
                )}
                {waiting !== null && (
                  <HistoryPanel
                    state={parts.history.state()}
                    waiting={waiting}
                    tested={query.tested}
                    zone={parts.zone}
                  />
                )}
                <SectionForm
                  slug={section.slug}
                  views={section.views}
                  role={context.who!.role}
                  sent={sent}
                  zone={parts.zone}
                />
                {section.name === BACKUPS && context.who!.role === "admin" && (
                  <More href="/settings/backups">Backups and restore</More>
                )}
                {section.name === HISTORY && context.who!.role === "admin" && (
                  <More href="/import">Import history from elsewhere</More>
                )}
              </section>
            </div>
          </div>
        ),
    });
  }

  return [
    route({
      method: "get",
      path: "/settings",
      policy: "viewer",
      summary: null,
      query: Query,
      handler: (context) => draw(context, context.query, NOTHING_SENT),
    }),
    formAction(
      "/settings/save",
      z.object({ section: z.string().max(80) }).catchall(z.string().max(10_000)),
      async ({ section: slug, ...texts }, context) => {
        const views = sectionsFor(context).find((one) => one.slug === slug)?.views ?? [];
        const given = changesOf(views, context.who!.role, texts);
        const actor = caller(context);
        await settings.setAll(
          given,
          actor.name,
          (key, before, after) => settingChange(audit, actor, key)(before, after),
        );
        return hrefWith("/settings", { section: slug, saved: String(given.length) });
      },
      (context, sent) => draw(context, { section: sent.values.section }, sent),
      "admin",
      FORM_BYTES,
    ),
    historyServerAction(
      parts,
      (context, sent) => draw(context, { section: "history-server" }, sent),
    ),
  ];
}

/** Sections in the order of the registry. */
function sectionsOf(views: readonly SettingView[]): Section[] {
  return [...Map.groupBy(views, ({ category }) => category)].map(([name, views]) => ({
    name,
    slug: slugOf(name),
    views,
  }));
}

const slugOf = (category: string) => category.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

/** Where a setting is changed. */
export function settingHref(category: string, key: string): string {
  return `${hrefWith("/settings", { section: slugOf(category) })}#${key.replace(/\W/g, "-")}`;
}

function savedText(n: number): string {
  return n === 0
    ? "Nothing was changed."
    : n === 1
    ? "Saved: 1 setting was changed."
    : `Saved: ${n} settings were changed.`;
}

function countText(n: number): string {
  return n === 1 ? "1 setting was changed" : `${n} settings were changed`;
}

const sectionHref = ({ slug }: Section) => hrefWith("/settings", { section: slug });

function Index({ sections, q }: { sections: readonly Section[]; q: string }): VNode {
  const changed = sections.flatMap(({ views }) => views).filter((view) => view.changed).length;
  return (
    <>
      <UnderMore />
      <Answer>
        {changed === 0 ? "All settings have their defaults" : countText(changed)}
      </Answer>
      <ListFilter path="/settings" value={q} label="Find a setting" />
      <Filtered>
        {q.trim() === "" ? <Sections sections={sections} /> : <Found sections={sections} q={q} />}
      </Filtered>
    </>
  );
}

function Sections({ sections }: { sections: readonly Section[] }): VNode {
  return (
    <section class="card index" aria-label="Sections">
      {sections.map((section) => {
        const changed = section.views.filter((view) => view.changed).length;
        return (
          <a key={section.slug} class="row" href={sectionHref(section)}>
            <span class="row-name">{section.name}</span>
            <span class="muted">{changed > 0 && `${changed} changed`}</span>
            <span class="row-sub">{section.views.map(({ title }) => title).join(", ")}</span>
          </a>
        );
      })}
    </section>
  );
}

/** Settings with all the words in their title, help or key. */
function Found({ sections, q }: { sections: readonly Section[]; q: string }): VNode {
  const all = sections.flatMap((section) => section.views.map((view) => ({ section, view })));
  const found = matching(all, q, ({ view: { title, help, key, category } }) => [
    ...[title, help, key, category],
  ]);
  if (found.length === 0) {
    return (
      <Empty>
        No setting matches. <a href="/settings">Show all sections</a>
      </Empty>
    );
  }
  return (
    <section class="card index" aria-label="Settings that match">
      {found.map(({ section, view }) => (
        <a
          key={view.key}
          class="row"
          href={`${sectionHref(section)}#${view.key.replace(/\W/g, "-")}`}
        >
          <span class="row-name">{view.title}</span>
          <span class="muted">{section.name}</span>
          <span class="row-sub">{view.help}</span>
        </a>
      ))}
    </section>
  );
}

/** Where there is room: the other sections beside the one that is shown. */
function SectionNav({ sections, here }: { sections: readonly Section[]; here: string }): VNode {
  return (
    <nav class="index-nav" aria-label="Sections">
      <ul>
        {sections.map((section) => (
          <li key={section.slug}>
            <a
              href={sectionHref(section)}
              aria-current={section.slug === here ? "page" : undefined}
            >
              {section.name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
