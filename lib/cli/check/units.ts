import { messageOf } from "../../base/errors.ts";
import type { UnitState } from "../../health/system/system_manager.ts";
import type { UnitList } from "../../health/system/unit_list.ts";
import type { Check, Finding } from "./check.ts";

type Found = Omit<Finding, "name">;

export interface UnitsCheckOptions {
  list: () => Promise<UnitList>;
  /** Asks systemd. @throws a sentence why that is not possible */
  states: (units: readonly string[]) => Promise<UnitState[]>;
}

/** The units that Perch watches: whether the list counts, and whether each runs. */
export function unitsCheck({ list, states }: UnitsCheckOptions): Check {
  return {
    name: "units",
    deadlineMs: 20_000,
    async run() {
      const { units, trouble } = await list();
      const found: Found[] = trouble === null ? [] : [{
        state: "problem",
        detail: trouble,
        advice: "Correct it as root, one unit a line, and run: sudo perch install",
      }];
      if (units.length === 0) {
        return found.length > 0
          ? found
          : [{ state: "ok", detail: "no unit of this host is listed to be watched" }];
      }
      try {
        return [...found, ...judgeUnits(await states(units))];
      } catch (error) {
        return [...found, {
          state: "unknown",
          detail: `${units.length} units are listed; how they are is not known (${
            messageOf(error)
          })`,
        }];
      }
    },
  };
}

function judgeUnits(states: readonly UnitState[]): Found[] {
  const ailing = states.flatMap(({ name, load, active, sub }): Found[] => {
    if (load !== "loaded") {
      return [{
        state: "warn",
        detail: `${name} is not on this host (${load})`,
        advice: "Install it, or take it out of /etc/perch/units and run: sudo perch install",
      }];
    }
    if (active === "failed" || sub === "auto-restart") {
      return [{
        state: "problem",
        detail: `${name} failed (${sub})`,
        advice: `journalctl -u ${name} -e says why; then: sudo systemctl restart ${name}`,
      }];
    }
    return [];
  });
  if (ailing.length > 0) return ailing;
  return [{ state: "ok", detail: `none of ${states.length} watched units has failed` }];
}
