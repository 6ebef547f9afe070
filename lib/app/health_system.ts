import type { Task } from "../base/supervisor.ts";
import { createSystemControl, noManager, type SystemControl } from "../health/system/control.ts";
import { createReboots } from "../health/system/reboots.ts";
import { createUnitWatch } from "../health/system/unit_watch.ts";
import type { Foundation } from "./foundation.ts";
import type { HostSystem } from "./own_system.ts";

export interface SystemParts {
  control: SystemControl;
  tasks: Task[];
}

const UNTOUCHED: HostSystem = {
  manager: noManager("this Perch does not touch the host that it runs on (perch serve does)"),
  list: () => Promise.resolve({ units: [], trouble: null }),
};

/** The units of the host, its reboot, and what people may do with them. Without `system` nothing is watched. */
export function createSystemParts(
  { config, clock, log, settings, events, components }: Foundation,
  system: HostSystem | null,
): SystemParts {
  const { manager, list } = system ?? UNTOUCHED;
  const reboots = createReboots({ dataDir: config.dataDir, clock, manager });
  const append = events.append;
  const watch = createUnitWatch({
    clock,
    log: log.child("units"),
    manager,
    list,
    reboots,
    lastResort: () => ({
      allowed: settings.get("host.reboot"),
      hours: settings.get("host.reboot_hours"),
    }),
    append,
    onListed: () => {
      components.register("units", () => watch.state() ?? NOTHING);
    },
  });
  const host = Deno.hostname();
  return {
    control: createSystemControl({ host, clock, manager, list, watch, reboots, append }),
    tasks: system === null ? [] : [watch.task],
  };
}

const NOTHING = { health: "off", detail: "No unit of this host is watched." } as const;
