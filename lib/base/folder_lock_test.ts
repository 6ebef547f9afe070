import assert from "node:assert/strict";
import { join } from "node:path";
import { lockFolder } from "./folder_lock.ts";

async function withDir(use: (dir: string) => Promise<void>) {
  const dir = await Deno.makeTempDir();
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("lockFolder gives a folder once per purpose, whatever path leads there", () =>
  withDir(async (dir) => {
    const folder = join(dir, "data");
    await Deno.mkdir(folder);
    await Deno.symlink(folder, join(dir, "link"));
    const one = await lockFolder(folder, "database");
    const other = await lockFolder(join(dir, "link"), "data directory");
    assert.ok(one && other);
    assert.equal(await lockFolder(join(dir, "link"), "database"), null);
    one.release();
    one.release();
    const again = await lockFolder(folder, "database");
    assert.ok(again, "released and taken again while the other purpose holds");
    again.release();
    other.release();
  }));

Deno.test("lockFolder gives it to one of many that ask at once", () =>
  withDir(async (dir) => {
    const got = await Promise.all(Array.from({ length: 20 }, () => lockFolder(dir, "database")));
    assert.equal(got.filter((lock) => lock !== null).length, 1);
    got.find((lock) => lock !== null)!.release();
  }));

Deno.test("lockFolder keeps other processes out, also after every file in it was removed", () =>
  withDir(async (dir) => {
    const child = `
      const { lockFolder } = await import(${
      JSON.stringify(import.meta.resolve("./folder_lock.ts"))
    });
      Deno.exit(await lockFolder(${JSON.stringify(dir)}, "other") === null ? 3 : 0);`;
    const ask = async () => {
      const args = ["eval", "--no-check", child];
      return (await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output()).code;
    };
    await Deno.writeTextFile(join(dir, "perch.lock"), "");
    const lock = await lockFolder(dir, "database");
    await Deno.remove(join(dir, "perch.lock"));
    assert.equal(await ask(), 3);
    lock!.release();
    assert.equal(await ask(), 0);
  }));
