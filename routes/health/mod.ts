import type { Route } from "../http/route.ts";
import { hostPage, type HostPageParts } from "./host.tsx";
import { hostRoutes, type HostServices } from "./host_api.ts";

export type HealthRouteParts = HostServices & HostPageParts;

/** The host that Perch runs on. */
export function healthRoutes(parts: HealthRouteParts): Route[] {
  return [...hostRoutes(parts), hostPage(parts)];
}
