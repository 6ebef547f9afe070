/** The time zone in which this browser sees times; the site's stays what days, windows and schedules count in. */
import type { VNode } from "preact";
import { z } from "zod";
import { isZone, zoneText } from "../../lib/words/zones.ts";
import { Field } from "../frame/form.tsx";
import { formAction, type SentForm } from "../frame/form_action.ts";
import type { PageParts } from "../frame/page_parts.ts";
import type { Route, RouteContext } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { choiceCookie } from "../http/session_cookie.ts";
import { ZONE_COOKIE } from "../http/viewer_zone.ts";

const ACTION = "/time-zone";
const zoneForm = z.object({
  zone: z.string().trim().refine(isZone, {
    error: "There is no such time zone: name one like Europe/Berlin.",
  }),
});

/** On the page More: in which zone times are shown, and another. */
export function ZoneCard(
  { parts: { zone, siteZone, clock }, sent }: {
    parts: Pick<PageParts, "zone" | "siteZone" | "clock">;
    sent: SentForm;
  },
): VNode {
  const nowMs = clock.now();
  return (
    <section class="card" aria-labelledby="time-zone">
      <h2 id="time-zone">Time zone</h2>
      <p>
        {zone === siteZone
          ? `Times are shown in the site's zone, ${zoneText(siteZone, nowMs)}.`
          : `Times are shown in ${zoneText(zone, nowMs)}. The site's zone is ${
            zoneText(siteZone, nowMs)
          }: days, weekly windows, schedules and reports count in it.`}
      </p>
      <form method="post" action={ACTION}>
        <Field
          name="zone"
          label="Show me times in"
          value={sent.values.zone ?? zone}
          error={sent.errors.zone}
          help="Counts for this browser alone."
          list="zones"
          autocomplete="off"
        />
        <datalist id="zones">
          {Intl.supportedValuesOf("timeZone").map((name) => <option key={name} value={name} />)}
        </datalist>
        <button type="submit">Use this zone</button>
      </form>
      {zone !== siteZone && (
        <form method="post" action={ACTION}>
          <input type="hidden" name="zone" value={siteZone} />
          <button type="submit">Use the site's zone</button>
        </form>
      )}
    </section>
  );
}

/** What its forms post to; `draw` draws the page again with what is wrong. */
export function zoneRoutes(draw: (context: RouteContext, sent: SentForm) => Response): Route[] {
  return [
    formAction(
      ACTION,
      zoneForm,
      ({ zone }, context) => {
        const response = seeOther("/more");
        response.headers.append("set-cookie", choiceCookie(context, ZONE_COOKIE, zone));
        return Promise.resolve(response);
      },
      draw,
      "viewer",
    ),
  ];
}
