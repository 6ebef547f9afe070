/** Devices and entities as the directory has them in memory. */
import type { AnnouncedDevice, AnnouncedEntity } from "./device.ts";
import type { DeviceRow, EntityRow } from "./store.ts";

export interface KnownDevice {
  about: AnnouncedDevice;
  /** The one that announced it first; others may announce further entities of it, but not what it is. */
  dialect: string;
  /** Id of its machine. */
  machineId: string;
  createdMs: number;
  entities: Map<string, KnownEntity>;
  reach: Reach;
}

export interface KnownEntity {
  announced: AnnouncedEntity;
  dialect: string;
  device: KnownDevice;
  /** Storage number of its sensor; null: it measures nothing, or nothing is kept of it. */
  sensorNum: number | null;
  retiredMs: number | null;
  /** Switched on or off by a person; null: nobody did. */
  switched: boolean | null;
  reach: Reach;
}

/** Whether it can be reached, as it says itself; null: it says nothing. */
export interface Reach {
  available: boolean | null;
  sinceMs: number | null;
}

export const unsaid = (): Reach => ({ available: null, sinceMs: null });

/** Whether anything is kept of an entity: as a person switched it, else as its device says. */
export function isOn({ announced, switched }: KnownEntity): boolean {
  return switched ?? announced.enabled ?? true;
}

export function deviceOf({ dialect, about, machineId, createdMs }: DeviceRow): KnownDevice {
  const known = about as unknown as AnnouncedDevice;
  return { about: known, dialect, machineId, createdMs, entities: new Map(), reach: unsaid() };
}

export function deviceRow({ about, dialect, machineId, createdMs }: KnownDevice): DeviceRow {
  return { uid: about.uid, dialect, about: { ...about }, machineId, createdMs };
}

/** What a person switched, and another dialect than the device's, stand beside what was announced. */
export function entityOf(device: KnownDevice, row: EntityRow): KnownEntity {
  const { switched, dialect, ...announced } = row.announced as unknown as AnnouncedEntity & {
    switched?: boolean;
    dialect?: string;
  };
  return {
    announced,
    dialect: dialect ?? device.dialect,
    device,
    sensorNum: row.sensorNum,
    retiredMs: row.retiredMs,
    switched: switched ?? null,
    reach: unsaid(),
  };
}

export function entityRow(entity: KnownEntity): EntityRow {
  const { announced, dialect, device, sensorNum, retiredMs, switched } = entity;
  return {
    uid: announced.uid,
    deviceUid: device.about.uid,
    sensorNum,
    announced: {
      ...announced,
      ...(switched === null ? {} : { switched }),
      ...(dialect === device.dialect ? {} : { dialect }),
    },
    retiredMs,
  };
}

/** Whether two announcements say the same. */
export function isSame(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
