import type { Route } from "./http/route.ts";
import { staticRoutes } from "./http/static.ts";
import { alarmPages } from "./alarms/one.tsx";
import { alarmsPages } from "./alarms/list.tsx";
import { backtestPages } from "./detection/backtest.tsx";
import { machinePages } from "./machines/one.tsx";
import { machinesPages } from "./machines/list.tsx";
import { maintenancePages } from "./machines/maintenance.tsx";
import { guidePages } from "./site/guides.tsx";
import { morePages } from "./site/more.tsx";
import { overviewPage } from "./overview/overview.tsx";
import { anomalyActions, sensorPage } from "./sensors/one.tsx";
import { plantTreePage } from "./overview/plant_tree.tsx";
import { registryPages } from "./machines/registry.tsx";
import { sensorSettingsPages } from "./sensors/settings.tsx";
import { sensorsPage } from "./sensors/list.tsx";
import type { PageParts, PageServices } from "./frame/page_parts.ts";
import { simulatorActions } from "./site/simulator.tsx";
import { sourcesPages } from "./site/sources.tsx";

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
    ...guidePages(services),
    ...simulatorActions(parts),
    ...staticRoutes(services.assets),
  ];
}
