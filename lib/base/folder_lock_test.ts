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
    const one = lockFolder(folder, "database");
    const other = lockFolder(join(dir, "link"), "data directory");
    assert.ok(one && other);
    assert.equal(lockFolder(join(dir, "link"), "database"), null);
    one.release();
    one.release();
    const again = lockFolder(folder, "database");
    assert.ok(again, "released and taken again while the other purpose holds");
    again.release();
    other.release();
  }));

Deno.test("lockFolder keeps other processes out, also after every file in it was removed", () =>
  withDir(async (dir) => {
    const child = `
      const { lockFolder } = await import(${
      JSON.stringify(import.meta.resolve("./folder_lock.ts"))
    });
      Deno.exit(lockFolder(${JSON.stringify(dir)}, "other") === null ? 3 : 0);`;
    const ask = async () => {
      const args = ["eval", "--no-check", child];
      return (await new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output()).code;
    };
    await Deno.writeTextFile(join(dir, "perch.lock"), "");
    const lock = lockFolder(dir, "database");
    await Deno.remove(join(dir, "perch.lock"));
    assert.equal(await ask(), 3);
    lock!.release();
    assert.equal(await ask(), 0);
  }));
