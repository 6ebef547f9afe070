/**
 * T19 and the first half of T18: what a backup that is made meanwhile may not do. Each test names its control.
 * `BACKUP_KILLS_N` sets how many processes are killed (2), `BACKUP_ROOM_STEP` by how many bytes the room on a full
 * disk grows from run to run.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { statfsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { PerchError } from "../../lib/base/errors.ts";
import { createBackupWorker } from "../../lib/backup/client.ts";
import { listBackups, readBackups } from "../../lib/backup/folder.ts";
import type { MakeRequest } from "../../lib/backup/types.ts";
import { openConnection } from "../../lib/db/connection.ts";
import {
  backUp,
  contentOf,
  gzip,
  makePlant,
  MIGRATIONS,
  randomBytes,
  requestFor,
  tarOf,
} from "../support/backup.ts";
import { haveMounts, smallDisk } from "../support/disk.ts";
import { noneOf } from "../support/figures.ts";
import { file, listed } from "../support/hostile_archives.ts";
import { sabotaged } from "../support/sabotage.ts";
import { groupOf, openEngine } from "../support/storage.ts";

const KILLS = Number(Deno.env.get("BACKUP_KILLS_N") ?? 2);
const ROOM_STEP = Number(Deno.env.get("BACKUP_ROOM_STEP") ?? 500_000);
const MOST_LIFE_MS = 2_500;
const FIRST_MS = Date.UTC(2026, 0, 1);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// Control: SABOTAGE=file_copy takes the file of the database as it lies there, as `cp` does.
Deno.test("a backup made while readings are committed every 20 ms holds all from before it, and loses none", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-backup-" });
  try {
    await makePlant(folder, 3_000_000);
    const live = await openEngine({ url: `file:${join(folder, "perch.db")}` });
    let acknowledged = 0;
    let isOver = false;
    const writing = (async () => {
      while (!isOver) {
        const reading = { sensor: 1, tMs: FIRST_MS + acknowledged, value: acknowledged };
        await live.store.append(groupOf([reading]), []);
        acknowledged++;
        if (acknowledged === 30) {
          await Deno.writeFile(join(folder, "files/attachments/new.png"), randomBytes(40_000));
        }
        await sleep(20);
      }
    })();
    while (acknowledged < 50) await sleep(20);
    const before = acknowledged;
    const restored = join(folder, "restored");
    await backUpAndUnpack(folder, restored);
    await sleep(100);
    isOver = true;
    await writing;
    await live.close();
    const inBackup = await valuesIn(restored);
    assert.ok(inBackup.length >= before, `${inBackup.length} of ${before} acknowledged before it`);
    assert.deepEqual(inBackup, inBackup.map((_, i) => i), "without a gap");
    assert.ok(acknowledged > before, "readings were committed meanwhile");
    assert.equal((await valuesIn(folder)).length, acknowledged, "what was acknowledged is stored");
    const [is, should] = [
      await contentOf(join(restored, "files")),
      await contentOf(join(folder, "files")),
    ];
    assert.deepEqual(is, should, "attachments and photos");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function backUpAndUnpack(folder: string, target: string): Promise<void> {
  if (sabotaged("file_copy")) {
    await Deno.mkdir(target);
    return await Deno.copyFile(join(folder, "perch.db"), join(target, "perch.db"));
  }
  const worker = createBackupWorker();
  const request = requestFor(folder, 1);
  const stages = new Set<string>();
  const made = await worker.make(request, ({ stage }) => stages.add(stage));
  assert.deepEqual([...stages], ["copying", "packing", "checking"]);
  assert.equal(made.bytes, (await Deno.stat(request.target)).size);
  const manifest = await worker.unpack({
    ...{ file: request.target, identity: null, target, mostBytes: 1e9 },
    migrationsFolder: MIGRATIONS,
  }, () => {});
  assert.deepEqual(manifest, made.manifest);
  assert.equal((await Deno.stat(request.target)).mode! & 0o777, 0o600);
  await worker.end();
}

/** Values of sensor 1, in the order of their times. */
async function valuesIn(folder: string): Promise<number[]> {
  const engine = await openEngine({ url: `file:${join(folder, "perch.db")}` });
  try {
    const query = { sensor: 1, fromMs: FIRST_MS, toMs: FIRST_MS + 1e7, limit: 10_000 };
    return [...(await engine.store.raw(query)).value];
  } finally {
    await engine.close();
  }
}

