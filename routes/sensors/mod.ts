import type { Route } from "../http/route.ts";
import { anomalyRoutes } from "./anomalies_api.ts";
import { sensorRoutes } from "./api.ts";
import { comparePage } from "./compare.tsx";
import { computedPages } from "./computed.tsx";
import { computedRoutes } from "./computed_api.ts";
import { type SensorPageParts } from "./request.ts";
import { sensorsPages } from "./list.tsx";
import { anomalyActions, sensorPage } from "./one.tsx";
import { readingRoutes, type ReadingServices } from "./readings_api.ts";
import { sensorSettingsPages } from "./settings.tsx";

/** Sensors, their readings, and what was noticed about them. */
export function sensorsRoutes(parts: SensorPageParts & ReadingServices): Route[] {
  return [
    ...sensorRoutes(parts),
    ...readingRoutes(parts),
    ...computedRoutes(parts),
    ...anomalyRoutes(parts.anomalies),
    ...computedPages(parts),
    ...sensorsPages(parts),
    sensorPage(parts),
    comparePage(parts),
    ...anomalyActions(parts),
    ...sensorSettingsPages(parts),
  ];
}
