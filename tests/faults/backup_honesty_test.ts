/**
 * T19 with the whole application: a backup that cannot be made is said by its state, the component, an event and
 * an alarm within a minute; what there was is kept, nothing half lies there, readings go on. Its control:
 * SABOTAGE=backup_alarm forgets the failure, and the test must be red.
 */
import assert from "node:assert/strict";
import { statfsSync } from "node:fs";
import { join } from "node:path";
import { systemActor } from "../../lib/access/audit_row.ts";
import { startApp } from "../support/app.ts";
import { randomBytes } from "../support/backup.ts";
import { haveMounts, type SmallDisk, smallDisk } from "../support/disk.ts";
import { sabotaged } from "../support/sabotage.ts";

const DISK_MB = 32;
const FILE_BYTES = 3_000_000;
const ALARM_MS = 60_000;

/** Leaves so much free. */
async function leave(disk: SmallDisk, bytes: number): Promise<void> {
  const { bavail, bsize } = statfsSync(disk.path);
  await disk.take(bavail * bsize - bytes);
}

async function until(what: string, holds: () => Promise<boolean>, mostMs: number): Promise<number> {
  const startMs = performance.now();
  while (!await holds()) {
    assert.ok(performance.now() - startMs < mostMs, `${what}: not within ${mostMs} ms`);
    await new Promise((r) => setTimeout(r, 100));
  }
  return performance.now() - startMs;
}

Deno.test({
  name:
    "backup: a full disk, before and during a run, is an alarm within a minute and costs nothing",
  ignore: !haveMounts(),
}, async () => {
  await using disk = await smallDisk(DISK_MB);
  const dataDir = join(disk.path, "data");
  const addFile = (name: string, bytes: number) =>
    Deno.writeFile(join(dataDir, "files/attachments", name), randomBytes(bytes));
  const under = await startApp({ PERCH_DATA: dataDir });
  try {
    const { access, events, backup } = under.app.parts();
    const { key } = await access.keys.add({ name: "a", role: "admin" }, systemActor("test"));
    const call = (method: string, path: string, body?: unknown) =>
      fetch(under.url + path, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    const json = async (path: string) => await (await call("GET", path)).json();
    const settled = async () => {
      await until(
        "the run",
        async () => (await json("/api/backups/state")).job.state !== "running",
        120_000,
      );
      return (await json("/api/backups/state")).job;
    };
    const alarmed = async () =>
      (await json("/api/alarms?state=active")).items
        .some((one: { cause: string }) => one.cause === "system:backup");
    const health = async () =>
      (await json("/api/status")).components
        .find((one: { name: string }) => one.name === "backup").health;
    const inFolder = () =>
      [...Deno.readDirSync(join(dataDir, "backups"))].map(({ name }) => name).sort();
    if (sabotaged("backup_alarm")) backup.backups.failure = () => null;

    await Deno.mkdir(join(dataDir, "files/attachments"), { recursive: true });
    await addFile("one.png", FILE_BYTES);
    await call("POST", "/api/backups");
    assert.equal((await settled()).state, "done");
    const good = inFolder();
    assert.equal(good.length, 2, "the archive and its receipt");

    // Too little room, and enough for readings: none begins.
    await leave(disk, 5_000_000);
    const refused = await call("POST", "/api/backups");
    assert.equal(refused.status, 507);
    assert.match(
      (await refused.json()).detail,
      /too little room for a backup .* Earlier backups are kept/,
    );
    const saidMs = await until("the alarm", alarmed, ALARM_MS);
    assert.equal(await health(), "degraded");
    assert.match(
      (await json("/api/backups/state")).trouble,
      /the backup failed: .*the last good one is/,
    );
    const { items } = await events.list({ types: ["backup.failed"] });
    assert.equal(items.length, 1);
    const reading = { machine: "hall/press", sensor: "t", value: 1 };
    assert.equal((await call("POST", "/api/ingest", reading)).status, 200);
    assert.deepEqual(inFolder(), good);

    await disk.free();
    await call("POST", "/api/backups");
    assert.equal((await settled()).state, "done");
    await until("the end of the alarm", async () => !await alarmed(), ALARM_MS);
    assert.equal(await health(), "ok");
    const two = inFolder();

    // It begins, and the disk is full before its end: nobody knew of the new file.
    await addFile("two.png", 2 * FILE_BYTES);
    await leave(disk, 9_500_000);
    assert.equal((await call("POST", "/api/backups")).status, 202);
    const job = await settled();
    assert.equal(job.state, "failed");
    assert.match(job.error, /No space left|space/i);
    const againMs = await until("the alarm", alarmed, ALARM_MS);
    assert.deepEqual(inFolder(), two, "nothing half, nothing lost");
    console.log(`alarms after ${Math.round(saidMs)} and ${Math.round(againMs)} ms`);
    await disk.free();
  } finally {
    await under.close();
  }
});
