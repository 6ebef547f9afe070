import { SYSTEM_BUS, type SystemManager } from "../health/system/system_manager.ts";
import { createSystemd } from "../health/system/systemd.ts";
import { readUnitList, type UnitList } from "../health/system/unit_list.ts";

/** What manages the host, and which of its units Perch looks after. */
export interface HostSystem {
  manager: SystemManager;
  list: () => Promise<UnitList>;
}

/** systemd of the host that this process runs on. */
export function ownSystem(): HostSystem {
  return { manager: createSystemd({ address: SYSTEM_BUS }), list: () => readUnitList() };
}
