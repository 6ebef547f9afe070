import type { VNode } from "preact";
import { render } from "preact-render-to-string";

/** A page outside the application's frame: sign-in, setup, invitation. No script needed. */
export function shellPage(title: string, content: VNode, status = 200): Response {
  const html = "<!doctype html>" + render(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · Perch`}</title>
        <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/static/perch.css" />
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
  return new Response(html, {
    status,
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}
