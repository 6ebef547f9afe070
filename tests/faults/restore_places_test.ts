/**
 * Where a plant may lie when it is restored: in a data directory of another user than the one who restores, behind a
 * link, with blanks in its path, under mounted folders and a mounted file.
 * Control: `SABOTAGE=restore_by_root` (nothing is given to the owner of the data directory).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { confirmRestore, undoRestore } from "../../lib/backup/after.ts";
import { restore } from "../../lib/backup/restore.ts";
import { perch } from "../support/command_line.ts";
import { bindMount, haveMounts } from "../support/disk.ts";
import {
  archiveOf,
  change,
  contentOf,
  copyTree,
  makePlant,
  NOW_MS,
  person,
  requestOf,
} from "../support/restored_plant.ts";
import { sabotaged } from "../support/sabotage.ts";

/** Nobody is called so: only its number counts. */
const OWNER = 12345;
const mounts = haveMounts();
const { chown } = Deno;
if (sabotaged("restore_by_root")) Deno.chown = () => Promise.resolve();

/** A plant in `folder/data of a plant` that has changed since its archive was made. */
async function withPlant(
  use: (plant: {
    folder: string;
    dataDir: string;
    archive: Awaited<ReturnType<typeof archiveOf>>;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-places-" });
  try {
    const dataDir = join(folder, "data of a plant");
    await makePlant(dataDir);
    const archive = await archiveOf(dataDir, join(folder, "archive"));
    await change(dataDir, [person("eve")]);
    await Deno.writeTextFile(join(dataDir, "files/attachments/two"), "written since");
    await use({ folder, dataDir, archive });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function visit(path: string, see: (path: string) => Promise<void>): Promise<void> {
  await see(path);
  if (!(await Deno.lstat(path)).isDirectory) return;
  for (const { name } of await Array.fromAsync(Deno.readDir(path))) {
    await visit(join(path, name), see);
  }
}

Deno.test({
  name:
    "restoring, undoing and confirming as root leave everything to the owner of the data directory",
  ignore: Deno.uid() !== 0,
  fn: () =>
    withPlant(async ({ dataDir, archive }) => {
      await visit(dataDir, (path) => chown(path, OWNER, OWNER));
      const isOwned = (what: string) =>
        visit(dataDir, async (path) => {
          const { uid, gid } = await Deno.lstat(path);
          assert.deepEqual([uid, gid], [OWNER, OWNER], `${what}: ${path}`);
        });
      await restore(requestOf(dataDir), archive, () => {});
      await isOwned("restored");
      await undoRestore(dataDir, NOW_MS);
      await isOwned("undone");
      await Deno.remove(join(dataDir, "files"), { recursive: true });
      await restore(requestOf(dataDir), archive, () => {});
      await isOwned("restored where folders were missing");
      await confirmRestore(dataDir);
      await isOwned("confirmed");
    }),
});

Deno.test({
  name: "folders that are mounted in the data directory stay, and get what was restored",
  ignore: !mounts,
  fn: async () => {
    for (const name of ["files/attachments", "files"]) {
      await withPlant(async ({ folder, dataDir, archive }) => {
        const disk = join(folder, "disk");
        await copyTree(join(dataDir, name), disk);
        await using _mounted = bindMount(disk, join(dataDir, name));
        const before = await contentOf(dataDir);
        await restore(requestOf(dataDir), archive, () => {});
        const one = name === "files" ? "attachments/one" : "one";
        assert.deepEqual(Object.keys(await contentOf(disk)), [one], name);
        await undoRestore(dataDir, NOW_MS);
        assert.deepEqual(await contentOf(dataDir, /^undone-/), before, name);
      });
    }
  },
});

Deno.test({
  name: "a database that is mounted as a single file is not restored, and stays as it was",
  ignore: !mounts,
  fn: () =>
    withPlant(async ({ folder, dataDir, archive }) => {
      await copyTree(join(dataDir, "perch.db"), join(folder, "disk"));
      await using _mounted = bindMount(join(folder, "disk"), join(dataDir, "perch.db"));
      const before = await contentOf(dataDir);
      await assert.rejects(
        restore(requestOf(dataDir), archive, () => {}),
        /perch\.db is mounted as a single file, .*perch restore FILE --to DIR/,
      );
      assert.deepEqual(await contentOf(dataDir), before);
    }),
});

Deno.test("a data directory behind a link is restored where it really is", () =>
  withPlant(async ({ folder, dataDir, archive }) => {
    const link = join(folder, "link");
    await Deno.symlink(dataDir, link);
    const { replaced } = await restore(requestOf(link), archive, () => {});
    assert.deepEqual(Object.keys(await contentOf(join(dataDir, "files"))), ["attachments/one"]);
    assert.ok(Deno.statSync(join(dataDir, replaced!)).isDirectory);
    assert.ok(Deno.lstatSync(link).isSymlink);
  }));

Deno.test("the command does not restore into another place than the archive's plant, unless it is asked to", () =>
  withPlant(async ({ folder, dataDir }) => {
    const archive = join(dataDir, "backups/perch-x-20261128T193000Z-1.tar.gz");
    await Deno.mkdir(join(dataDir, "backups"));
    await Deno.writeTextFile(archive, "not looked at");
    await Deno.writeTextFile(join(dataDir, "perch.lock"), "");
    const elsewhere = join(folder, "elsewhere");
    await Deno.mkdir(elsewhere);
    const { code, err } = await perch(elsewhere, ["restore", archive, "--yes"]);
    assert.equal(code, 2);
    assert.match(err, /is a backup of the plant in .*set PERCH_DATA to .*give --to DIR/);
    assert.deepEqual([...Deno.readDirSync(elsewhere)], []);
  }));
