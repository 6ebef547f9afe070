import { join } from "node:path";
import { z } from "zod";
import { readRestored } from "../backup/restored.ts";
import type { Receipt } from "../backup/types.ts";
import type { Config } from "../base/config.ts";
import { writeDurably } from "../base/durable_file.ts";
import { messageOf, type PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Restore } from "./safe_mode.ts";
import { hostZone, timeIn } from "./site.ts";

/** What was restored without asking, last. Written before it is done: no archive is restored so twice. */
const NAME = "auto-restored.json";
const recordShape = z.object({
  file: z.string(),
  /** When the backup was made. */
  made_ms: z.number(),
  at_ms: z.number(),
  /** What was wrong. */
  reason: z.string(),
});
type Record = z.output<typeof recordShape>;

/**
 * With `AUTO_RESTORE=yes`: restores the newest good backup, unless that has been done before; a database that is
 * damaged again needs a person, or a newer backup. Tells whether it did; never throws.
 */
export async function restoreByItself(
  { config, log, error, backups, restore }: {
    config: Pick<Config, "dataDir" | "autoRestore">;
    log: Log;
    error: PerchError;
    backups: readonly Receipt[];
    restore: Restore;
  },
): Promise<boolean> {
  const { dataDir } = config;
  const [newest] = backups;
  if (!config.autoRestore || newest === undefined) return false;
  const { file, manifest } = newest;
  const reason = error.refusal?.what ?? error.message;
  const before = await readRecord(dataDir);
  if (before?.file === file) {
    log.error(
      `${reason}: ${file} was restored at ${timeIn(hostZone)(before.at_ms)} already, not again`,
    );
    return false;
  }
  if (newest.encrypted) {
    log.error(`${file} is encrypted: AUTO_RESTORE cannot restore it without its key`);
    return false;
  }
  log.error(`${reason}: AUTO_RESTORE restores ${file} now`);
  try {
    const record: Record = { file, made_ms: manifest.created_ms, at_ms: Date.now(), reason };
    await writeDurably(join(dataDir, NAME), new TextEncoder().encode(JSON.stringify(record)));
    await restore(file, () => {});
    log.error(`${file} was restored without asking. ${sentence(record)}`);
    return true;
  } catch (failure) {
    log.error(`${file} could not be restored: ${messageOf(failure)}`);
    return false;
  }
}

/** What a person has to know of a restore that nobody asked for, until they confirm or undo it; else null. */
export async function restoredByItself(dataDir: string): Promise<string | null> {
  const record = await readRecord(dataDir);
  if (record === null) return null;
  const restored = await readRestored(dataDir).catch(() => null);
  const waits = restored !== null && restored.replaced !== null &&
    restored.from.endsWith(record.file);
  return waits ? sentence(record) : null;
}

function sentence({ file, made_ms, at_ms, reason }: Record): string {
  return `${reason}. So Perch restored ${file} by itself at ${
    timeIn(hostZone)(at_ms)
  } (AUTO_RESTORE): what was ` +
    `stored after ${
      timeIn(hostZone)(made_ms)
    } is missing. Stop Perch and run \`perch restore --confirm\` to keep ` +
    "it so, or `perch restore --undo`.";
}

async function readRecord(dataDir: string): Promise<Record | null> {
  try {
    return recordShape.parse(JSON.parse(await Deno.readTextFile(join(dataDir, NAME))));
  } catch {
    // Missing, or not what Perch wrote: at worst the same backup is restored once more.
    return null;
  }
}
