import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { type FakeCamera, fakeCamera, jpegWith } from "../../../tests/support/camera_images.ts";
import { openTestDatabase } from "../../../tests/support/database.ts";
import { type FakeClock, fakeClock } from "../../../tests/support/fake_clock.ts";
import { until } from "../../../tests/support/until.ts";
import { createLog } from "../../base/log.ts";
import { PerchError } from "../../base/errors.ts";
import type { Database } from "../../db/client.ts";
import { DAY_MS } from "../../words/times.ts";
import { fileOf } from "./image.ts";
import { type CameraImages, createCameraImages, type ImagesDeps } from "./images.ts";

interface World {
  db: Database;
  clock: FakeClock & { deletionMs(): number };
  dataDir: string;
  cameras: FakeCamera[];
  images: CameraImages;
  logged: string[];
  /** As after a restart. */
  again(change?: Partial<ImagesDeps>): CameraImages;
  /** Starts the task, and lets a moment pass; ends it again when the result is called. */
  runTask(images?: CameraImages): Promise<() => Promise<void>>;
  /** So much time passes, and what is due meanwhile is done. */
  pass(ms: number): Promise<void>;
  files(): Promise<string[]>;
}

const moment = () => new Promise((resolve) => setTimeout(resolve, 3));
const STEP_MS = 250;
const audited = () => ({ sql: "select 1" });
const code = (wanted: string) => (error: unknown) =>
  error instanceof PerchError && error.code === wanted;

function withImages(
  run: (world: World) => Promise<void>,
  given: Partial<ImagesDeps> = {},
): () => Promise<void> {
  return async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "perch-images-" });
    const db = await openTestDatabase(dataDir);
    const fake = fakeClock(Date.UTC(2026, 10, 29, 20, 15));
    const clock = Object.assign(fake, { deletionMs: () => fake.now() });
    const cameras = [fakeCamera(clock)];
    const logged: string[] = [];
    const log = createLog({
      level: "info",
      now: () => 0,
      sink: ({ message }) => void logged.push(message),
    });
    async function pass(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= STEP_MS) {
        // Who works does not sleep: its time stands still meanwhile, however slow the host is.
        for (let i = 0; i < 40 && clock.sleepers() === 0; i++) await moment();
        await clock.advance(Math.min(left, STEP_MS));
        await moment();
      }
    }
    const again = (change: Partial<ImagesDeps> = {}) =>
      createCameraImages({
        ...{ db, clock, log, dataDir },
        cameras: () => cameras,
        refusal: () => null,
        room: () => Promise.resolve({ freeBytes: 50e9, totalBytes: 100e9 }),
        limits: () => ({ allBytes: 5e9, floorBytes: 500e6 }),
        shrink: () => Promise.resolve(null),
        ...given,
        ...change,
      });
    const images = again();
    const stops: (() => Promise<void>)[] = [];
    try {
      await run({
        ...{ db, clock, dataDir, cameras, images, logged, again, pass },
        async runTask(one = images) {
          const stop = new AbortController();
          const done = one.task.run(stop.signal).catch(() => {});
          const end = async () => {
            stop.abort();
            await done;
          };
          stops.push(end);
          await pass(STEP_MS);
          return end;
        },
        async files() {
          const found: string[] = [];
          const walk = async (path: string): Promise<void> => {
            for await (const one of Deno.readDir(join(dataDir, "cameras", path))) {
              const below = path === "" ? one.name : `${path}/${one.name}`;
              if (one.isDirectory) await walk(below);
              else found.push(below);
            }
          };
          await walk("").catch(() => {});
          return found.sort();
        },
      });
    } finally {
      for (const stop of stops) await stop();
      await db.close();
      await Deno.remove(dataDir, { recursive: true });
    }
  };
}

Deno.test(
  "images: a picture that is asked for is kept as a file and a row, once",
  withImages(async ({ images, cameras, files, dataDir }) => {
    await assert.rejects(images.take("front"), code("unavailable"));
    const { tMs, jpeg } = cameras[0].show();
    const image = await images.take("front");
    assert.deepEqual(image, {
      camera_id: "front",
      t_ms: tMs,
      bytes: jpeg.length,
      ...{ width: 16, height: 8, reason: "asked", alarm_id: null },
      url: `/api/cameras/front/images/${tMs}`,
    });
    assert.deepEqual(await images.take("front"), image, "the same picture");
    assert.deepEqual(await files(), ["front/2026/11/29/201500-000.jpg"]);
    const { mode } = await Deno.stat(join(dataDir, "cameras", fileOf("front", tMs)));
    assert.equal(mode! & 0o777, 0o600);
    assert.deepEqual((await images.open("front", tMs)).jpeg, jpeg);
    assert.equal(images.writtenBytes(), jpeg.length);
    await assert.rejects(images.take("other"), code("not_found"));
    await images.remove("front", tMs, audited);
    await assert.rejects(images.open("front", tMs), code("not_found"));
    assert.deepEqual([await files(), await images.use("front")], [[], null]);
  }),
);

