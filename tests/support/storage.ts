import { systemClock } from "../../lib/base/clock.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import {
  type Connection,
  type ConnectionOptions,
  openConnection,
} from "../../lib/db/connection.ts";
import { migrate, readMigrations } from "../../lib/db/migrate.ts";
import { createReadingsEngine, type EngineDeps } from "../../lib/readings/engine.ts";
import { FLAG_ARRIVAL_TIME, FLAG_HAS_SEQ } from "../../lib/readings/reading.ts";
import type { PacketMark, ReadingGroup } from "../../lib/readings/reading.ts";
import type { ReadingsStore } from "../../lib/readings/store.ts";

/** The engine beside its connection, in this thread: what the database worker runs. */
export interface OpenEngine {
  connection: Connection;
  store: ReadingsStore;
  close(): Promise<void>;
}

export async function openEngine(
  options: ConnectionOptions & { clock?: Clock; limits?: EngineDeps["options"] },
): Promise<OpenEngine> {
  const connection = await openConnection(options);
  await migrate(
    connection,
    readMigrations(`${import.meta.dirname}/../../migrations`),
    Date.now(),
  );
  const store = await createReadingsEngine({
    connection,
    clock: options.clock ?? systemClock(),
    log: silentLog(),
    options: options.limits,
  });
  return { connection, store, close: () => connection.close() };
}

/** Runs `work` with the URL of a database in a temporary folder. */
export async function withDatabase(work: (url: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "perch-readings-" });
  try {
    await work(`file:${dir}/perch.db`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** One reading as a test writes it down. */
export interface TestReading {
  sensor: number;
  tMs: number;
  value: number;
  /** True: the host's time, given at arrival. */
  arrival?: boolean;
  seq?: number;
}

export function groupOf(
  readings: readonly TestReading[],
  packets: PacketMark[] = [],
): ReadingGroup {
  return {
    n: readings.length,
    sensor: Uint32Array.from(readings, (r) => r.sensor),
    tMs: Float64Array.from(readings, (r) => r.tMs),
    value: Float64Array.from(readings, (r) => r.value),
    flags: Uint8Array.from(
      readings,
      (r) => (r.arrival ? FLAG_ARRIVAL_TIME : 0) | (r.seq === undefined ? 0 : FLAG_HAS_SEQ),
    ),
    seq: readings.some((r) => r.seq !== undefined)
      ? Float64Array.from(readings, (r) => r.seq ?? 0)
      : null,
    packets,
  };
}
