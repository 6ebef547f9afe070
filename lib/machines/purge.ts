/** Removes for good what was deleted long ago; `service.ts` puts it beside the other changes. */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import { DAY_MS } from "../words/times.ts";
import type { Machine } from "./machine.ts";
import type { Registry } from "./registry.ts";
import type { Sensor } from "./sensor.ts";
import { deleteMachine, deleteSensor } from "./store.ts";
import type { WindowChanges } from "./window_service.ts";

/** How many were removed for good. */
export interface Purged {
  machines: number;
  sensors: number;
  windows: number;
}

/** A deletion can be undone for this long. */
export const UNDO_DAYS = 30;
const FIRST_MS = 5 * 60_000;

/** Removes for good what was deleted before `beforeMs`: it cannot be restored any more. */
export type Purge = (beforeMs: number, audited: Audited) => Promise<Purged>;

export interface PurgeDeps {
  db: Database;
  registry: Pick<Registry, "machines" | "changes">;
  windows: WindowChanges;
  exclusive: <T>(run: () => Promise<T>) => Promise<T>;
  /**
   * Deletes a sensor's readings and gives the statements for everything else that is kept of it; null when that
   * has to wait.
   */
  onPurge?: (sensor: Sensor) => Promise<SqlStatement[] | null>;
  /** The statements for what is kept of a machine elsewhere. */
  onPurgeMachine?: (machine: Machine) => Promise<SqlStatement[]>;
  /** As the audit log shows them. */
  shown: { machine: (machine: Machine) => unknown; sensor: (sensor: Sensor) => unknown };
}

/** The work behind `MachinesService.purge`. */
export function createPurge(deps: PurgeDeps): Purge {
  const { db, windows, exclusive, shown } = deps;
  const { machines, changes } = deps.registry;

  async function purgeSensor(sensor: Sensor, audited: Audited): Promise<boolean> {
    const elsewhere = await deps.onPurge?.(sensor) ?? null;
    if (elsewhere === null) return false;
    const resource = `sensor:${sensor.id}`;
    await db.write([
      ...elsewhere,
      ...deleteSensor(sensor.num),
      audited({ action: "sensor.purge", resource, before: shown.sensor(sensor) }),
    ]);
    changes.dropSensor(sensor);
    return true;
  }

  async function purgeMachine(machine: Machine, audited: Audited): Promise<void> {
    const resource = `machine:${machine.path}`;
    await db.write([
      ...await deps.onPurgeMachine?.(machine) ?? [],
      deleteMachine(machine.path),
      audited({ action: "machine.purge", resource, before: shown.machine(machine) }),
    ]);
    changes.dropMachine(machine);
  }

  return async (beforeMs, audited) => {
    const due = ({ deletedMs }: { deletedMs: number | null }) =>
      deletedMs !== null && deletedMs < beforeMs;
    const purged = { machines: 0, sensors: 0, windows: 0 };
    for (const { id } of changes.deletedSensors().filter(due)) {
      // Between two of them other changes may come, also the one that restores it.
      purged.sensors += await exclusive(async () => {
        const sensor = changes.deletedSensors().find((one) => one.id === id && due(one));
        return sensor && await purgeSensor(sensor, audited) ? 1 : 0;
      });
    }
    await exclusive(async () => {
      const holders = new Set(changes.deletedSensors().map((sensor) => sensor.machine));
      for (const machine of machines.deleted()) {
        if (!due(machine) || holders.has(machine.path)) continue;
        await purgeMachine(machine, audited);
        purged.machines++;
      }
      purged.windows = await windows.purge(beforeMs, audited);
    });
    return purged;
  };
}

/**
 * Once a day: what was deleted more than `UNDO_DAYS` ago goes for good. `deletionMs` is a clock that does not
 * follow jumps of the host's.
 */
export function purgeTask(deps: {
  clock: Clock;
  log: Log;
  service: { purge: Purge };
  deletionMs: () => number;
  audited: Audited;
}): Task {
  const { clock, log } = deps;
  return {
    name: "purge of deleted machines",
    async run(signal) {
      await clock.sleep(FIRST_MS, signal);
      for (;;) {
        const beforeMs = deps.deletionMs() - UNDO_DAYS * DAY_MS;
        const purged = await deps.service.purge(beforeMs, deps.audited);
        if (purged.machines + purged.sensors + purged.windows > 0) {
          log.info(`removed for good what was deleted ${UNDO_DAYS} days ago`, { ...purged });
        }
        await clock.sleep(DAY_MS, signal);
      }
    },
  };
}
