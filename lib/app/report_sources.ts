import type { Alarms } from "../alarms/alarms.ts";
import type { Computed } from "../computed/computed.ts";
import type { Predictions } from "../detect/predict/predictions.ts";
import { PERCH } from "../live/past.ts";
import { changesOf } from "../live/past_store.ts";
import { isPlant, plantSensors } from "../machines/host_machine.ts";
import { shownOf } from "../machines/shown_unit.ts";
import type { ReportSources } from "../reports/figures/sources.ts";
import type { Tickets } from "../tickets/tickets.ts";
import type { Foundation } from "./foundation.ts";
import type { History } from "../history/history.ts";
import type { MachineParts } from "./machines.ts";
import { preferredUnits } from "./settings.ts";

/** What reports are made from. */
export function createReportSources(
  { clock, config, storage, settings, zone }: Pick<
    Foundation,
    "clock" | "config" | "storage" | "settings" | "zone"
  >,
  { registry, machines, alarms, predictions, computed, tickets, history }:
    & Pick<MachineParts, "registry" | "machines">
    & {
      alarms: Pick<Alarms, "list">;
      predictions: Pick<Predictions, "store">;
      computed: Pick<Computed, "of">;
      history: Pick<History, "readings">;
      tickets: Pick<Tickets, "list">;
    },
): ReportSources {
  const plant = plantSensors(registry, registry.machines);
  const preferred = preferredUnits(settings);
  return {
    site: config.siteId ?? Deno.hostname(),
    zone,
    machines: () => registry.machines.all().filter(isPlant),
    sensors: plant.all,
    shown: (sensor) => shownOf(sensor, preferred),
    counts(sensor) {
      const how = computed.of(sensor)?.spec.how;
      return how === "total" || how === "run_time" ? how : null;
    },
    clock,
    windows: machines.windows,
    readings: history.readings,
    past: (subject, range) => changesOf(storage.db, subject, range),
    perch: (range) => changesOf(storage.db, PERCH, range),
    alarms: alarms.list,
    outlooks: predictions.store.brief,
    tickets: tickets.list,
  };
}
