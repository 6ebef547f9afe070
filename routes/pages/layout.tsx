import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { ComponentChildren, VNode } from "preact";
import { render } from "preact-render-to-string";
import { gzipSync } from "node:zlib";
import { ConnectionBanner, ConnectionDot } from "../../islands/connection_state.tsx";
import { type Theme, THEMES, ThemeSwitch } from "../../islands/theme_switch.tsx";
import type { Identity } from "../../lib/access/identity.ts";
import { acceptsGzip, type Assets } from "../static.ts";
import { Icon, type IconName } from "./icons.tsx";
import { Island } from "./island.tsx";

export interface Page {
  title: string;
  /** Address of the navigation entry it belongs to. */
  place: string;
  content: ComponentChildren;
  /** Script beside the one of all pages: `lists`, `sensor`, `docs`. */
  script?: "lists" | "sensor" | "docs" | "backtest";
  /** Parameters of its event stream; none: the page does not live. */
  stream?: Record<string, string>;
  /** `place()` of before its data was read: the stream begins there. */
  since?: string;
  status?: number;
  /** Where no script runs, the page loads anew after so many seconds. */
  refreshS?: number;
}

const PLACES: { href: string; name: string; icon: IconName }[] = [
  { href: "/", name: "Overview", icon: "overview" },
  { href: "/machines", name: "Machines", icon: "machines" },
  { href: "/sensors", name: "Sensors", icon: "sensors" },
  { href: "/sources", name: "Sources", icon: "sources" },
  { href: "/more", name: "More", icon: "more" },
];
const GZIP_LEAST = 1_500;

/** Draws pages in the application's frame. */
export interface PageFrame {
  answer(c: Context, who: Identity | null, page: Page): Response;
}

/** `notice`: a sentence that stands on every page, such as that the plant is simulated. */
export function createPageFrame(assets: Assets, notice: string | null = null): PageFrame {
  return {
    answer(c, who, page) {
      const html = "<!doctype html>" + render(
        <Document
          page={page}
          who={who}
          theme={themeOf(c)}
          here={pathOf(c)}
          assets={assets}
          notice={notice}
        />,
      );
      return htmlResponse(html, page.status ?? 200, c.req.raw.headers);
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

function pathOf(c: Context): string {
  const { pathname, search } = new URL(c.req.url);
  return pathname + search;
}

/** The frame around everything: head, navigation, banner, main. */
export function Document(
  { page, who, theme, here, assets, notice = null }: {
    page: Page;
    who: Identity | null;
    theme: Theme;
    here: string;
    assets: Assets;
    notice?: string | null;
  },
): VNode {
  const scripts = who === null ? [] : ["page", ...(page.script ? [page.script] : [])];
  return (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{page.place === "/" ? "Perch" : `${page.title} · Perch`}</title>
        <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href={assets.url("perch.css") ?? "/static/perch.css"} />
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
        data-stream={page.stream && new URLSearchParams(page.stream).toString()}
        data-since={page.since}
      >
        <a class="skip" href="#main">Skip to content</a>
        <header class="top">
          <a class="brand" href="/">Perch</a>
          {page.stream && <Island name="ConnectionDot" component={ConnectionDot} props={{}} />}
        </header>
        {who && (
          <nav class="nav" aria-label="Main">
            <ul>
              {PLACES.map(({ href, name, icon }) => (
                <li key={href}>
                  <a href={href} aria-current={href === page.place ? "page" : undefined}>
                    <Icon name={icon} />
                    <span>{name}</span>
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
          {notice && <p class="site-notice">{notice}</p>}
          {page.stream && (
            <Island
              name="ConnectionBanner"
              component={ConnectionBanner}
              props={{}}
            />
          )}
          {page.content}
        </main>
        <KeysHelp />
      </body>
    </html>
  );
}

function KeysHelp(): VNode {
  const keys = [
    ["/", "filter sensors"],
    ["g o", "overview"],
    ["g m", "machines"],
    ["g s", "sensors"],
    ["g u", "sources"],
    ["j, k", "next, previous row"],
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