Deno.test(
  "images: a list by time and reason, newest first, page by page",
  withImages(async ({ images, cameras, clock }) => {
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      times.unshift(cameras[0].show().tMs);
      await images.take("front");
      await clock.advance(1_000);
    }
    const first = await images.list("front", { limit: 2 });
    assert.deepEqual(first.items.map((one) => one.t_ms), times.slice(0, 2));
    const second = await images.list("front", { limit: 3, cursor: first.next! });
    assert.deepEqual(second.items.map((one) => one.t_ms), times.slice(2));
    assert.equal(second.next, null);
    const some = await images.list("front", { fromMs: times[3], toMs: times[1], reason: "asked" });
    assert.deepEqual(some.items.map((one) => one.t_ms), [times[2], times[3]]);
    assert.deepEqual((await images.list("front", { reason: "alarm" })).items, []);
    assert.deepEqual((await images.list("other", {})).items, []);
  }),
);

Deno.test(
  "images: a still by time, none of a frozen camera and none twice",
  withImages(async ({ images, cameras, clock, pass, runTask, again }) => {
    const camera = cameras[0] = fakeCamera(clock, { settings: { still_every_s: 2 } });
    const count = async () => (await images.list("front", {})).items.length;
    camera.show();
    const stop = await runTask();
    await pass(3_500);
    assert.equal(await count(), 1, "one at once; no other has come");
    camera.show();
    await pass(2_500);
    assert.equal(await count(), 2);
    camera.show();
    camera.state = "frozen";
    await pass(4_000);
    assert.equal(await count(), 2, "what is frozen shows nothing of now");
    await stop();
    camera.state = "live";
    camera.settings.still_every_s = 3_600;
    await runTask(again());
    await pass(2_000);
    assert.equal(await count(), 2, "a start is no reason for one");
  }),
);

Deno.test(
  "images: nothing is kept while the disk has no room, which is said once",
  withImages(async ({ images, cameras, logged, again, clock }) => {
    let freeBytes = 100e6;
    const tight = again({ room: () => Promise.resolve({ freeBytes, totalBytes: 100e9 }) });
    for (let i = 0; i < 3; i++) {
      cameras[0].show();
      tight.raised({ id: String(i), machine_id: "m1", cause: "x" });
      await assert.rejects(tight.take("front"), code("storage_full"));
    }
    await until("the reason", () => tight.trouble());
    assert.match(tight.trouble()!, /500 MB are free on the disk; 100 MB are/);
    assert.equal(logged.filter((line) => line.includes("are not kept")).length, 1);
    assert.deepEqual((await images.list("front", {})).items, []);
    freeBytes = 600e6;
    await clock.advance(10_000);
    cameras[0].show();
    await tight.take("front");
    assert.equal(tight.trouble(), null);
  }),
);

Deno.test(
  "images: an alarm keeps what was before it, at it and after it; a second one shares them",
  withImages(async ({ images, cameras, clock, pass, db }) => {
    const camera = cameras[0];
    cameras.push(fakeCamera(clock, { id: "elsewhere", machineId: "m2" }));
    cameras[1].show();
    for (let i = 0; i < 12; i++) {
      camera.show();
      await clock.advance(1_000);
    }
    const raisedMs = camera.show().tMs;
    await insertAlarms(db, ["1", "2", "3"], raisedMs);
    const alarm = (id: string) => ({ id, machine: "hall/press", raised_ms: raisedMs });
    images.raised({ id: "1", machine_id: "m1", cause: "a" });
    images.raised({ id: "2", machine_id: "m1", cause: "b" });
    for (let i = 0; i < 8; i++) {
      await pass(1_000);
      camera.show();
    }
    const of = async (id: string) =>
      (await images.ofAlarm(alarm(id))).map(({ t_ms }) => (t_ms - raisedMs) / 1000);
    assert.deepEqual(await of("1"), [-9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5]);
    assert.deepEqual(await of("2"), await of("1"));
    assert.deepEqual((await images.list("elsewhere", {})).items, []);
    // 20 s later, in the same minute: one picture of its own.
    await clock.advance(12_000);
    const later = camera.show().tMs;
    images.raised({ id: "3", machine_id: "m1", cause: "c" });
    const own = await until("its own", async () => {
      const all = await images.ofAlarm({ ...alarm("3"), raised_ms: later });
      return all.length > 0 ? all : null;
    });
    assert.deepEqual(own.map(({ t_ms, alarm_id }) => [t_ms, alarm_id]), [[later, "3"]]);
  }),
);

