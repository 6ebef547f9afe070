import type { Audited } from "../../events/audit_change.ts";
import { HOST_MACHINE, hostPath, hostSensorId } from "../../machines/host_machine.ts";
import type { Registry } from "../../machines/registry.ts";
import type { Sensor } from "../../machines/sensor.ts";
import type { ExchangeRow } from "../../machines/exchange.ts";
import type { MachinesService } from "../../machines/service.ts";
import { MINUTE_MS } from "../../words/times.ts";
import { POWER_BITS } from "./power.ts";
import { QUANTITIES } from "./quantities.ts";

/** Readings of an idle Perch reach the disk this often: silent for three of them is offline. */
const EXPECTED_MS = 10 * MINUTE_MS;

/** The machine `this host` and its sensors. */
export interface HostSensors {
  /**
   * The sensor of a quantity; null where there is none (yet), or a person deleted it. People may rename and move
   * it.
   */
  find(name: string): Sensor | null;
  /**
   * Makes what there never was, confirmed and with its limits; what is there stays as people have set it.
   * Nothing is made again that somebody deleted.
   */
  make(names: readonly string[]): Promise<void>;
}

export function createHostSensors(deps: {
  registry: Pick<Registry, "find" | "machines" | "changes">;
  service: Pick<MachinesService, "importRows">;
  audited: Audited;
}): HostSensors {
  const { registry, service } = deps;

  const nameOf = (name: string) => `${hostPath(registry.machines) ?? HOST_MACHINE}/${name}`;
  const find = (name: string) => registry.find(hostSensorId(name)) ?? registry.find(nameOf(name));

  function wasDeleted(name: string): boolean {
    const id = hostSensorId(name);
    return registry.changes.deletedSensors().some((one) =>
      one.id === id || one.name === nameOf(name)
    );
  }

  return {
    find: (name) => find(name) ?? null,
    async make(names) {
      const path = hostPath(registry.machines);
      const machine = path === null ? undefined : registry.machines.find(path);
      if (machine !== undefined && machine.deletedMs !== null) return;
      const missing = names.filter((name) => find(name) === undefined && !wasDeleted(name));
      if (missing.length === 0) return;
      const rows = missing.map((name) => rowOf(name, nameOf(name)));
      if (machine === undefined) {
        const fields = { type: "machine", path: HOST_MACHINE, display_name: "This host" };
        rows.unshift({ row: HOST_MACHINE, fields });
      }
      await service.importRows(rows, true, deps.audited);
    },
  };
}

function rowOf(name: string, path: string): ExchangeRow {
  const quantity = QUANTITIES.find((one) => one.name === name);
  const bit = POWER_BITS.find((one) => one.name === name);
  // A condition is written down when it changes; its silence says nothing.
  const fields = quantity === undefined
    ? { type: "sensor", path, kind: "binary", display_name: bit?.title ?? null }
    : {
      type: "sensor",
      path,
      kind: "number",
      unit: quantity.unit,
      display_name: quantity.title,
      decimals: quantity.decimals,
      expected_interval_ms: EXPECTED_MS,
      ...quantity.limits,
    };
  return { row: path, fields };
}
