import { z } from "zod";
import { THEMES, ThemeSwitch } from "../../islands/theme_switch.tsx";
import type { VNode } from "preact";
import { localPath, readForm } from "../http/form.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { choiceCookie } from "../http/session_cookie.ts";
import { seeOther } from "../http/see_other.ts";
import { Island } from "../frame/island.tsx";
import { themeOf } from "../frame/layout.tsx";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Post } from "../frame/parts.tsx";
import { type Place, placesFor } from "../frame/places.ts";
import { ZoneCard, zoneRoutes } from "./zone.tsx";

const themeForm = z.object({ theme: z.enum(THEMES), next: z.string().max(2000).optional() });

const GROUPS = ["Plant", "History", "Devices", "Perch"] as const;
const isElsewhere = ({ href }: Place) => href !== "/more";

function PlaceList({ places }: { places: readonly Place[] }): VNode {
  return (
    <ul class="more places">
      {places.map(({ href, name }) => (
        <li key={href}>
          <a href={href}>{name}</a>
        </li>
      ))}
    </ul>
  );
}

/** `/more`: who I am, colours, version; and what the colour buttons post to. */
export function morePages(
  parts: PageParts & { version: string; routes: () => readonly Route[] },
): Route[] {
  const draw = ({ c, who }: RouteContext, sent: SentForm) =>
    parts.frame.answer(c, who, {
      title: "More",
      status: sent.status,
      place: "/more",
      content: (
        <>
          <Answer>{`Signed in as ${who!.name}`}</Answer>
          <section class="card" aria-labelledby="account">
            <h2 id="account">Account</h2>
            <p>{`Your role is ${who!.role}.`}</p>
            <PlaceList places={placesFor(parts.routes(), "You", who).filter(isElsewhere)} />
            <Post action="/sign-out">Sign out</Post>
          </section>
          {GROUPS.map((group) => (
            <section class="card" key={group} aria-labelledby={`group-${group}`}>
              <h2 id={`group-${group}`}>{group}</h2>
              <PlaceList places={placesFor(parts.routes(), group, who)} />
            </section>
          ))}
          <section class="card" aria-labelledby="colours">
            <h2 id="colours">Colours</h2>
            <Island
              name="ThemeSwitch"
              component={ThemeSwitch}
              props={{ theme: themeOf(c), next: "/more" }}
            />
          </section>
          <ZoneCard parts={parts} sent={sent} />
          <section class="card" aria-labelledby="about">
            <h2 id="about">Perch {parts.version}</h2>
            <p>
              Every page works with the keyboard: press <kbd>?</kbd>{" "}
              for the keys. Scripts find the same numbers under{" "}
              <a href="/api/status">/api/status</a> and <a href="/metrics">/metrics</a>;{" "}
              <a href="/docs">the API</a> is described here.
            </p>
            <PlaceList places={placesFor(parts.routes(), "Help", who)} />
          </section>
        </>
      ),
    });
  return [
    route({
      method: "get",
      path: "/more",
      policy: "viewer",
      summary: null,
      handler: (context) => draw(context, NOTHING_SENT),
    }),
    ...zoneRoutes(draw),
    route({
      method: "post",
      path: "/theme",
      policy: "viewer",
      summary: null,
      handler: async ({ c, secure, base }) => {
        const form = await readForm(c, themeForm, 4096);
        const location = localPath(form.ok ? form.data.next : undefined);
        const response = seeOther(location);
        if (form.ok) {
          response.headers.append(
            "set-cookie",
            choiceCookie({ secure, base }, "theme", form.data.theme),
          );
        }
        return response;
      },
    }),
  ];
}
