import type { Route } from "../http/route.ts";
import { announcedRoutes, type DeviceServices } from "./api.ts";

export type DeviceRouteParts = DeviceServices;

/** Devices: what announced itself. */
export function devicesRoutes(parts: DeviceRouteParts): Route[] {
  return [
    ...announcedRoutes(parts),
  ];
}
