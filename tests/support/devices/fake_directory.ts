/** A directory of devices in memory, for tests of dialects: names as the real one makes them, nothing stored. */
import type { Decoded } from "../../../lib/readings/reading.ts";
import type {
  AnnouncedDevice,
  AnnouncedEntity,
  CreateDeviceDialect,
  DeviceDialect,
  DeviceDirectory,
  DialectDeps,
} from "../../../lib/sources/devices/device.ts";
import { machinePath, sensorPath } from "../../../lib/sources/devices/naming.ts";

export interface FakeDirectory extends DeviceDirectory {
  devices: Map<string, AnnouncedDevice>;
  entities: Map<
    string,
    { entity: AnnouncedEntity; device: string; sensor: string; retired: boolean }
  >;
  available: Map<string, boolean>;
  notes: Map<string, number>;
  /** Who says to be whom. */
  clashes: [first: string, second: string][];
}

export function fakeDirectory(): FakeDirectory {
  const devices = new Map<string, AnnouncedDevice>();
  const entities: FakeDirectory["entities"] = new Map();
  const paths = new Map<string, string>();
  const available = new Map<string, boolean>();
  const notes = new Map<string, number>();
  const clashes: FakeDirectory["clashes"] = [];
  const isTaken = (path: string) => [...entities.values()].some(({ sensor }) => sensor === path);
  return {
    devices,
    entities,
    available,
    notes,
    clashes,
    announce(_dialect, device, announced) {
      devices.set(device.uid, device);
      if (!paths.has(device.uid)) {
        const used = new Set(paths.values());
        paths.set(device.uid, machinePath(device, (path) => used.has(path)));
      }
      for (const entity of announced) {
        const known = entities.get(entity.uid);
        const sensor = known?.sensor ??
          sensorPath(paths.get(device.uid)!, entity, device, isTaken);
        entities.set(entity.uid, { entity, device: device.uid, sensor, retired: false });
      }
    },
    retire(uid) {
      const known = entities.get(uid);
      if (known !== undefined) known.retired = true;
    },
    sensorOf(uid) {
      const known = entities.get(uid);
      return known === undefined || known.retired || known.entity.enabled === false
        ? null
        : known.sensor;
    },
    setAvailable: (uid, reachable) => void available.set(uid, reachable),
    clash: (_uid, first, second) => void clashes.push([first, second]),
    note: (_dialect, what) => void notes.set(what, (notes.get(what) ?? 0) + 1),
    topicsChanged: () => {},
  };
}

/** One dialect with its directory. */
export interface DialectUnderTest {
  dialect: DeviceDialect;
  directory: FakeDirectory;
  /** What became of a message; null: it is in another dialect. Objects are sent as JSON. */
  decode(
    topic: string,
    payload: unknown,
    options?: { retained?: boolean; tMs?: number },
  ): Decoded | null;
  /** Readings as `sensor = value unit @time`. */
  send(topic: string, payload: unknown, tMs?: number): string[];
  /** Codes of what was refused. */
  refused(topic: string, payload: unknown): string[];
  entity(sensor: string): AnnouncedEntity;
  /** The same after a restart: a new dialect, and what the directory kept. */
  restarted(): DialectUnderTest;
}

export const NOW_MS = Date.UTC(2026, 4, 1, 12);

export function underTest(
  create: CreateDeviceDialect,
  directory = fakeDirectory(),
): DialectUnderTest {
  const dialect = create({ directory } as unknown as DialectDeps);
  const encoder = new TextEncoder();
  const decode: DialectUnderTest["decode"] = (topic, payload, options = {}) =>
    dialect.decode({
      topic,
      payload: payload instanceof Uint8Array
        ? payload
        : encoder.encode(typeof payload === "string" ? payload : JSON.stringify(payload)),
      retained: options.retained ?? false,
      tMs: options.tMs ?? NOW_MS,
    });
  return {
    dialect,
    directory,
    decode,
    send(topic, payload, tMs) {
      const decoded = decode(topic, payload, { tMs });
      if (decoded === null) throw new Error(`${topic} is in another dialect`);
      if (decoded.rejects.length > 0) throw new Error(JSON.stringify(decoded.rejects));
      return decoded.drafts.map(({ sensor, value, unit, tMs, noTime, seq }) =>
        [
          `${sensor} = ${value}`,
          ...(unit === undefined ? [] : [unit]),
          ...(tMs === undefined ? [] : [`@${tMs}`]),
          ...(noTime === undefined ? [] : [`no time: ${noTime}`]),
          ...(seq === undefined ? [] : [`#${seq}`]),
        ].join(" ")
      );
    },
    refused: (topic, payload) => (decode(topic, payload)?.rejects ?? []).map(({ code }) => code),
    entity(sensor) {
      const known = [...directory.entities.values()].find((one) => one.sensor === sensor);
      if (known === undefined) {
        const names = [...directory.entities.values()].map((one) => one.sensor);
        throw new Error(`${sensor} is none of ${names.join(", ")}`);
      }
      return known.entity;
    },
    restarted() {
      const next = underTest(create, directory);
      for (const device of directory.devices.values()) {
        const own = [...directory.entities.values()]
          .filter((one) => one.device === device.uid && !one.retired)
          // What was stored is JSON.
          .map(({ entity }) => JSON.parse(JSON.stringify(entity)) as AnnouncedEntity);
        next.dialect.restore?.(device, own);
      }
      return next;
    },
  };
}
