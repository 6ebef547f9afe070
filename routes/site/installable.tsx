/** @module What browsers ask for to install Perch, and the page that they show while it cannot be reached. */
import { createHash } from "node:crypto";
import { PerchError } from "../../lib/base/errors.ts";
import { StyleSheet } from "../frame/shell.tsx";
import { htmlResponse } from "../frame/layout.tsx";
import { pageBelow } from "../http/below.ts";
import { type Route, route } from "../http/route.ts";
import type { Assets } from "../http/static.ts";
import { render } from "preact-render-to-string";

const WORKER = "pwa/service_worker.js";
/** What the offline page needs; names without the first `/`, as the worker takes them. */
const OFFLINE_FILES = ["built/perch.css", "pwa/offline.js"];

/** `/manifest.webmanifest`, `/service-worker.js` and `/offline`: the same for everybody, so they are public. */
export function installableRoutes(
  { assets, version }: { assets: Assets; version: string },
): Route[] {
  return [
    route({
      method: "get",
      path: "/manifest.webmanifest",
      policy: "public",
      summary: null,
      handler: () =>
        new Response(JSON.stringify(manifest(assets)), {
          headers: { "content-type": "application/manifest+json", "cache-control": "no-cache" },
        }),
    }),
    route({
      method: "get",
      path: "/service-worker.js",
      policy: "public",
      summary: null,
      handler: ({ c, base }) => {
        const script = worker(assets, version, base);
        const etag = `"${hash(script)}"`;
        const headers = {
          "content-type": "text/javascript; charset=utf-8",
          "cache-control": "no-cache",
          etag,
        };
        return c.req.raw.headers.get("if-none-match") === etag
          ? new Response(null, { status: 304, headers })
          : new Response(script, { headers });
      },
    }),
    route({
      method: "get",
      path: "/offline",
      policy: "public",
      summary: null,
      handler: ({ c, base }) =>
        htmlResponse(pageBelow(offlinePage(assets), base), 200, c.req.raw.headers),
    }),
  ];
}

/** Addresses are relative to the manifest's own, so that they hold below any path. */
function manifest(assets: Assets) {
  const icon = (name: string, size: number, purpose: string) => ({
    src: relative(assets.url(`pwa/${name}.png`) ?? ""),
    sizes: `${size}x${size}`,
    type: "image/png",
    purpose,
  });
  const shortcut = (name: string, url: string) => ({ name, url });
  return {
    id: "./",
    name: "Perch",
    short_name: "Perch",
    description: "Watches machines and says which of them needs attention.",
    start_url: "./",
    scope: "./",
    display: "standalone",
    background_color: "#f7f7f5",
    theme_color: "#1c1f23",
    icons: [
      icon("icon-192", 192, "any"),
      icon("icon-512", 512, "any"),
      icon("maskable-512", 512, "maskable"),
    ],
    shortcuts: [shortcut("Alarms", "./alarms"), shortcut("Tickets", "./tickets")],
  };
}

/** The worker with what it has to know. It changes when Perch does: browsers then take the new one. */
function worker(assets: Assets, version: string, base: string): string {
  const asset = assets.get(WORKER);
  if (asset === undefined) throw new PerchError("not_found", "there is no such file");
  const offline = hash(pageBelow(offlinePage(assets), base));
  const known = {
    version: `${version}-${asset.hash}-${offline}`,
    offline: "offline",
    files: OFFLINE_FILES.map((path) => relative(assets.url(path) ?? `/static/${path}`)),
  };
  return `globalThis.PERCH = ${JSON.stringify(known)};\n` + new TextDecoder().decode(asset.bytes);
}

const relative = (address: string) => address.replace(/^\//, "");
const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);

function offlinePage(assets: Assets): string {
  return "<!doctype html>" + render(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Perch cannot be reached</title>
        <StyleSheet assets={assets} />
        <script type="module" src={assets.url("pwa/offline.js") ?? ""} />
      </head>
      <body class="door">
        <main>
          <p class="brand">Perch</p>
          <h1>Perch cannot be reached</h1>
          <p>
            This device has no connection to it, or Perch is being restarted. What was stored is
            safe.
          </p>
          <p>This page tries again every 5 s and goes on by itself.</p>
          <p>
            <a href="">Try now</a>
          </p>
        </main>
      </body>
    </html>,
  );
}
