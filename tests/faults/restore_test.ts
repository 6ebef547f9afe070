/**
 * A restore is whole or it did not happen. Killed before every step of the swap (`RESTORE_KILLS` of them, default 3;
 * all in the soak), of taking it back, and of the start that finishes it; on a disk that is full half-way; over file
 * systems that are mounted in the data directory. Each child costs a second on a loaded host, hence the numbers.
 * Controls: `SABOTAGE=restore_no_finish` (the start does not finish), `SABOTAGE=restore_keeps_wal` (what lies beside
 * the database stays).
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { finishRestore, undoRestore } from "../../lib/backup/after.ts";
import { restore } from "../../lib/backup/restore.ts";
import { haveMounts, smallDisk } from "../support/disk.ts";
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

const KILLS = Number(Deno.env.get("RESTORE_KILLS") ?? 3);
const CHILD = new URL("./restore_child.ts", import.meta.url).pathname;
const mounts = haveMounts();

/** A plant with a log beside its database, and another state of it that lies ready to go in. */
async function ready(dataDir: string): Promise<void> {
  await makePlant(dataDir);
  await Deno.writeTextFile(
    join(dataDir, "perch.db-wal"),
    "what the database before had not taken in",
  );
  await Deno.mkdir(join(dataDir, "codecs"));
  await Deno.writeTextFile(join(dataDir, "codecs/own.js"), "of one's own");
  const incoming = join(dataDir, ".restore-x");
  await Deno.mkdir(join(incoming, "files/attachments"), { recursive: true });
  await Deno.writeTextFile(join(incoming, "perch.db"), "the restored database");
  await Deno.writeTextFile(join(incoming, "jwt.key"), "k".repeat(43));
  await Deno.writeTextFile(join(incoming, "files/attachments/two"), "of the archive");
  await Deno.writeTextFile(join(incoming, "restored.json"), restoredText());
}

const restoredText = () =>
  JSON.stringify({
    format: 1,
    from: "perch-x-1.tar.gz",
    made_ms: 1,
    at_ms: 2,
    replaced: "replaced-1",
    earlier: [],
    epoch: 13,
    list: {
      ...{ live: "compared", foreign: false, people_out: [], people_back: [], keys_out: [] },
      ...{ keys_back: [], channels_off: [], type_again: [], lost: null },
    },
    items: [
      ...["perch.db", "perch.db-wal", "perch.db-shm", "perch.db-journal", "perch.db-owner"],
      ...["files/attachments", "files/photos", "codecs", "drivers", "detectors"],
      ...["jwt.key", "restored.json"],
    ].map((name) => ({ live: name, name })),
  });

async function child(what: string, dataDir: string, step?: number) {
  const { code, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      CHILD,
      what,
      dataDir,
      ...(step === undefined ? [] : [`${step}`]),
    ],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const err = new TextDecoder().decode(stderr);
  assert.ok(code === 0 || signal === "SIGKILL", err);
  return { killed: signal === "SIGKILL", steps: Number(new TextDecoder().decode(stdout)) };
}

/** The plant itself: not the folders of restores. */
const plantOf = (dataDir: string) =>
  contentOf(dataDir, /^(replaced-|undone-|\.restore-|restoring)/);

const finish = (dataDir: string) =>
  sabotaged("restore_no_finish") ? Promise.resolve(null) : finishRestore(dataDir);

/** So many of the steps, evenly, the last ones among them. */
function chosen(steps: number): number[] {
  const most = Math.min(KILLS, steps);
  return [
    ...new Set(
      Array.from({ length: most }, (_, i) => Math.round(i * (steps - 1) / Math.max(1, most - 1))),
    ),
  ];
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-restoring-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a restore that is killed before any step is before or after, never between", () =>
  withFolder(async (folder) => {
    const model = join(folder, "model");
    await ready(model);
    const before = await plantOf(model);
    const whole = join(folder, "whole");
    await copyTree(model, whole);
    const { steps } = await child("restore", whole);
    const after = await plantOf(whole);
    assert.equal(after["perch.db-wal"], undefined, "no log of another database");
    assert.ok(steps > 20, `${steps} steps`);
    for (const step of chosen(steps)) {
      const dataDir = join(folder, `at-${step}`);
      await copyTree(model, dataDir);
      assert.equal((await child("restore", dataDir, step)).killed, true);
      // A second kill while the start finishes it, at every third.
      if (step % 3 === 1) await child("finish", dataDir, step % 7);
      await finish(dataDir);
      assert.deepEqual(await plantOf(dataDir), step === 0 ? before : after, `killed at ${step}`);
      assert.equal(await finishRestore(dataDir), null, "nothing is left to do");
      const litter = [...Deno.readDirSync(dataDir)].map(({ name }) => name)
        .filter((name) => /^(\.restore-|restoring)/.test(name));
      assert.deepEqual(litter, [], `killed at ${step}`);
      if (step === 0) continue;
      await undoRestore(dataDir, NOW_MS);
      assert.deepEqual(await plantOf(dataDir), before, `undone after a kill at ${step}`);
    }
  }));

