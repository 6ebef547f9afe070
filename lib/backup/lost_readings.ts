import { join } from "node:path";
import { messageOf, PerchError } from "../base/errors.ts";
import { type Migration, readMigrations } from "../db/migrate.ts";
import type { Compared } from "./compare.ts";
import { type Copy, withCopy } from "./copy.ts";
import { onDisk } from "../base/disk.ts";
import { type Exported, type LineSink, writeLines } from "./line_file.ts";
import { withLiveCopy } from "./live_copy.ts";
import { DATABASE_NAME } from "./manifest.ts";
import { missingIn, type MomentReading, Moments } from "./moments.ts";
import { lookAt } from "./moving.ts";
import { mayDifferFrom } from "./plant_state.ts";
import { type NamedSensor, sensorsIn } from "./restore_store.ts";
import type { RestoreRequest } from "./request.ts";

/*
 * DESIGN. What a restore takes away of the readings is written into a file first, as `POST /api/ingest/batch` takes
 * it. Both databases are read as copies, sensor by sensor and moment by moment, from where they may differ: what the
 * other one has as well is left out, so that nothing is there twice when the file is sent in again.
 */

/**
 * Writes the readings that are in the live database and not in what was unpacked to `folder` into `target`, which
 * does not exist; it is on the disk afterwards. Nothing else is changed.
 * @throws PerchError `conflict` when this Perch cannot read them, `storage_full`, `storage_failed`
 */
export async function exportLost(
  { request, folder, compared, target, onShare }: {
    request: Pick<RestoreRequest, "database" | "migrationsFolder">;
    folder: string;
    compared: Compared;
    target: string;
    onShare: (share: number) => void;
  },
): Promise<Exported> {
  const { live, restored, decision: { findings } } = compared;
  if (live === null) throw unreadable("the database cannot be read");
  if (await lookAt(target) !== null) {
    throw new PerchError("validation", `--export: ${target} is there already. Give another name.`);
  }
  const migrations = readMigrations(request.migrationsFolder);
  const expected = findings.lost?.readings ?? 0;
  const write = (then: Copy | null) =>
    withLiveCopy(request.database, folder, (database) =>
      withCopy(database, async (now) => {
        const from = mayDifferFrom(
          live.readings,
          then === null ? { sensors: new Map(), chunks: [] } : restored.readings,
        );
        const isNewer = await opened(now, migrations);
        const exported = await writeLines(
          target,
          (out) =>
            writeSensors({ now, then, from }, out, (n) => onShare(n / Math.max(1, expected))),
        ).catch((error) => {
          const isFull = error instanceof PerchError && error.code === "storage_full";
          throw isNewer && !isFull ? unreadable(messageOf(error)) : error;
        });
        if (isNewer && exported.damaged > 0) {
          if (exported.file !== null) await Deno.remove(exported.file);
          throw unreadable("some of them are in a form that is newer");
        }
        return exported;
      }));
  // Another plant's sensors have nothing to do with those here.
  return findings.foreign ? await write(null) : await withThen(folder, migrations, write);
}

/** The unpacked database as a copy: it is brought up to date for reading. */
async function withThen<T>(
  folder: string,
  migrations: readonly Migration[],
  use: (then: Copy) => Promise<T>,
): Promise<T> {
  const copy = join(folder, "then");
  try {
    await onDisk(`copy the database within ${folder}`, async () => {
      await Deno.mkdir(copy, { mode: 0o700 });
      await Deno.copyFile(join(folder, DATABASE_NAME), join(copy, DATABASE_NAME));
    });
    return await withCopy(join(copy, DATABASE_NAME), async (then) => {
      await then.openReadings(migrations);
      return await use(then);
    });
  } finally {
    await Deno.remove(copy, { recursive: true }).catch(() => {});
  }
}

async function opened(now: Copy, migrations: readonly Migration[]): Promise<boolean> {
  try {
    return await now.openReadings(migrations);
  } catch (error) {
    if (error instanceof PerchError && error.code === "storage_full") throw error;
    throw unreadable(messageOf(error));
  }
}

function unreadable(why: string): PerchError {
  return new PerchError(
    "conflict",
    `The readings that came since the backup cannot be read by this Perch (${why}). If a newer Perch wrote them, ` +
      "let that one export them: `perch restore --before-upgrade --dry-run --export yes`, with its binary. Then, " +
      "or to go back without them: --export no. Nothing was changed.",
  );
}

async function writeSensors(
  { now, then, from }: { now: Copy; then: Copy | null; from: ReadonlyMap<number, number> },
  out: LineSink,
  onCount: (n: number) => void,
): Promise<void> {
  const sensors = await sensorsIn(now.query);
  const known = then === null ? new Map<number, NamedSensor>() : await sensorsIn(then.query);
  let count = 0;
  for (const [num, fromMs] of from) {
    const sensor = sensors.get(num);
    if (sensor === undefined) continue;
    const words = wordsFor(sensor, known.get(num) ?? null);
    const theirs = then === null || !known.has(num) ? null : new Moments(then, num, fromMs);
    const ours = new Moments(now, num, fromMs);
    for (let moment = await ours.next(); moment !== null; moment = await ours.next()) {
      for (const reading of missingIn(await theirs?.at(moment.tMs) ?? [], moment.readings)) {
        const text = words(moment.tMs, reading);
        if (text === null) out.damaged(1);
        else await out.line({ text, tMs: moment.tMs });
        if (++count % 1_000 === 0) onCount(count);
      }
    }
    out.damaged(ours.damaged);
  }
}

/** A reading as a line for `POST /api/ingest/batch`; null: the text it stands for is not known. */
function wordsFor(
  now: NamedSensor,
  then: NamedSensor | null,
): (tMs: number, reading: MomentReading) => string | null {
  // Under the name that the restored plant knows it by.
  const { machine, sensor } = then ?? now;
  const unit = now.unit !== null && now.unit !== then?.unit ? { unit: now.unit } : {};
  return (ts, { value, seq }) => {
    const shown = now.kind === "text"
      ? now.texts.get(value)
      : now.kind === "binary"
      ? value !== 0
      : value;
    if (shown === undefined) return null;
    return JSON.stringify({
      machine,
      sensor,
      value: shown,
      ts,
      ...unit,
      ...(seq === null ? {} : { seq }),
    });
  };
}
