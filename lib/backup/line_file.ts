import { join } from "node:path";
import { makeFolder, syncFolder } from "../base/durable_file.ts";
import { writeAll } from "../base/write_all.ts";
import { belongToFolder } from "../base/owner.ts";
import { onDisk } from "../base/disk.ts";

/** Readings that were written into a file. */
export interface Exported {
  /** Null: there was none to write. */
  file: string | null;
  readings: number;
  fromMs: number | null;
  untilMs: number | null;
  /** In damaged parts of the database: they cannot be read. */
  damaged: number;
}

/** Takes the lines of a file, a reading each. */
export interface LineSink {
  line(line: { text: string; tMs: number }): Promise<void>;
  /** So many cannot be written. */
  damaged(n: number): void;
}

const BLOCK_CHARS = 64 * 1024;

/** The file under its name once it is whole and on the disk; none when there was no line. */
export async function writeLines(
  target: string,
  fill: (out: LineSink) => Promise<void>,
): Promise<Exported> {
  const folder = join(target, "..");
  const partial = `${target}.partial`;
  const found: Exported = { file: null, readings: 0, fromMs: null, untilMs: null, damaged: 0 };
  const disk = <T>(work: () => Promise<T>) => onDisk(`write ${partial}`, work);
  await disk(() => makeFolder(folder));
  const file = await disk(() =>
    Deno.open(partial, { write: true, create: true, truncate: true, mode: 0o600 })
  );
  let block = "";
  const flush = async () => {
    const bytes = new TextEncoder().encode(block);
    block = "";
    await disk(() => writeAll(file, bytes));
  };
  try {
    try {
      await fill({
        damaged: (n) => void (found.damaged += n),
        async line({ text, tMs }) {
          found.readings++;
          found.fromMs = Math.min(found.fromMs ?? tMs, tMs);
          found.untilMs = Math.max(found.untilMs ?? tMs, tMs);
          block += `${text}\n`;
          if (block.length > BLOCK_CHARS) await flush();
        },
      });
      await flush();
      await disk(() => file.sync());
      await belongToFolder(partial);
    } finally {
      file.close();
    }
    if (found.readings === 0) {
      await Deno.remove(partial);
      return found;
    }
    await disk(() => Deno.rename(partial, target));
    await disk(() => syncFolder(folder));
    return { ...found, file: target };
  } catch (error) {
    await Deno.remove(partial).catch(() => {});
    throw error;
  }
}
