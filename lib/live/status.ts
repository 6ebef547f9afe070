import type { Clock } from "../base/clock.ts";
import type { Task } from "../base/supervisor.ts";
import type { IntakeStats } from "../intake/intake.ts";
import { isPlant, plantSensors } from "../machines/host_machine.ts";
import type { MachineDirectory, SensorDirectory } from "../machines/sensor.ts";
import type { StoreStats } from "../readings/store.ts";
import type { Overall } from "./components.ts";
import type { Recent } from "./recent.ts";
import type { Status } from "./status_shape.ts";
import { needsAttention } from "./status_words.ts";
import type { Statuses } from "./statuses.ts";
import type { StreamHub } from "./stream.ts";

export interface StatusServices {
  clock: Clock;
  sensors: SensorDirectory;
  recent: Pick<Recent, "status">;
  machines: MachineDirectory;
  statuses: Pick<Statuses, "condition" | "takeChanges">;
  intake: { stats(): IntakeStats };
  alarms: () => Status["alarms"];
  stored: () => Promise<StoreStats>;
  overall: () => Overall;
  /** Share of the disk in use, 0…1. */
  diskUsed: () => Promise<number | null>;
  /** When the last verified backup was made; null: there is none. */
  backupMs: () => number | null;
  hub: Pick<StreamHub, "publish" | "stats">;
}

const EVERY_MS = 2_000;
/** Asking the database and the file system more often than this brings nothing new. */
const SLOW_EVERY_MS = 10_000;

export interface StatusBoard {
  now(): Promise<Status>;
  /** Publishes a `status` event every 2 s while someone listens. */
  task: Task;
}

export function createStatusBoard(services: StatusServices): StatusBoard {
  const { clock, sensors, machines, statuses, recent, hub } = services;
  let slow: { atMs: number; store: StoreStats; stored: number; disk: number | null } | null = null;

  async function slowPart() {
    if (slow === null || clock.monotonic() - slow.atMs > SLOW_EVERY_MS) {
      const stored = services.intake.stats().stored;
      const [store, disk] = await Promise.all([services.stored(), services.diskUsed()]);
      slow = { atMs: clock.monotonic(), store, stored, disk };
    }
    return slow;
  }

  async function now(): Promise<Status> {
    const { store, stored, disk } = await slowPart();
    const flow = services.intake.stats();
    const all = plantSensors(sensors, machines).all();
    const atMs = clock.now();
    return {
      at_ms: atMs,
      ts: atMs,
      overall: services.overall(),
      sensors: {
        total: all.length,
        offline: count(all, (sensor) => recent.status(sensor) === "offline"),
        unreviewed: count(all, (sensor) => sensor.review === "new"),
      },
      machines: countMachines(services),
      alarms: services.alarms(),
      changes: [],
      readings: {
        per_s: Math.round(flow.ratePerS * 10) / 10,
        stored: store.readings + Math.max(0, flow.stored - stored),
        rejected: flow.rejected,
        duplicate: flow.duplicate,
        waiting: flow.queued,
      },
      database_bytes: store.databaseBytes,
      disk_used: disk,
      backup_ms: services.backupMs(),
      streams: hub.stats().clients,
    };
  }

  return {
    now,
    task: {
      name: "status",
      async run(signal) {
        for (;;) {
          await clock.sleep(EVERY_MS, signal);
          const changes = statuses.takeChanges();
          // A change also while nobody listens: a page that comes next goes on where it was drawn.
          if (changes.length === 0 && hub.stats().clients === 0) continue;
          hub.publish("status", { ...await now(), changes });
        }
      },
    },
  };
}

/**
 * How many machines are how. The host and cameras are no part of the plant; they count while something is wrong with
 * them.
 */
export function countMachines(
  { machines, statuses }: {
    machines: Pick<MachineDirectory, "all">;
    statuses: Pick<Statuses, "condition">;
  },
): Status["machines"] {
  const counts = { total: 0, normal: 0, warning: 0, critical: 0, offline: 0, maintenance: 0 };
  for (const machine of machines.all()) {
    const { status } = statuses.condition(machine.path);
    if (!isPlant(machine) && !needsAttention(status)) continue;
    counts.total++;
    counts[status]++;
  }
  return counts;
}

function count<T>(items: readonly T[], test: (item: T) => boolean): number {
  let n = 0;
  for (const item of items) if (test(item)) n++;
  return n;
}
