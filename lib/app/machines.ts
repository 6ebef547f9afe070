import { join } from "node:path";
import { deleteNotesOf, deleteNotesOfMachine } from "../annotations/note_store.ts";
import { deleteComputed } from "../computed/computed_store.ts";
import { unlist } from "../dashboards/listed_machines.ts";
import { createFileStore } from "../base/file_store.ts";
import { AHEAD_MOST_MS } from "../intake/device_time.ts";
import { createPhotos, PHOTO_BYTES_MOST, PHOTO_TYPES, type Photos } from "../machines/photos.ts";
import { createRegistry, type Registry } from "../machines/registry.ts";
import type { Sensor } from "../machines/sensor.ts";
import { createMachinesService, type MachinesService } from "../machines/service.ts";
import { type MoveElsewhere } from "../machines/machine_service.ts";
import { loadRegistry, loadWindows } from "../machines/store.ts";
import { createWindowWatch, type MaintenanceWindow } from "../machines/windows.ts";
import type { Foundation } from "./foundation.ts";
import { limitFaults } from "./judge.ts";
import { sensorEvent } from "./sensor_events.ts";
import { forgetReadings } from "./upkeep.ts";

export interface MachineParts {
  registry: Registry;
  machines: MachinesService;
  photos: Photos;
  /** The maintenance window that a machine is in. */
  windowOf: (machine: string, nowMs: number) => MaintenanceWindow | null;
}

const MEGABYTE = 1_000_000;

/** Reads the machines and their sensors, and what is kept of them. */
export async function createMachineParts(foundation: Foundation): Promise<MachineParts> {
  const { config, clock, log, storage, settings, events, bus, late, refusal, shedding } =
    foundation;
  const sensorChanged = (sensor: Sensor) => bus.publish("sensor.changed", sensor);
  const registry = createRegistry({
    clock,
    rows: {
      ...await loadRegistry(storage.db),
      last: await storage.readings.lastValues(clock.now() + AHEAD_MOST_MS),
    },
    options: {
      autoRegister: () => settings.get("intake.new_sensors"),
      newPerHour: () => settings.get("intake.new_sensors_per_hour"),
      news: (news) => [events.statement(sensorEvent(news, registry.machines, clock.now()))],
      onKind: sensorChanged,
    },
  });
  const machines = createMachinesService({
    db: storage.db,
    clock,
    registry,
    windows: await loadWindows(storage.db),
    limitFaults,
    onSensor: sensorChanged,
    onMove: async (from, to) =>
      together(await late.get("predictions").move(from, to), late.get("alarms").move(from, to)),
    onPurge: async (sensor) =>
      await forgetReadings(storage.readings, sensor.num)
        ? [
          ...late.get("detection").findings.forget(sensor.num),
          deleteComputed(sensor.num),
          deleteNotesOf(sensor.id),
        ]
        : null,
    onPurgeMachine: async ({ id }) => {
      // Another machine may get its path, and then its id.
      await unlist(settings, id);
      return [deleteNotesOfMachine(id)];
    },
  });
  shedding.register({ name: "photos" });
  const photos = createPhotos({
    files: createFileStore({
      folder: join(config.dataDir, "files", "photos"),
      types: PHOTO_TYPES,
      mostBytes: PHOTO_BYTES_MOST,
      quotaBytes: () => settings.get("machines.photos_mb") * MEGABYTE,
      refusal: () => refusal() ?? shedding.refusal("photos"),
    }),
    machines: registry.machines,
    service: machines,
    clock,
    log: log.child("photos"),
  });
  const windowOf = createWindowWatch({ windows: machines.windows, zone: foundation.zone });
  return { registry, machines, photos, windowOf };
}

function together(...parts: MoveElsewhere[]): MoveElsewhere {
  return {
    statements: parts.flatMap(({ statements }) => statements),
    moved() {
      for (const part of parts) part.moved();
    },
  };
}
