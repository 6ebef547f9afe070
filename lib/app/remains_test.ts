import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { findRemains, setAside } from "./remains.ts";

async function withFiles(files: string[], use: (dir: string) => Promise<void> | void) {
  const dir = await Deno.makeTempDir();
  try {
    for (const file of files) {
      await Deno.mkdir(dirname(join(dir, file)), { recursive: true });
      await Deno.writeTextFile(join(dir, file), "x");
    }
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("findRemains finds nothing in what may be there before a first start", () =>
  withFiles(
    [".env", "perch.lock", "codecs/a.js", "drivers/b.js", "rejected.jsonl", "lost+found/.x"],
    (dir) => {
      Deno.mkdirSync(join(dir, "files/attachments"), { recursive: true });
      Deno.mkdirSync(join(dir, "logs"));
      assert.deepEqual(findRemains(dir, join(dir, "perch.db")), []);
      assert.deepEqual(findRemains(join(dir, "not there"), null), []);
    },
  ));

for (
  const file of [
    "jwt.key",
    "channels.key",
    "setup-token",
    "rejected.replayed",
    "files/attachments/a.png",
    "files/photos/b.png",
    "logs/data_events.log",
    "perch.db-wal",
    "perch.db-owner",
  ]
) {
  Deno.test(`findRemains finds ${file}, and setAside moves it away`, () =>
    withFiles([file, ".env"], (dir) => {
      const found = findRemains(dir, join(dir, "perch.db"));
      assert.equal(found.length, 1);
      assert.ok(join(dir, file).startsWith(found[0].path));
      const folder = setAside(dir, found, 0);
      assert.equal(folder, join(dir, "before-1970-01-01T00-00-00.000Z"));
      assert.deepEqual(findRemains(dir, join(dir, "perch.db")), []);
      assert.equal([...Deno.readDirSync(folder)].length, 1);
      assert.ok(Deno.statSync(join(dir, ".env")).isFile);
    }));
}
