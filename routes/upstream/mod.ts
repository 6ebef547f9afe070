import type { Route } from "../http/route.ts";
import { siteApi } from "./api.ts";
import { forwardingPages } from "./forwarding.tsx";
import type { ForwardingParts, SiteParts } from "./request.ts";
import { sitePages } from "./sites.tsx";

export type SiteRouteParts = SiteParts & ForwardingParts;

/** Sites that forward to this Perch, and what this Perch forwards. */
export function upstreamRoutes(parts: SiteRouteParts): Route[] {
  return [...siteApi(parts), ...sitePages(parts), ...forwardingPages(parts)];
}