// Controls: SABOTAGE=backup_any_log knows no bound, SABOTAGE=backup_deaf does not hear that it is called off.
Deno.test("a backup is given up when the log of the database passes its bound, or when it is called off", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-backup-" });
  try {
    await makePlant(folder, 2_000_000);
    const live = await openConnection({ url: `file:${join(folder, "perch.db")}` });
    await live.write([{ sql: "INSERT INTO ballast VALUES (randomblob(600000))" }]);
    const worker = createBackupWorker();
    const request = requestFor(folder, 1);
    await assert.rejects(
      worker.make({
        ...request,
        walMostBytes: sabotaged("backup_any_log") ? Infinity : 100_000,
      }, () => {}),
      (error: PerchError) =>
        error.code === "storage_failed" && /faster than it can be copied/.test(error.message),
    );
    assert.deepEqual([...await contentOf(join(folder, "backups"))], [], "nothing is left behind");
    const end = () => void (sabotaged("backup_deaf") || worker.end());
    const making = worker.make(request, end);
    await assert.rejects(making, (error: PerchError) => error.code === "unavailable");
    assert.deepEqual([...await contentOf(join(folder, "backups"))], [], "nothing is left behind");
    const { pages, done } = await live.checkpoint(true);
    assert.equal(pages, done, "nobody reads the database any more");
    await live.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

// Control: SABOTAGE=backup_unchecked packs what there is and believes it.
Deno.test("a backup of a database that is damaged where nobody reads is found out, and leaves nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-backup-" });
  try {
    await makePlant(folder, 300_000);
    const path = join(folder, "perch.db");
    using damaged = await Deno.open(path, { write: true });
    // A page in the middle of a long row: counting rows does not come there.
    await damaged.seek((await damaged.stat()).size - 60 * 1024, Deno.SeekMode.Start);
    await damaged.write(new Uint8Array(1024));
    const request = requestFor(folder, 1);
    await assert.rejects(
      sabotaged("backup_unchecked") ? packUnchecked(request) : backUp(request),
      (error: PerchError) =>
        error.code === "storage_failed" && /could not be restored.*damaged/.test(error.message),
    );
    assert.deepEqual([...await contentOf(join(folder, "backups"))], [], "nothing is left behind");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** The sabotage. */
async function packUnchecked({ database, target }: MakeRequest): Promise<void> {
  await Deno.mkdir(dirname(target), { recursive: true });
  const content = await Deno.readFile(database);
  const files = { "perch.db": content };
  await Deno.writeFile(target, await gzip(await tarOf([listed(files), file("perch.db", content)])));
}

// Control: SABOTAGE=keep_partial lets what was written stay.
Deno.test({
  name:
    "a backup on a disk that becomes full at any point says so, leaves nothing and keeps the older one",
  ignore: !haveMounts(),
}, async () => {
  await using disk = await smallDisk(8);
  await makePlant(disk.path, 1_000_000);
  const live = await openConnection({ url: `file:${join(disk.path, "perch.db")}` });
  await live.query({ sql: "SELECT count(*) FROM ballast" });
  await backUp(requestFor(disk.path, 1));
  const folder = join(disk.path, "backups");
  const before = await contentOf(folder);
  const remove = Deno.remove;
  if (sabotaged("keep_partial")) Deno.remove = () => Promise.resolve();
  try {
    let failed = 0;
    for (let room = 0;; room += ROOM_STEP) {
      const { bavail, bsize } = statfsSync(disk.path);
      await disk.take(bavail * bsize - room);
      const error = await backUp(requestFor(disk.path, 2)).then(() => null, (error) => error);
      await remove(join(disk.path, "ballast"));
      if (error === null) break;
      failed++;
      assert.ok(error instanceof PerchError && error.code === "storage_full", `${room}: ${error}`);
      assert.match(error.message, /backup|copy|check|unpack/);
      assert.deepEqual(await contentOf(folder), before, `with room for ${room} bytes`);
    }
    assert.ok(failed >= 5, `it failed at ${failed} points`);
    assert.equal((await listBackups(folder)).length, 2);
  } finally {
    Deno.remove = remove;
    await live.close();
  }
});

// Control: SABOTAGE=final_name writes archives under their final names.
Deno.test(`a process that makes backups and is killed, ${KILLS} times, leaves whole ones under their names`, async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-backup-" });
  const backups = join(folder, "backups");
  try {
    await makePlant(folder, 2_000_000);
    await Deno.mkdir(backups);
    const whole = new Map<string, string>();
    let torn = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const said = await killed(folder, 1 + 100 * kill, kill === 0 ? "checking" : "ready");
      const { good, bad } = await readBackups(backups);
      assert.deepEqual(bad, [], "what has its name is whole");
      for (const { file, sha256 } of good) {
        assert.equal(await hashOf(join(backups, file)), whole.get(file) ?? sha256, file);
        whole.set(file, sha256);
      }
      for (const file of said) assert.ok(whole.has(file), `${file} was said to be made`);
      const names = (await Array.fromAsync(Deno.readDir(backups))).map(({ name }) => name);
      if (names.some((name) => /^\.scratch-|\.partial$/.test(name))) torn++;
    }
    await backUp(requestFor(folder, 100 * KILLS + 1));
    const left = (await Array.fromAsync(Deno.readDir(backups))).map(({ name }) => name);
    const expected = (await listBackups(backups)).flatMap(({ file }) => [file, `${file}.json`]);
    assert.deepEqual(left.sort(), expected.sort(), "the next one removes what killed ones left");
    assert.equal(expected.length, 2 * (whole.size + 1), "all older ones are there");
    assert.ok(torn > 0, "some were killed while they made one");
    console.log(
      `  ${KILLS} kills, ${torn} within a backup, ${whole.size} whole ones; ` +
        `torn under its name: ${noneOf(KILLS)}`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Starts one, kills it at a random moment after it said so, and gives the archives that it said were made. */
async function killed(folder: string, first: number, after: string): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      join(import.meta.dirname!, "backup_kill_child.ts"),
      folder,
      `${first}`,
    ],
    stdout: "piped",
  }).spawn();
  let text = "";
  const started = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.includes(after)) started.resolve();
    }
  })();
  await Promise.race([started.promise, sleep(30_000)]);
  if (after === "ready") await sleep(Math.random() * MOST_LIFE_MS);
  child.kill("SIGKILL");
  await child.status;
  await reading;
  return text.split("\n").slice(0, -1).filter((line) => line.startsWith("made "))
    .map((line) => basename(line.slice("made ".length)));
}

async function hashOf(path: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(path)).digest("hex");
}
