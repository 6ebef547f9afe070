import type { Access } from "../access/access.ts";
import { systemActor } from "../access/audit_row.ts";
import type { AnnouncedTarget, AnnouncedTargets } from "../commands/announced.ts";
import { type Commands, createCommands } from "../commands/commands.ts";
import type { DeviceDialect } from "../sources/devices/device.ts";
import type { Devices } from "../sources/devices/directory.ts";
import { isOn, type KnownEntity } from "../sources/devices/known.ts";
import { createPlaceOf } from "../sources/dialects/topic.ts";
import type { MqttPublisher } from "../sources/source.ts";
import { DAY_MS } from "../words/times.ts";
import type { DeviceParts } from "./devices.ts";
import type { Foundation } from "./foundation.ts";
import type { LiveParts } from "./live.ts";
import type { MachineParts } from "./machines.ts";

export interface CommandNeeds {
  machines: Pick<MachineParts, "registry" | "windowOf">;
  live: Pick<LiveParts, "recent" | "hub">;
  devices: Pick<DeviceParts, "devices" | "deviceDialects">;
  access: Access;
  mqtt: MqttPublisher;
}

/** Orders to devices; what is stored of them is read, and none is sent again. */
export async function createCommandParts(
  { config, clock, log, storage, settings, events, bus, zone }: Foundation,
  { machines: { registry, windowOf }, live, devices, access, mqtt }: CommandNeeds,
): Promise<{ commands: Commands }> {
  const placeOf = createPlaceOf(config.mqtt.topics);
  const isUnavailable = (num: number) => devices.devices.isUnavailable(num);
  const commands = createCommands({
    ...{ db: storage.db, clock, log: log.child("commands"), events, zone },
    sensors: registry,
    machines: registry.machines,
    readings: storage.readings,
    announced: announcedBy(devices.devices, devices.deviceDialects),
    maintenanceOf: (path) => windowOf(path, clock.now())?.title ?? null,
    pathOfTopic(topic) {
      const place = placeOf(topic);
      return "path" in place ? place.path : null;
    },
    publish: (message, signal) => mqtt.publish(message, signal),
    isSilent: (sensor) => live.recent.status(sensor) === "offline" || isUnavailable(sensor.num),
    clockDoubted: () => clock.state().doubt !== null,
    auditedBy: ({ id, spec }) => (change) =>
      access.audit.statement({ actor: systemActor(`rule ${spec.name} (${id})`), ...change }),
    keepMs: () => settings.get("events.keep_days") * DAY_MS,
    deletionMs: clock.deletionMs,
  });
  // Also while nobody listens: between two pages nobody does, and the second goes on where it was drawn.
  commands.onChange(({ tMs, targetId, ...step }) =>
    live.hub.publish("command", { ...step, target: targetId, t_ms: tMs })
  );
  await commands.load();
  bus.subscribe("readings", commands.seen);
  return { commands };
}

/** What the directory of devices has that can be told. */
function announcedBy(devices: Devices, dialects: readonly DeviceDialect[]): AnnouncedTargets {
  const dialectOf = new Map(dialects.map((dialect) => [dialect.name, dialect]));
  return {
    *all() {
      for (const device of devices.all()) {
        for (const entity of device.entities.values()) {
          const target = targetOf(entity);
          if (target !== null) yield target;
        }
      }
    },
    find(uid) {
      const entity = devices.entity(uid);
      return entity === undefined ? null : targetOf(entity);
    },
    onChange: (listener) => devices.onEntity(listener),
    message: ({ way }, value) => dialectOf.get(way.dialect)?.order?.(way.to, value) ?? null,
  };
}

function targetOf(entity: KnownEntity): AnnouncedTarget | null {
  const { announced, device, sensorNum, retiredMs, reach } = entity;
  const { uid, name, order } = announced;
  if (order === undefined || retiredMs !== null || !isOn(entity)) return null;
  return {
    ...{ uid, sensorNum, order, machineId: device.machineId, name: name ?? device.about.name },
    available: reach.available !== false && device.reach.available !== false,
  };
}
