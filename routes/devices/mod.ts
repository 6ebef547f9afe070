import type { Route } from "../http/route.ts";
import { announcedRoutes, type DeviceServices } from "./api.ts";
import { type HardwarePageParts, hardwarePages } from "./hardware.tsx";
import { hardwareRoutes } from "./hardware_api.ts";
import { heartbeatRoutes } from "./heartbeat_api.ts";
import { addProbePages } from "./probe_add.tsx";
import { probeListPages } from "./probe_list.tsx";
import type { ProbePageParts } from "./probe_parts.tsx";
import { probePages } from "./probe.tsx";
import { registerMapPages } from "./register_map.tsx";
import { probeRoutes } from "./probes_api.ts";

export type DeviceRouteParts = DeviceServices & ProbePageParts & HardwarePageParts;

/** Devices: what announced itself, what is asked, what reports by a deadline. */
export function devicesRoutes(parts: DeviceRouteParts): Route[] {
  return [
    ...announcedRoutes(parts),
    ...probeRoutes(parts),
    ...heartbeatRoutes(parts),
    ...probeListPages(parts),
    ...addProbePages(parts),
    ...probePages(parts),
    ...registerMapPages(parts),
    ...hardwareRoutes(parts),
    ...hardwarePages(parts),
  ];
}
