import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { ComponentChildren, VNode } from "preact";
import { render } from "preact-render-to-string";
import { gzipSync } from "node:zlib";
import { AlarmBadge } from "../../islands/alarm_badge.tsx";
import { ConnectionBanner, ConnectionDot } from "../../islands/connection_state.tsx";
import { PausedBanner } from "../../islands/paused_banner.tsx";
import { type Theme, THEMES, ThemeSwitch } from "../../islands/theme_switch.tsx";
import type { Identity } from "../../lib/access/identity.ts";
import { type OpenAlarms, openAlarms } from "../../lib/words/alarms.ts";
import type { PausedPart } from "../../lib/words/fault.ts";
import { withBase } from "../../lib/words/base_path.ts";
import { pageBelow } from "../http/below.ts";
import { pathOf } from "../http/request.ts";
import { takeSaid } from "../http/said.ts";
import type { ViewerZone } from "../http/viewer_zone.ts";
import { ZoneNote } from "./zone_note.tsx";
import { acceptsGzip, type Assets } from "../http/static.ts";
import { SeenNumber } from "./form.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { Island } from "./island.tsx";
import { type Choices, PageChoices } from "./picker.tsx";
import { Said } from "./parts.tsx";
import { Looks } from "./shell.tsx";

export interface Page {
  title: string;
  /** Address of the navigation entry it belongs to. */
  place: string;
  content: ComponentChildren;
  /** Script beside the one of all pages, by its name in `islands/entry`. */
  script?:
    | "overview"
    | "lists"
    | "alarms"
    | "sensor"
    | "docs"
    | "backtest"
    | "cameras"
    | "compare"
    | "board"
    | "notices";
  /** Parameters of its event stream; none: the page does not live. */
  stream?: Record<string, string>;
  /** `place()` of before its data was read: the stream begins there. Default: where the frame is drawn. */
  since?: string;
  status?: number;
  /** Where no script runs, the page loads anew after so many seconds. */
  refreshS?: number;
}

/** `wide`: only where there is room; small screens find it under More. */
const PLACES: { href: string; name: string; icon: IconName; wide?: boolean }[] = [
  { href: "/", name: "Overview", icon: "overview" },
  { href: "/alarms", name: "Alarms", icon: "alarms" },
  { href: "/tickets", name: "Tickets", icon: "tickets", wide: true },
  { href: "/events", name: "Events", icon: "events", wide: true },
  { href: "/machines", name: "Machines", icon: "machines" },
  { href: "/sensors", name: "Sensors", icon: "sensors", wide: true },
  { href: "/dashboards", name: "Dashboards", icon: "dashboards", wide: true },
  { href: "/cameras", name: "Cameras", icon: "cameras", wide: true },
  { href: "/sources", name: "Sources", icon: "sources", wide: true },
  { href: "/more", name: "More", icon: "more" },
];
const GZIP_LEAST = 1_500;

/** Draws pages in the application's frame. */
export interface PageFrame {
  answer(c: Context, who: Identity | null, page: Page): Response;
}

export interface FrameOptions {
  /** A sentence that stands on every page, such as that the plant is simulated. */
  notice?: string | null;
  /** What stops Perch from doing its work, asked for each page; null: nothing. */
  trouble?: () => string | null;
  /** What is paused. */
  paused?: () => readonly PausedPart[];
  /** Open alarms. */
  alarms?: () => OpenAlarms;
  /** Id of the newest event of the live stream. */
  place?: () => string;
  /** The path below which Perch stands; `""` at the root. */
  base?: string;
  /** What a `Picker` lists. */
  choices?: Choices;
  /** Says in which time zone the times of a page are. */
  zone?: Pick<ViewerZone, "site" | "zone">;
}

export function createPageFrame(
  assets: Assets,
  {
    notice = null,
    trouble = () => null,
    paused = () => [],
    alarms = () => openAlarms([], 0),
    place,
    base = "",
    choices = () => [],
    zone,
  }: FrameOptions = {},
): PageFrame {
  return {
    answer(c, who, page) {
      const said = who === null ? null : takeSaid(c, base);
      const html = "<!doctype html>" + render(
        <SeenNumber.Provider value={c.get("seen")?.number}>
          <PageChoices.Provider value={{ choices, listed: new Set() }}>
            <Document
              page={{ ...page, since: page.since ?? place?.() }}
              who={who}
              theme={themeOf(c)}
              here={pathOf(c)}
              assets={assets}
              notice={notice}
              trouble={trouble()}
              paused={paused()}
              alarms={alarms()}
              base={base}
              said={said?.text}
              zone={zone && { shown: zone.zone(), site: zone.site() }}
            />
          </PageChoices.Provider>
        </SeenNumber.Provider>,
      );
      const answer = htmlResponse(pageBelow(html, base), page.status ?? 200, c.req.raw.headers);
      if (said !== null) answer.headers.append("set-cookie", said.cookie);
      return answer;
    },
  };
}

/** HTML, compressed where the client takes it. */
export function htmlResponse(html: string, status: number, headers: Headers): Response {
  const type = { "content-type": "text/html; charset=utf-8", vary: "accept-encoding" };
  if (html.length < GZIP_LEAST || !acceptsGzip(headers)) {
    return new Response(html, { status, headers: type });
  }
  const body = new Uint8Array(gzipSync(html, { level: 4 }));
  return new Response(body, { status, headers: { ...type, "content-encoding": "gzip" } });
}

