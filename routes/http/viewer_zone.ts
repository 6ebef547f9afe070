/**
 * The time zone in which a page shows its times: the one that this browser chose, else the site's. It goes with the
 * request, so that no page has to hand it on. What counts days, weeks and hours of the site asks for `site`.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { zoneNamed } from "../../lib/words/zones.ts";
import { isApi } from "./request.ts";

export const ZONE_COOKIE = "zone";

export interface ViewerZone {
  /** The site's, as it is set now. */
  site(): string;
  /** That of the request that is being answered; the site's outside of one. */
  zone(): string;
  /** Runs `answer` for this request. */
  within<T>(c: Context, answer: () => T): T;
}

export function createViewerZone(site: () => string): ViewerZone {
  const asked = new AsyncLocalStorage<string>();
  return {
    site,
    zone: () => asked.getStore() ?? site(),
    within(c, answer) {
      const chosen = isApi(c.req.path) ? undefined : getCookie(c, ZONE_COOKIE);
      if (chosen === undefined || chosen === site()) return answer();
      // One spelling of each: for every zone that is shown something is kept.
      const zone = zoneNamed(chosen);
      return zone === null ? answer() : asked.run(zone, answer);
    },
  };
}
