/** Rows of devices that announced themselves. */
import type { Database } from "../../db/client.ts";
import { asc, build, createOrm, excluded, placeholders, prepared } from "../../db/orm.ts";
import { devices, entities } from "../../db/schema/devices.ts";

export type DeviceRow = typeof devices.$inferSelect;
export type EntityRow = typeof entities.$inferSelect;

export interface DeviceRows {
  devices: DeviceRow[];
  entities: EntityRow[];
}

export async function loadDevices(db: Pick<Database, "query">): Promise<DeviceRows> {
  const orm = createOrm(db);
  return {
    devices: await orm.select().from(devices).orderBy(asc(devices.createdMs), asc(devices.uid)),
    entities: await orm.select().from(entities),
  };
}

export const putDevice = prepared<DeviceRow>(
  build.insert(devices).values(placeholders(devices)).onConflictDoUpdate({
    target: devices.uid,
    set: excluded(devices, ["dialect", "about", "machineId"]),
  }),
);

export const putEntity = prepared<EntityRow>(
  build.insert(entities).values(placeholders(entities)).onConflictDoUpdate({
    target: entities.uid,
    set: excluded(entities, ["deviceUid", "sensorNum", "announced", "retiredMs"]),
  }),
);
