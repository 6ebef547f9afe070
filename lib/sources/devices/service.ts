import { PerchError } from "../../base/errors.ts";
import type { Database } from "../../db/client.ts";
import type { Audited } from "../../events/audit_change.ts";
import type { Registry } from "../../machines/registry.ts";
import type { DialectCounts } from "./decode.ts";
import type { DeviceDialect } from "./device.ts";
import type { Devices } from "./directory.ts";
import { isOn, type KnownDevice, type KnownEntity } from "./known.ts";
import type { DeviceView, DialectView, EntityView } from "./view.ts";

/** What pages and the API ask of announced devices. */
export interface DeviceService {
  /** By uid. */
  all(): DeviceView[];
  /** The devices that a machine is. */
  ofMachine(id: string): DeviceView[];
  dialects(): DialectView[];
  /** The sensor is about its device itself: it stands on no overview. */
  isDiagnostic(sensorNum: number): boolean;
  /** Between which values its device says that it can be; null: it says nothing. */
  rangeOf(sensorNum: number): { low?: number; high?: number } | null;
  /**
   * Switches on or off what is kept of an entity, whatever its device says.
   * @throws `not_found`
   */
  switch(entityUid: string, on: boolean, audited: Audited): Promise<DeviceView>;
}

export function createDeviceService(deps: {
  db: Pick<Database, "write">;
  registry: Pick<Registry, "machines" | "byNum">;
  devices: Devices;
  dialects: readonly DeviceDialect[];
  isActive: (dialect: DeviceDialect) => boolean;
  counts: (dialect: string) => DialectCounts;
}): DeviceService {
  const { devices, registry, dialects } = deps;
  const titles = new Map(dialects.map(({ name, title }) => [name, title]));

  function viewOf(device: KnownDevice): DeviceView {
    const { about, dialect, reach } = device;
    const machine = registry.machines.find(device.machineId);
    return {
      uid: about.uid,
      dialect,
      seen_as: titles.get(dialect) ?? dialect,
      name: about.name,
      manufacturer: about.manufacturer ?? null,
      model: about.model ?? null,
      serial: about.serial ?? null,
      hardware: about.hardware ?? null,
      software: about.software ?? null,
      area: about.area ?? null,
      via: about.via ?? null,
      machine: machine === undefined || machine.deletedMs !== null ? null : machine.path,
      available: reach.available,
      available_since_ms: reach.sinceMs,
      created_ms: device.createdMs,
      entities: [...device.entities.values()].map(entityView),
    };
  }

  function entityView(entity: KnownEntity): EntityView {
    const { announced, device, sensorNum } = entity;
    const sensor = sensorNum === null ? undefined : registry.byNum(sensorNum);
    return {
      uid: announced.uid,
      name: announced.name ?? device.about.name,
      kind: announced.kind,
      unit: announced.unit ?? null,
      sensor: sensor === undefined || sensor.deletedMs !== null ? null : sensor.name,
      diagnostic: announced.diagnostic ?? false,
      enabled: isOn(entity),
      available: entity.reach.available,
      retired_ms: entity.retiredMs,
      order: announced.order?.kind ?? null,
    };
  }

  return {
    all: () => devices.all().map(viewOf).sort((a, b) => a.uid < b.uid ? -1 : 1),
    ofMachine: (id) => devices.ofMachine(id).map(viewOf),
    dialects() {
      const found = new Map<string, number>();
      for (const { dialect } of devices.all()) found.set(dialect, (found.get(dialect) ?? 0) + 1);
      return dialects.map((dialect) => ({
        name: dialect.name,
        title: dialect.title,
        enabled: deps.isActive(dialect),
        devices: found.get(dialect.name) ?? 0,
        ...deps.counts(dialect.name),
        notes: [...devices.notes(dialect.name)].map(([what, count]) => ({ what, count }))
          .sort((a, b) => b.count - a.count),
      }));
    },
    rangeOf(num) {
      const announced = devices.ofSensor(num)?.announced;
      const { min: low, max: high } = announced?.order ?? {};
      return announced?.range ?? (low === undefined && high === undefined ? null : { low, high });
    },
    isDiagnostic: (num) => devices.ofSensor(num)?.announced.diagnostic ?? false,
    async switch(uid, on, audited) {
      const entity = devices.entity(uid);
      if (entity === undefined) {
        throw new PerchError("not_found", `no device announced "${uid.slice(0, 200)}"`);
      }
      const before = { enabled: isOn(entity) };
      const change = audited({
        action: "device.switched",
        resource: `entity:${uid.slice(0, 200)}`,
        before,
        after: { enabled: on },
      });
      await deps.db.write([devices.switchedRow(entity, on), change]);
      devices.switched(entity, on);
      return viewOf(entity.device);
    },
  };
}
