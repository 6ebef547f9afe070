import type { Route } from "../http/route.ts";
import { siteApi } from "./api.ts";
import type { SiteParts } from "./request.ts";

export type SiteRouteParts = SiteParts;

/** Sites that forward to this Perch, and what this Perch forwards. */
export function upstreamRoutes(parts: SiteRouteParts): Route[] {
  return [...siteApi(parts)];
}
