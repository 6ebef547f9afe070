import assert from "node:assert/strict";
import { join } from "node:path";
import { backUp, makePlant, requestFor } from "../../tests/support/backup.ts";
import { removeNoted } from "./deleting.ts";
import { archiveName, readBackups, removeLeftovers } from "./folder.ts";

const NAME = { nowMs: Date.UTC(2026, 10, 28, 19, 30), sequence: 17, encrypted: false };

Deno.test("archiveName is fit for every file system, whatever the plant is called", () => {
  const name = (site: string) => archiveName({ ...NAME, site });
  assert.equal(name("Hall 3"), "perch-hall-3-20261128T193000Z-17.tar.gz");
  assert.equal(name("../Größe"), "perch-grosse-20261128T193000Z-17.tar.gz");
  assert.equal(name("日本"), "perch-site-20261128T193000Z-17.tar.gz");
  assert.match(archiveName({ ...NAME, site: "x", encrypted: true }), /-17\.tar\.gz\.age$/);
});

Deno.test("readBackups counts what lies there as it was checked, the highest number first", async () => {
  const data = await Deno.makeTempDir({ prefix: "perch-folder-" });
  const folder = join(data, "backups");
  try {
    assert.deepEqual(await readBackups(folder), { good: [], bad: [] });
    await makePlant(data);
    for (const sequence of [1, 2, 3]) await backUp(requestFor(data, sequence));
    const { good } = await readBackups(folder);
    assert.deepEqual(good.map(({ manifest }) => manifest.sequence), [3, 2, 1]);
    await Deno.truncate(join(folder, good[0].file), 100);
    await Deno.remove(join(folder, `${good[1].file}.json`));
    const after = await readBackups(folder);
    assert.deepEqual(after.good.map(({ file }) => file), [good[2].file]);
    const reasons = new Map(after.bad.map(({ file, reason }) => [file, reason]));
    assert.match(reasons.get(good[0].file)!, /it has 100 bytes, and had \d+/);
    assert.equal(reasons.get(good[1].file), "it has no receipt");
    await Deno.writeTextFile(join(folder, `${good[0].file}.partial`), "half");
    await Deno.mkdir(join(folder, `.scratch-${good[0].file}`));
    await Deno.writeTextFile(join(folder, `.${crypto.randomUUID()}.tmp`), "half a receipt");
    await Deno.writeTextFile(join(folder, "mine.txt"), "not Perch's");
    await Deno.remove(join(folder, good[0].file));
    await removeLeftovers(folder);
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    const kept = [good[1].file, good[2].file, `${good[2].file}.json`, "mine.txt"];
    assert.deepEqual(names, kept.sort());
    await removeNoted(folder, good[2].file, () => Promise.resolve());
    assert.deepEqual((await readBackups(folder)).good, []);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
