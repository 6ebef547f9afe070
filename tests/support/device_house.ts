import { createPlainName } from "../../lib/sources/dialects/plain_name.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { EventDraft } from "../../lib/events/event.ts";
import { createRegistry } from "../../lib/machines/registry.ts";
import type { Draft, Reject } from "../../lib/readings/reading.ts";
import { type SettingKey, SETTINGS, type SettingValue } from "../../lib/settings/registry.ts";
import type {
  AnnouncedEntity,
  DeviceDialect,
  DialectDeps,
} from "../../lib/sources/devices/device.ts";
import { createDeviceDecode } from "../../lib/sources/devices/decode.ts";
import { createDeviceDirectory, type Devices } from "../../lib/sources/devices/directory.ts";
import { deviceRow, entityRow } from "../../lib/sources/devices/known.ts";
import type { DeviceRows } from "../../lib/sources/devices/store.ts";
import { fakeClock } from "./fake_clock.ts";

/** What a message became. Null: it is in no dialect of devices. */
export interface Heard {
  drafts: Draft[];
  rejects: Reject[];
}

/** Dialects of devices over the real directory, without a broker or a database. */
export interface DeviceHouse {
  readonly directory: Devices;
  readonly events: readonly EventDraft[];
  readonly dialects: readonly DeviceDialect[];
  say(topic: string, payload: string | Uint8Array | object, retained?: boolean): Heard | null;
  /** Values by the name of their sensor. */
  values(topic: string, payload: string | Uint8Array | object): Record<string, unknown>;
  /** The entity of a sensor. */
  entity(sensor: string): AnnouncedEntity;
  /** Names of all sensors. */
  sensors(): string[];
  isAvailable(sensor: string): boolean | null;
  notes(dialect: string): Record<string, number>;
  /** The same house after a restart of Perch. */
  restarted(): DeviceHouse;
}

export function deviceHouse(
  create: (deps: DialectDeps) => DeviceDialect[],
  rows: DeviceRows = { devices: [], entities: [] },
  registry = createRegistry({
    clock: fakeClock(),
    rows: { machines: [], sensors: [], states: [], last: [] },
  }),
): DeviceHouse {
  const clock = fakeClock();
  const events: EventDraft[] = [];
  const directory = createDeviceDirectory({
    ...{ clock, registry, rows, log: silentLog() },
    takesNew: () => true,
    event(draft) {
      events.push(draft);
      return { sql: "select 1", args: [] };
    },
  });
  const settings = {
    get: <Key extends SettingKey>(key: Key) => SETTINGS[key].default as SettingValue<Key>,
    onChange: () => () => {},
  };
  const dialects = create({
    ...{ directory, settings, clock, log: silentLog() },
    publish: () => {},
    plainName: createPlainName(),
    onConnected: () => {},
  });
  for (const dialect of dialects) directory.restore(dialect);
  const { decode } = createDeviceDecode({ active: () => dialects, log: silentLog() });
  const entityOf = (sensor: string) => {
    for (const { entities } of directory.all()) {
      for (const entity of entities.values()) {
        const { num } = registry.find(sensor) ?? { num: null };
        if (num !== null && entity.sensorNum === num) return entity;
      }
    }
    throw new Error(`no entity has the sensor ${sensor}`);
  };
  const say: DeviceHouse["say"] = (topic, payload, retained = false) => {
    const bytes = payload instanceof Uint8Array
      ? payload
      : new TextEncoder().encode(typeof payload === "string" ? payload : JSON.stringify(payload));
    const heard = decode(topic, bytes, retained, clock.now());
    registry.takePending();
    registry.committed();
    return heard === null ? null : { drafts: heard.drafts, rejects: heard.rejects };
  };
  return {
    ...{ directory, events, dialects, say },
    values: (topic, payload) =>
      Object.fromEntries((say(topic, payload)?.drafts ?? []).map((d) => [d.sensor, d.value])),
    entity: (sensor) => entityOf(sensor).announced,
    sensors: () => registry.all().map(({ name }) => name).sort(),
    isAvailable(sensor) {
      const { reach, device } = entityOf(sensor);
      if (reach.available === null && device.reach.available === null) return null;
      return reach.available !== false && device.reach.available !== false;
    },
    notes: (dialect) => Object.fromEntries(directory.notes(dialect)),
    restarted: () =>
      deviceHouse(
        create,
        JSON.parse(JSON.stringify({
          devices: directory.all().map(deviceRow),
          entities: directory.all().flatMap(({ entities }) =>
            [...entities.values()].map(entityRow)
          ),
        })),
        registry,
      ),
  };
}
