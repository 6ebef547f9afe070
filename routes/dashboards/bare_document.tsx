import type { Context } from "hono";
import type { ComponentChildren } from "preact";
import { render } from "preact-render-to-string";
import { THEMES } from "../../islands/theme_switch.tsx";
import { htmlResponse, themeOf } from "../frame/layout.tsx";
import { StyleSheet } from "../frame/shell.tsx";
import { pageBelow } from "../http/below.ts";
import type { Assets } from "../http/static.ts";

/** A page without navigation, for those who did not sign in: a screen, or the public status page. */
export function bareDocument(
  c: Context,
  { assets, base }: { assets: Assets; base: string },
  { title, look, status = 200, refreshS, children }: {
    title: string;
    look: "kiosk" | "public";
    status?: number;
    /** Where no script runs, the page loads anew after so many seconds. */
    refreshS?: number;
    children: ComponentChildren;
  },
): Response {
  const asked = c.req.query("theme");
  const theme = THEMES.find((one) => one === asked) ?? themeOf(c);
  const script = assets.url("built/board.js");
  const html = "<!doctype html>" + render(
    <html lang="en" data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{title}</title>
        <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
        <StyleSheet assets={assets} />
        {refreshS && (
          <noscript>
            <meta http-equiv="refresh" content={String(refreshS)} />
          </noscript>
        )}
        {script && <script type="module" src={script} />}
      </head>
      <body class={look} data-base={base || undefined}>
        <main id="main">{children}</main>
      </body>
    </html>,
  );
  return htmlResponse(pageBelow(html, base), status, c.req.raw.headers);
}
