import { z } from "zod";
import { THEMES, ThemeSwitch } from "../../islands/theme_switch.tsx";
import type { Identity } from "../../lib/access/identity.ts";
import { atLeast } from "../../lib/access/policy.ts";
import { localPath, readForm } from "../http/form.ts";
import { type Route, route } from "../http/route.ts";
import { choiceCookie } from "../http/session_cookie.ts";
import { seeOther } from "../http/see_other.ts";
import { Island } from "../frame/island.tsx";
import { themeOf } from "../frame/layout.tsx";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Post } from "../frame/parts.tsx";

const themeForm = z.object({ theme: z.enum(THEMES), next: z.string().max(2000).optional() });

/** What a role may open from here. */
function placesOf({ role, kind }: Identity): [string, string][] {
  const mine: [string, string][] = kind === "user" ? [["/profile", "Profile"]] : [];
  const all: [string, string][] = [["/settings", "Settings"]];
  const admin: [string, string][] = [
    ["/people", "People"],
    ["/keys", "Keys"],
    ["/audit", "Audit log"],
    ["/settings/channels", "Channels"],
    ["/settings/backups", "Backups"],
    ["/import", "Imports"],
    ["/settings/scripts", "Codecs and detectors"],
    ["/system", "Services and reboot"],
  ];
  const engineer: [string, string][] = [
    ["/deliveries", "Deliveries"],
    ["/settings/rules", "Notification rules"],
  ];
  return [
    ...mine,
    ...all,
    ...(atLeast(role, "engineer") ? engineer : []),
    ...(role === "admin" ? admin : []),
  ];
}

/** `/more`: who I am, colours, version; and what the colour buttons post to. */
export function morePages(parts: PageParts & { version: string }): Route[] {
  return [
    route({
      method: "get",
      path: "/more",
      policy: "viewer",
      summary: null,
      handler: ({ c, who }) =>
        parts.frame.answer(c, who, {
          title: "More",
          place: "/more",
          content: (
            <>
              <Answer>{`Signed in as ${who!.name}`}</Answer>
              <section class="card" aria-labelledby="account">
                <h2 id="account">Account</h2>
                <p>{`Your role is ${who!.role}.`}</p>
                <ul class="more">
                  {placesOf(who!).map(([href, name]) => (
                    <li key={href}>
                      <a href={href}>{name}</a>
                    </li>
                  ))}
                </ul>
                <Post action="/sign-out">Sign out</Post>
              </section>
              <section class="card" aria-labelledby="judged">
                <h2 id="judged">Machines</h2>
                <ul class="more">
                  <li>
                    <a href="/tickets">Tickets</a>
                  </li>
                  <li>
                    <a href="/events">Events</a>
                  </li>
                  <li>
                    <a href="/analyses">Analyses and questions</a>
                  </li>
                  <li>
                    <a href="/sensors">Sensors</a>
                  </li>
                  <li>
                    <a href="/reports">Reports</a>
                  </li>
                  <li>
                    <a href="/export">Export</a>
                  </li>
                  <li>
                    <a href="/computed">Computed sensors</a>
                  </li>
                  <li>
                    <a href="/cameras">Cameras</a>
                  </li>
                  <li>
                    <a href="/commands">Controls and orders</a>
                  </li>
                  <li>
                    <a href="/sources">Sources</a>
                  </li>
                  <li>
                    <a href="/probes">Probes and heartbeats</a>
                  </li>
                  <li>
                    <a href="/hardware">Hardware of this host</a>
                  </li>
                  <li>
                    <a href="/host">This host</a>
                  </li>
                  <li>
                    <a href="/faults">Faults of Perch</a>
                  </li>
                  <li>
                    <a href="/predictions">Predictions</a>
                  </li>
                  <li>
                    <a href="/models">Models</a>
                  </li>
                  {atLeast(who!.role, "engineer") && (
                    <li>
                      <a href="/backtest">Backtests</a>
                    </li>
                  )}
                </ul>
              </section>
              <section class="card" aria-labelledby="colours">
                <h2 id="colours">Colours</h2>
                <Island
                  name="ThemeSwitch"
                  component={ThemeSwitch}
                  props={{ theme: themeOf(c), next: "/more" }}
                />
              </section>
              <section class="card" aria-labelledby="about">
                <h2 id="about">Perch {parts.version}</h2>
                <p>
                  Every page works with the keyboard: press <kbd>?</kbd>{" "}
                  for the keys. Scripts find the same numbers under{" "}
                  <a href="/api/status">/api/status</a> and <a href="/metrics">/metrics</a>;{" "}
                  <a href="/docs">the API</a> is described here.
                </p>
                <ul class="more">
                  <li>
                    <a href="/guides">Guides</a>
                  </li>
                </ul>
              </section>
            </>
          ),
        }),
    }),
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