/** Colours that this browser chose. */
export function themeOf(c: Context): Theme {
  const cookie = getCookie(c, "theme");
  return THEMES.find((theme) => theme === cookie) ?? "auto";
}

/** The frame around everything: head, navigation, banner, main. */
export function Document(
  {
    page,
    who,
    theme,
    here,
    assets,
    notice = null,
    trouble = null,
    paused = [],
    alarms = openAlarms([], 0),
    base = "",
    said,
    zone,
  }: {
    page: Page;
    who: Identity | null;
    theme: Theme;
    here: string;
    assets: Assets;
    notice?: string | null;
    trouble?: string | null;
    paused?: readonly PausedPart[];
    alarms?: OpenAlarms;
    base?: string;
    /** What was just done. */
    said?: string;
    zone?: { shown: string; site: string };
  },
): VNode {
  const stream = who === null ? undefined : { ...streamOf(page), ...personOf(who) };
  const title = page.place === "/" ? "Perch" : `${page.title} · Perch`;
  const scripts = who === null ? [] : ["page", ...(page.script ? [page.script] : [])];
  return (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{who !== null && alarms.waiting > 0 ? `(${alarms.waiting}) ${title}` : title}</title>
        <Looks assets={assets} />
        {page.refreshS && (
          <noscript>
            <meta http-equiv="refresh" content={String(page.refreshS)} />
          </noscript>
        )}
        {scripts.map((name) => {
          const url = assets.url(`built/${name}.js`);
          return url && <script key={name} type="module" src={url} />;
        })}
      </head>
      <body
        data-stream={stream && new URLSearchParams(stream).toString()}
        data-since={stream && page.since}
        data-worker={stream && workerOf(assets, base)}
        data-base={base || undefined}
      >
        <a class="skip" href="#main">Skip to content</a>
        <header class="top">
          <a class="brand" href="/">Perch</a>
          {who && <Find />}
          {page.stream && <Island name="ConnectionDot" component={ConnectionDot} props={{}} />}
        </header>
        {who && (
          <nav class="nav" aria-label="Main">
            <Find />
            <ul>
              {PLACES.map(({ href, name, icon, wide }) => (
                <li key={href} class={wide ? "wide-only" : undefined}>
                  <a href={href} aria-current={href === page.place ? "page" : undefined}>
                    <Icon name={icon} />
                    <span>{name}</span>
                    {href === "/alarms" && (
                      <Island name="AlarmBadge" component={AlarmBadge} props={{ alarms }} />
                    )}
                  </a>
                </li>
              ))}
            </ul>
            <div class="nav-foot">
              <Island name="ThemeSwitch" component={ThemeSwitch} props={{ theme, next: here }} />
              <p class="who">{who.name}</p>
            </div>
          </nav>
        )}
        <main id="main" tabIndex={-1}>
          {trouble && who && <p class="site-trouble" role="alert">{trouble}</p>}
          {who && <Island name="PausedBanner" component={PausedBanner} props={{ paused }} />}
          {notice && <p class="site-notice">{notice}</p>}
          {page.stream && (
            <Island
              name="ConnectionBanner"
              component={ConnectionBanner}
              props={{}}
            />
          )}
          {said && <Said>{said}</Said>}
          {page.content}
          {who && zone && <ZoneNote {...zone} />}
        </main>
        <KeysHelp />
      </body>
    </html>
  );
}

/** The script that holds one stream for all pages of a browser. */
function workerOf(assets: Assets, base: string): string | undefined {
  const url = assets.url("built/stream_worker.js");
  return url === null ? undefined : withBase(url, base);
}

/** Every page hears of alarms, as its title says how many wait, and of faults, as it says what is paused. */
function streamOf({ stream }: Page): Record<string, string> {
  if (stream === undefined) return { types: "alarm,fault" };
  if (stream.types === undefined) return stream;
  const types = new Set([...stream.types.split(","), "alarm", "fault"]);
  return { ...stream, types: [...types].join(",") };
}

/** A tab that is still open when somebody else signs in here hears nothing of theirs. */
function personOf({ kind, id }: Identity): Record<string, string> {
  return kind === "user" ? { person: id } : {};
}

/** Leads to the search; where the script runs, it opens the palette (`islands/keyboard.ts`). */
function Find(): VNode {
  return (
    <a class="find" href="/search" data-palette>
      <Icon name="search" />
      <span class="find-name">Search</span>
      <span class="hidden">everything</span>
      <kbd>Ctrl K</kbd>
    </a>
  );
}

function KeysHelp(): VNode {
  const keys = [
    ["Ctrl K, /", "search everything"],
    ["f", "filter this list"],
    ["g o", "overview"],
    ["g a", "alarms"],
    ["g t", "tickets"],
    ["g e", "events"],
    ["g m", "machines"],
    ["g s", "sensors"],
    ["g d", "dashboards"],
    ["g c", "cameras"],
    ["g u", "sources"],
    ["j, k", "next, previous row"],
    ["x", "select an alarm"],
    ["a", "acknowledge an alarm, or the selected ones"],
    ["← →", "step through a chart"],
    ["?", "this help"],
  ];
  return (
    <dialog id="keys" aria-labelledby="keys-title">
      <form method="dialog">
        <h2 id="keys-title">Keys</h2>
        <dl class="keys">
          {keys.map(([key, what]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