Deno.test(
  "images: also after a new start of the task an alarm keeps what comes after it",
  withImages(async ({ images, cameras: [camera], runTask, pass, db }) => {
    const end = await runTask();
    await end();
    await runTask();
    const raised_ms = camera.show().tMs;
    await insertAlarms(db, ["1"], raised_ms);
    images.raised({ id: "1", machine_id: "m1", cause: "a" });
    for (let i = 0; i < 3; i++) {
      await pass(1_000);
      camera.show();
    }
    const kept = await images.ofAlarm({ id: "1", machine: "hall/press", raised_ms });
    assert.ok(kept.length > 1, "the one at it is not all");
  }),
);

Deno.test(
  "images: a storm of alarms keeps one set of pictures",
  withImages(async ({ images, cameras, clock, pass }) => {
    const camera = cameras[0];
    for (let i = 0; i < 12; i++) {
      camera.show();
      await clock.advance(1_000);
    }
    camera.show();
    for (let i = 0; i < 1_000; i++) {
      images.raised({ id: String(i), machine_id: "m1", cause: `c${i}` });
      if (i % 100 === 99) {
        camera.show();
        await clock.advance(1_000);
      }
    }
    await pass(STEP_MS);
    const { items } = await images.list("front", { limit: 200 });
    assert.ok(items.length <= 16, `${items.length} pictures`);
    assert.ok(items.every(({ reason }) => reason === "alarm"));
  }),
);

Deno.test(
  "images: an alarm of the camera itself keeps its last picture, however old",
  withImages(async ({ images, cameras, clock }) => {
    const camera = cameras[0] = fakeCamera(clock, { isOwn: ({ cause }) => cause === "own" });
    const { tMs } = camera.show();
    camera.state = "lost";
    await clock.advance(3_600_000);
    images.raised({ id: "7", machine_id: null, cause: "own" });
    images.raised({ id: "8", machine_id: "m1", cause: "of the machine" });
    const found = await until("its picture", async () => {
      const all = await images.ofAlarm({ id: "7", machine: null, raised_ms: clock.now() });
      return all.length > 0 ? all : null;
    });
    assert.deepEqual(found.map(({ t_ms }) => t_ms), [tMs]);
    assert.equal((await images.list("front", {})).items.length, 1);
  }),
);

Deno.test(
  "images: for a message one of each camera, the nearest that is small enough, once it is kept",
  withImages(async ({ images, cameras, clock, again }) => {
    cameras.push(fakeCamera(clock, { id: "back", name: "Back" }));
    cameras[0].show(jpegWith("small"));
    await clock.advance(1_000);
    const raised_ms = clock.now();
    cameras[0].show(jpegWith("large", 5_000));
    cameras[1].show(jpegWith("of the other"));
    images.raised({ id: "1", machine_id: "m1", cause: "a" });
    const alarm = { id: "1", machine: null, raised_ms };
    const first = await images.forMessage(alarm, { pictures: 3, bytes: 300_000 });
    assert.deepEqual(first.map(({ camera }) => camera).sort(), ["Back", "Front"]);
    assert.ok(first.every(({ tMs }) => tMs === raised_ms));
    assert.equal((await images.forMessage(alarm, { pictures: 1, bytes: 300_000 })).length, 1);
    const before = async () =>
      (await images.forMessage(alarm, { pictures: 3, bytes: 1_000 }))
        .find(({ camera }) => camera === "Front") ?? null;
    const small = await until("the one before it", before);
    assert.equal(small.tMs, raised_ms - 1_000, "the large one is too large");
    const shrunk = await again({ shrink: () => Promise.resolve(jpegWith("s")) })
      .forMessage(alarm, { pictures: 3, bytes: 1_000 });
    const front = shrunk.find(({ camera }) => camera === "Front")!;
    assert.deepEqual([front.tMs, front.jpeg], [raised_ms, jpegWith("s")]);
  }),
);

