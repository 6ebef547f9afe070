import type { Broker } from "../../lib/sources/broker/broker.ts";
import type { Simulator } from "../../sim/simulator.ts";
import { type Assets, staticRoutes } from "../http/static.ts";
import type { Shell } from "../frame/shell.tsx";
import type { Route } from "../http/route.ts";
import { clockRoutes } from "./clock_api.ts";
import { damageRoutes } from "./damage_api.ts";
import { docsPage } from "./docs.tsx";
import { guidePages } from "./guides.tsx";
import { healthRoutes, type HealthServices } from "./health_api.ts";
import { installableRoutes } from "./installable.tsx";
import { historyServerRoutes } from "./history_server.tsx";
import { ingestRoutes, type IngestServices } from "./ingest_api.ts";
import { morePages } from "./more.tsx";
import { mqttRoutes } from "./mqtt_api.ts";
import { openapiRoutes } from "./openapi.ts";
import { settingRoutes, type SettingServices } from "./settings_api.ts";
import { settingsPages, type SettingsParts } from "./settings.tsx";
import { simulatorActions } from "./simulator.tsx";
import { simulatorRoutes } from "./simulator_api.ts";
import { sourcesPages, type SourcesParts } from "./sources.tsx";
import { type Trust, trustRoutes } from "./trust.tsx";
import { statusRoutes, type StatusRouteServices } from "./status_api.ts";
import { streamRoutes, type StreamServices } from "./stream_api.ts";

export type SiteParts =
  & HealthServices
  & IngestServices
  & SettingServices
  & SettingsParts
  & SourcesParts
  & StatusRouteServices
  & StreamServices
  & {
    broker: Broker | null;
    simulator: Simulator | null;
    /** Null: HTTPS is off. */
    trust: Trust | null;
    shell: Shell;
    assets: Assets;
    /** The whole table, for the document that describes it. */
    routes: () => readonly Route[];
    /** `PERCH_PUBLIC_URL`. */
    publicUrl: string | null;
  };

/** Perch itself: ingest, stream, status, sources, settings, the API's document. */
export function siteRoutes(parts: SiteParts): Route[] {
  return [
    ...healthRoutes(parts),
    ...settingRoutes(parts),
    ...ingestRoutes(parts),
    ...mqttRoutes(parts),
    ...simulatorRoutes(parts),
    ...streamRoutes(parts),
    ...statusRoutes(parts),
    ...clockRoutes(parts.clocks),
    ...damageRoutes(parts.damage),
    ...historyServerRoutes(parts),
    ...sourcesPages(parts),
    ...morePages(parts),
    ...guidePages(parts),
    ...simulatorActions(parts),
    ...settingsPages(parts),
    ...openapiRoutes(parts),
    docsPage(parts),
    ...installableRoutes(parts),
    ...trustRoutes(parts),
    ...staticRoutes(parts.assets),
  ];
}
