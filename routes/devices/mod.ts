import type { Route } from "../http/route.ts";
import { announcedRoutes, type DeviceServices } from "./api.ts";
import { type HardwarePageParts, hardwarePages } from "./hardware.tsx";
import { hardwareRoutes } from "./hardware_api.ts";
import { heartbeatRoutes } from "./heartbeat_api.ts";
import { probeRoutes } from "./probes_api.ts";
import type { ProbeServices } from "./request.ts";

export type DeviceRouteParts = DeviceServices & ProbeServices & HardwarePageParts;

/** Devices: what announced itself, what is asked, what reports by a deadline. */
export function devicesRoutes(parts: DeviceRouteParts): Route[] {
  return [
    ...announcedRoutes(parts),
    ...probeRoutes(parts),
    ...heartbeatRoutes(parts),
    ...hardwareRoutes(parts),
    ...hardwarePages(parts),
  ];
}
