import type { Route } from "../route.ts";
import { staticRoutes } from "../static.ts";
import { alarmPages } from "./alarm.tsx";
import { alarmsPages } from "./alarms.tsx";
import { backtestPages } from "./backtest.tsx";
import { machinePages } from "./machine.tsx";
import { machinesPages } from "./machines.tsx";
import { maintenancePages } from "./maintenance.tsx";
import { morePages } from "./more.tsx";
import { overviewPage } from "./overview.tsx";
import { anomalyActions, sensorPage } from "./sensor.tsx";
import { plantTreePage } from "./plant_tree.tsx";
import { registryPages } from "./registry.tsx";
import { sensorSettingsPages } from "./sensor_settings.tsx";
import { sensorsPage } from "./sensors.tsx";
import type { PageParts, PageServices } from "./services.ts";
import { simulatorActions } from "./simulator.tsx";
import { sourcesPages } from "./sources.tsx";

/** Every page, and the static files they use. */
export function pageRoutes(services: PageServices): Route[] {
  const parts: PageParts = {
    ...services,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  return [
    overviewPage(parts),
    sensorsPage(parts),
    sensorPage(parts),
    ...anomalyActions(parts),
    ...sensorSettingsPages(parts),
    ...backtestPages(parts),
    ...alarmsPages(parts),
    ...alarmPages(parts),
    ...machinesPages(parts),
    ...machinePages(parts),
    plantTreePage(parts),
    ...maintenancePages(parts),
    ...registryPages(parts),
    ...sourcesPages(parts),
    ...morePages(parts),
    ...simulatorActions(parts),
    ...staticRoutes(services.assets),
  ];
}
