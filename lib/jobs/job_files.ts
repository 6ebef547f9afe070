/**
 * DESIGN. What a job writes lies in the folder of the jobs, under a name made of the job's id alone. While it is
 * written it is called `.partial`; it gets its name when it is whole and on the disk, and its row after that. So a
 * row never names a file that is not whole, and what no row names is removed by the next sweep.
 */
import { extname, join } from "node:path";
import { makeFolder, removeDurably, syncFolder } from "../base/durable_file.ts";
import { namesIn, removeIfThere } from "../base/folders.ts";
import { belongToFolder } from "../base/owner.ts";

export interface JobFiles {
  /** Where the file of a job is written. */
  begin(id: string): Promise<string>;
  /** It is whole: on the disk, under its name. Null: nothing was written. */
  finish(id: string, name: string): Promise<{ stored: string; bytes: number } | null>;
  /** Removes what a job that did not end well has written. */
  giveUp(id: string): Promise<void>;
  /** Bytes written so far. */
  written(id: string): Promise<number>;
  /** Null: there is no such file. */
  path(stored: string): Promise<{ path: string; bytes: number } | null>;
  remove(stored: string): Promise<void>;
  /** Names that are there. */
  names(): Promise<string[]>;
  /** Removes those of the names that nobody needs. */
  sweep(names: readonly string[], isNeeded: (name: string, id: string) => boolean): Promise<void>;
}

const PARTIAL = ".partial";
const STORED = /^[0-9a-z]{4,40}(\.[a-z0-9]{1,10})?$/;

export function createJobFiles(folder: string): JobFiles {
  const partial = (id: string) => join(folder, id + PARTIAL);
  const sizeOf = (path: string) => Deno.stat(path).then(({ size }) => size, () => null);
  return {
    async begin(id) {
      await makeFolder(folder);
      await removeDurably(partial(id));
      return partial(id);
    },
    async finish(id, name) {
      const path = partial(id);
      if (await sizeOf(path) === null) return null;
      const extension = extname(name).toLowerCase();
      const stored = STORED.test(id + extension) ? id + extension : id;
      using file = await Deno.open(path, { read: true, write: true });
      await file.sync();
      const { size: bytes } = await file.stat();
      await belongToFolder(path);
      await Deno.rename(path, join(folder, stored));
      await syncFolder(folder);
      return { stored, bytes };
    },
    giveUp: (id) => removeIfThere(partial(id)),
    written: async (id) => await sizeOf(partial(id)) ?? 0,
    async path(stored) {
      if (!STORED.test(stored)) return null;
      const path = join(folder, stored);
      const bytes = await sizeOf(path);
      return bytes === null ? null : { path, bytes };
    },
    remove: (stored) =>
      STORED.test(stored) ? removeIfThere(join(folder, stored)) : Promise.resolve(),
    names: () => namesIn(folder),
    async sweep(names, isNeeded) {
      for (const name of names) {
        const isOurs = STORED.test(name) || name.endsWith(PARTIAL);
        if (isOurs && !isNeeded(name, name.split(".")[0])) await removeIfThere(join(folder, name));
      }
    },
  };
}
