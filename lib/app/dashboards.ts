import { hashOf, randomSecret } from "../access/secrets.ts";
import { createDashboards, type Dashboards } from "../dashboards/dashboards.ts";
import { keepListedById } from "../dashboards/listed_machines.ts";
import { createKioskLinks, type KioskLinks } from "../dashboards/kiosk_links.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";

export interface DashboardParts {
  dashboards: Dashboards;
  kioskLinks: KioskLinks;
}

/** Puts the dashboards together; they are read when somebody first asks for one. */
export function createDashboardParts(
  { clock, log, settings, storage: { db } }: Foundation,
  { registry }: Pick<MachineParts, "registry">,
): DashboardParts {
  const { machines } = registry;
  keepListedById({ settings, machines, log: log.child("dashboards") });
  const dashboards = createDashboards({ db, clock, sensors: registry, machines });
  const kioskLinks = createKioskLinks({
    ...{ db, clock, dashboards, log: log.child("dashboards") },
    secrets: { fresh: randomSecret, hashOf },
  });
  return { dashboards, kioskLinks };
}
