import type { Route } from "../http/route.ts";
import { machineRoutes } from "./api.ts";
import { photoRoutes } from "./photos.ts";
import { type MachinePageParts } from "./request.ts";
import { machinesPages } from "./list.tsx";
import { maintenancePages } from "./maintenance.tsx";
import { maintenanceRoutes } from "./maintenance_api.ts";
import { machinePages } from "./one.tsx";
import { registryPages } from "./registry.tsx";
import { registryRoutes } from "./registry_api.ts";

/** Machines, their photos and maintenance, and the registry as a file. */
export function machinesRoutes(parts: MachinePageParts): Route[] {
  return [
    ...machineRoutes(parts),
    ...photoRoutes(parts),
    ...registryRoutes(parts),
    ...maintenanceRoutes(parts),
    ...machinesPages(parts),
    ...machinePages(parts),
    ...maintenancePages(parts),
    ...registryPages(parts),
  ];
}