Deno.test(
  "images: what is too old or too much leaves, the oldest first, and its files with it",
  withImages(async ({ images, cameras, clock, pass, runTask, files }) => {
    const camera = cameras[0] = fakeCamera(clock, { settings: { keep_days: 1, keep_mb: 10 } });
    const times: number[] = [];
    for (let i = 0; i < 4; i++) {
      times.push(camera.show(jpegWith("x", 4_000_000)).tMs);
      await images.take("front");
      await clock.advance(1_000);
    }
    const stop = await runTask();
    await pass(1_000);
    const left = async () => (await images.list("front", {})).items.map(({ t_ms }) => t_ms);
    assert.deepEqual(await left(), times.slice(2).reverse());
    assert.deepEqual(await files(), times.slice(2).map((tMs) => fileOf("front", tMs)));
    await stop();
    await clock.advance(DAY_MS + 60_000);
    await runTask();
    await pass(1_000);
    assert.deepEqual([await left(), await files()], [[], []]);
  }),
);

Deno.test(
  "images: what leaves by its age counts before what is too much",
  withImages(async ({ images, cameras, clock, pass, runTask }) => {
    const camera = cameras[0] = fakeCamera(clock, { settings: { keep_days: 1, keep_mb: 10 } });
    const keep = async () => {
      camera.show(jpegWith("x", 4_000_000));
      await images.take("front");
      await clock.advance(1_000);
    };
    for (let i = 0; i < 2; i++) await keep();
    await clock.advance(DAY_MS + 60_000);
    for (let i = 0; i < 2; i++) await keep();
    await runTask();
    await pass(1_000);
    assert.equal((await images.use("front"))!.count, 2, "the two that are new");
  }),
);

Deno.test(
  "images: a host in need gets half of them back",
  withImages(async ({ images, cameras, clock, pass }) => {
    for (let i = 0; i < 4; i++) {
      cameras[0].show(jpegWith("x", 1_000));
      await images.take("front");
      await clock.advance(1_000);
    }
    const freed = images.free();
    await pass(500);
    assert.ok(await freed > 2_000);
    assert.equal((await images.use("front"))!.count, 2);
  }),
);

Deno.test(
  "images: files and rows come together again after a crash and a restore",
  withImages(async ({ images, cameras, clock, db, dataDir, runTask, pass, files, again }) => {
    const camera = cameras[0];
    const kept: number[] = [];
    for (let i = 0; i < 4; i++) {
      kept.push(camera.show().tMs);
      await images.take("front");
      await clock.advance(1_000);
    }
    const path = (tMs: number) => join(dataDir, "cameras", fileOf("front", tMs));
    await Deno.remove(path(kept[0]));
    await Deno.truncate(path(kept[1]), 10);
    await db.write([{ sql: "delete from camera_images where t_ms = ?", args: [kept[2]] }]);
    await Deno.writeTextFile(path(kept[3] + 1), "no picture");
    const gone = "k3j4h5g6f7d8";
    const film = "files/2026/11/29/film.mp4";
    for (const file of [fileOf(gone, kept[0]), film]) {
      const path = join(dataDir, "cameras", file);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeFile(path, jpegWith("x"));
    }
    await assert.rejects(images.open("front", kept[1]), code("not_found"));

    const next = again();
    const stop = await runTask(next);
    await pass(1_000);
    const rows = (await next.list("front", {})).items;
    assert.deepEqual(rows.map(({ t_ms, reason }) => [t_ms, reason]), [
      [kept[3], "asked"],
      [kept[2], "interval"],
    ]);
    const left = [fileOf("front", kept[2]), fileOf("front", kept[3])];
    const mark = `${gone}/.unknown`;
    const all = [film, ...left, mark, fileOf(gone, kept[0])];
    assert.deepEqual(await files(), all, "the camera may come back");
    await stop();
    const old = new Date(clock.now() - 8 * DAY_MS);
    await Deno.utime(join(dataDir, "cameras", mark), old, old);
    await runTask(again());
    await pass(1_000);
    assert.deepEqual(await files(), [film, ...left]);
  }),
);

async function insertAlarms(db: Database, ids: string[], raisedMs: number): Promise<void> {
  await db.write(ids.map((id) => ({
    sql: `insert into alarms (id, cause, source, severity, state, title, machine, count, present,
      flapping, maintenance, raised_ms, last_ms, escalated, version, conditions, drivers, timing)
      values (?, ?, 'threshold', 'critical', 'active', 'hot', 'hall/press', 1, 1, 0, 0, ?, ?, 0, 1,
      '[]', '[]', '{}')`,
    args: [Number(id), `c${id}`, raisedMs, raisedMs],
  })));
}
