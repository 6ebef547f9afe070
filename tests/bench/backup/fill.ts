import { dirname, join } from "node:path";
import type { SqlStatement } from "../../../lib/db/client.ts";
import { openConnection } from "../../../lib/db/connection.ts";
import { migrate, readMigrations } from "../../../lib/db/migrate.ts";
import { encodeRow, rowChecksum } from "../../../lib/readings/chunk_row.ts";
import { sign } from "../../../lib/readings/checksum.ts";
import { signMinutes } from "../../../lib/readings/minutes.ts";
import { replaceSeries } from "../../../lib/readings/series_row.ts";
import type { Slice } from "../../../lib/readings/slice.ts";
import { MIGRATIONS, randomBytes } from "../../support/backup.ts";
import { createPlant } from "../../support/plant.ts";

const CHUNK_READINGS = 12_000;
const CHUNKS_PER_SENSOR = 48;
/** Files beside the database, as a share of it. */
const FILES_SHARE = 0.02;
const DAY_MS = 86_400_000;

/**
 * A data directory whose database has so many megabytes of sealed chunks, as a plant at 1 Hz with an uneven clock
 * makes them, and attachments and photos. All sensors have the same readings, each with chunks that are signed for
 * it: they lie further apart than gzip looks. Gives how many chunks there are.
 */
export async function fillPlant(dataDir: string, megabytes: number): Promise<number> {
  const connection = await openConnection({
    url: `file:${join(dataDir, "perch.db")}`,
    synchronous: "off",
  });
  await migrate(connection, readMigrations(MIGRATIONS), Date.now());
  const slices = slicesOfOne();
  let bytes = 0;
  let sensor = 0;
  while (bytes < megabytes * 1e6) {
    const { statements, bytes: more } = sensorOf(++sensor, slices);
    await connection.write(statements);
    bytes += more;
  }
  await connection.close();
  await addFiles(dataDir, megabytes * 1e6 * FILES_SHARE);
  return sensor * slices.length;
}

interface Sealed {
  slice: Slice;
  row: ReturnType<typeof encodeRow>;
}

function slicesOfOne(): Sealed[] {
  const startMs = Date.now() - 30 * DAY_MS;
  const plant = createPlant({ sensors: 1, jitterMs: 2, startMs });
  return Array.from({ length: CHUNKS_PER_SENSOR }, () => {
    const { n, tMs, value, flags } = plant.next(CHUNK_READINGS);
    const slice = { n, tMs: tMs.sort(), value, flags, seq: null };
    return { slice, row: encodeRow(1, 0, slice) };
  });
}

function sensorOf(sensor: number, sealed: readonly Sealed[]) {
  const statements: SqlStatement[] = [{
    sql: "INSERT INTO sensors (num, id, name, machine, sensor, kind, review, created_ms) " +
      "VALUES (?,?,?,?,?,'number','confirmed',?)",
    args: [
      ...[sensor, `filled-${sensor}`, `filled/m${sensor}/value`, `filled/m${sensor}`, "value"],
      sealed[0].row.firstMs,
    ],
  }];
  let bytes = 0;
  for (const { row } of sealed) {
    const checksum = rowChecksum({ ...row, sensor });
    sign(row.data, checksum);
    signMinutes(row.minutes, sensor, checksum);
    bytes += row.bytes;
    statements.push({
      sql: "INSERT INTO chunks " +
        "(sensor, first_ms, last_ms, rank, late, n, bytes, min, max, sum, minutes, data) " +
        "VALUES (?,?,?,0,0,?,?,?,?,?,?,?)",
      args: [
        ...[sensor, row.firstMs, row.lastMs, row.n, row.bytes, row.min, row.max, row.sum],
        ...[row.minutes.slice(), row.data.slice()],
      ],
    });
  }
  const { slice, row } = sealed.at(-1)!;
  const series = {
    ...{ sensor, sealedGroup: 0, newestMs: row.lastMs, newestValue: slice.value[slice.n - 1] },
    ...{ maxSeq: -Infinity, oldestMs: sealed[0].row.firstMs, chunks: sealed.length },
    ...{ readings: sealed.length * CHUNK_READINGS, bytes },
  };
  return { statements: [...statements, replaceSeries(series, "file")], bytes };
}

async function addFiles(dataDir: string, bytes: number): Promise<void> {
  const files = Math.max(2, Math.ceil(bytes / 1e6));
  for (let i = 0; i < files; i++) {
    const path = join(dataDir, "files", i % 2 === 0 ? "attachments" : "photos", `${i}.jpg`);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeFile(path, randomBytes(Math.round(bytes / files)));
  }
}
