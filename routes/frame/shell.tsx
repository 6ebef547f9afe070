import type { VNode } from "preact";
import { render } from "preact-render-to-string";
import { pageBelow } from "../http/below.ts";
import type { Assets } from "../http/static.ts";

/** Answers with a page outside the application's frame: sign-in, setup, invitation. No script needed. */
export type Shell = (title: string, content: VNode, status?: number) => Response;

export function createShell(assets: Assets, base = ""): Shell {
  return (title, content, status = 200) => {
    const html = "<!doctype html>" + render(
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>{`${title} · Perch`}</title>
          <Looks assets={assets} />
        </head>
        <body class="door">
          <main>
            <p class="brand">Perch</p>
            <h1>{title}</h1>
            {content}
          </main>
        </body>
      </html>,
    );
    return new Response(pageBelow(html, base), {
      status,
      headers: { "content-type": "text/html; charset=utf-8" },
    });
  };
}

/** How a page looks, and what this device shows when Perch is installed. */
export function Looks({ assets }: { assets: Assets }): VNode {
  const touch = "pwa/apple-180.png";
  return (
    <>
      <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
      <link rel="apple-touch-icon" href={assets.url(touch) ?? `/static/${touch}`} />
      <link rel="manifest" href="/manifest.webmanifest" />
      <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f7f7f5" />
      <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#121417" />
      <StyleSheet assets={assets} />
    </>
  );
}

/** The one style sheet, at an address that changes with its content: browsers keep it for ever. */
export function StyleSheet({ assets }: { assets: Assets }): VNode {
  const path = "built/perch.css";
  return <link rel="stylesheet" href={assets.url(path) ?? `/static/${path}`} />;
}