Deno.test("taking a restore back, killed before any step, is done or not, never half", () =>
  withFolder(async (folder) => {
    const model = join(folder, "model");
    await ready(model);
    const before = await plantOf(model);
    await child("restore", model);
    const after = await plantOf(model);
    const whole = join(folder, "whole");
    await copyTree(model, whole);
    const { steps } = await child("undo", whole);
    assert.deepEqual(await plantOf(whole), before);
    for (const step of chosen(steps)) {
      const dataDir = join(folder, `at-${step}`);
      await copyTree(model, dataDir);
      assert.equal((await child("undo", dataDir, step)).killed, true);
      await finish(dataDir);
      assert.deepEqual(await plantOf(dataDir), step === 0 ? after : before, `killed at ${step}`);
    }
  }));

Deno.test({
  name: "a restore over mounted file systems moves what is there, and gives it back",
  ignore: !mounts,
  fn: () =>
    withFolder(async (folder) => {
      await using database = await smallDisk(16);
      await using attachments = await smallDisk(4);
      const dataDir = join(folder, "data");
      await makePlant(dataDir);
      const archive = await archiveOf(dataDir, join(folder, "archive"));
      await change(dataDir, [person("eve")]);
      // The database is on a disk of its own, and so are the attachments, one by a link.
      const path = join(database.path, "perch.db");
      await Deno.rename(join(dataDir, "perch.db"), join(dataDir, "x"));
      await Deno.copyFile(join(dataDir, "x"), path);
      await Deno.remove(join(dataDir, "x"));
      await copyTree(join(dataDir, "files/attachments"), attachments.path);
      await Deno.remove(join(dataDir, "files/attachments"), { recursive: true });
      await Deno.symlink(attachments.path, join(dataDir, "files/attachments"));
      await Deno.writeTextFile(join(attachments.path, "two"), "written since");
      const before = [await contentOf(database.path), await contentOf(attachments.path)];
      const request = requestOf(dataDir, { database: path });
      const record = await restore(request, archive, () => {});
      assert.deepEqual(Object.keys(await contentOf(database.path)), ["perch.db"]);
      assert.deepEqual(Object.keys(await contentOf(attachments.path)), ["one"]);
      assert.equal(record.list.live, "compared");
      await undoRestore(dataDir, NOW_MS);
      assert.deepEqual([await contentOf(database.path), await contentOf(attachments.path)], before);
    }),
});

Deno.test({
  name: "a restore that runs out of room half-way leaves everything as it was",
  ignore: !mounts,
  fn: () =>
    withFolder(async (folder) => {
      await using disk = await smallDisk(6);
      const dataDir = join(folder, "data");
      await makePlant(dataDir);
      const archive = await archiveOf(dataDir, join(folder, "archive"));
      const path = join(disk.path, "perch.db");
      await Deno.copyFile(join(dataDir, "perch.db"), path);
      await Deno.remove(join(dataDir, "perch.db"));
      const big = new Uint8Array(5_000_000);
      crypto.getRandomValues(big.subarray(0, 65_536));
      const before = [await contentOf(dataDir), await contentOf(disk.path)];
      // What comes in is larger than the disk it goes to.
      const unpack: typeof archive.unpack = async (request, onProgress) => {
        const manifest = await archive.unpack(request, onProgress);
        await change(request.target, [["create table ballast (b blob)"], [
          "insert into ballast values (?)",
          big,
        ], ["insert into ballast values (?)", big]]);
        return manifest;
      };
      const request = requestOf(dataDir, { database: path });
      await assert.rejects(restore(request, { unpack }, () => {}), /os error 28/);
      assert.deepEqual([await contentOf(dataDir), await contentOf(disk.path)], before);
      // The data directory's own disk is full: there is no room for what is unpacked.
      await using full = await smallDisk(4);
      await copyTree(dataDir, full.path);
      await copyTree(path, join(full.path, "perch.db"));
      const whole = await contentOf(full.path);
      for (let taken = 0; taken < 5; taken++) {
        await full.take(taken === 4 ? Infinity : 300_000);
        await restore(requestOf(full.path), archive, () => {}).then(
          () => undoRestore(full.path, NOW_MS),
          () => {},
        );
        assert.deepEqual(await contentOf(full.path, /^(ballast|undone-)/), whole);
      }
    }),
});
