import type { Route } from "../http/route.ts";
import { hostPage, type HostPageParts } from "./host.tsx";
import { hostRoutes, type HostServices } from "./host_api.ts";
import { type SystemPageParts, systemPages } from "./system.tsx";
import { systemRoutes } from "./system_api.ts";

export type HealthRouteParts = HostServices & HostPageParts & SystemPageParts;

/** The host that Perch runs on: how it is, its units and its reboot. */
export function healthRoutes(parts: HealthRouteParts): Route[] {
  return [
    ...hostRoutes(parts),
    hostPage(parts),
    ...systemRoutes(parts),
    ...systemPages(parts),
  ];
}
