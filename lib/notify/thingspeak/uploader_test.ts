/**
 * The upload against a receiver that answers as ThingSpeak does, with its rate limit, and readings in a real
 * database. `SABOTAGE=no-cursor` forgets how far it is at each restart: the test of the outage must fail.
 */
import assert from "node:assert/strict";
import { openTestDatabase } from "../../../tests/support/database.ts";
import { directoryOf } from "../../../tests/support/directory.ts";
import { type FakeClock, fakeClock } from "../../../tests/support/fake_clock.ts";
import { type Receiver, startReceiver } from "../../../tests/support/receivers/http.ts";
import {
  THINGSPEAK,
  thingspeakApi,
  type ThingSpeakFake,
} from "../../../tests/support/receivers/thingspeak.ts";
import { sabotaged } from "../../../tests/support/sabotage.ts";
import { groupOf, openEngine } from "../../../tests/support/storage.ts";
import { createOutgoing } from "../../base/create_outgoing.ts";
import { silentLog } from "../../base/log.ts";
import type { Sensor } from "../../machines/sensor.ts";
import { createUploadStore } from "./upload_store.ts";
import { createUploader, MESSAGES_MOST, type UploadConfig, type Uploader } from "./uploader.ts";

const START_MS = Date.UTC(2026, 0, 5, 12);
const STEP_MS = 15_000;

interface Bench {
  clock: FakeClock;
  service: ThingSpeakFake;
  receiver: Receiver;
  uploader: Uploader;
  /** A new one on the same disk, as after a restart. */
  restart(): void;
  /** Stores readings of both sensors, one per second, up to now. */
  run(seconds: number): Promise<void>;
  /** Lets passes follow each other by the fake clock for so long. */
  upload(ms: number): Promise<void>;
  config: UploadConfig | null;
}

async function withUploader(work: (bench: Bench) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-upload-" });
  const clock = fakeClock(START_MS);
  const engine = await openEngine({ url: `file:${folder}/readings.db`, clock });
  const db = await openTestDatabase(folder);
  const service = thingspeakApi({ nowMs: () => clock.now() });
  const receiver = startReceiver(service);
  const sensors = directoryOf([{ name: "hall/m1/temperature" }, { name: "hall/m1/pressure" }]);
  const [pressure, temperature] = [...sensors.all()] as Sensor[];
  const outgoing = createOutgoing({ allowed: () => [], opened: [], ownPorts: () => [] });
  const make = () =>
    createUploader({
      clock,
      log: silentLog(),
      readings: engine.store,
      sensors,
      store: sabotaged("no-cursor")
        ? { cursor: () => Promise.resolve(null), move: () => Promise.resolve() }
        : createUploadStore(db),
      outgoing,
      config: () => bench.config,
    });
  const signal = new AbortController().signal;
  const bench: Bench = {
    clock,
    service,
    receiver,
    uploader: make(),
    restart: () => void (bench.uploader = make()),
    async run(seconds) {
      const batch = [];
      for (let i = 0; i < seconds; i++) {
        clock.jump(1000);
        const tMs = clock.now();
        batch.push({ sensor: temperature.num, tMs, value: valueAt(tMs) });
        batch.push({ sensor: pressure.num, tMs, value: -valueAt(tMs) });
      }
      await engine.store.append(groupOf(batch), []);
      for (const sensor of [temperature, pressure]) {
        sensor.last = { tMs: clock.now(), value: 0 };
      }
    },
    async upload(ms) {
      const untilMs = clock.now() + ms;
      while (clock.now() < untilMs) {
        const waitMs = Math.max(1, await bench.uploader.step(signal));
        clock.jump(Math.min(waitMs, untilMs - clock.now()));
      }
    },
    config: {
      baseUrl: receiver.url,
      ...THINGSPEAK,
      fields: ["hall/m1/temperature", "no/such/sensor", "hall/m1/pressure"],
      intervalMs: STEP_MS,
    },
  };
  try {
    await bench.uploader.step(signal);
    await work(bench);
  } finally {
    await receiver.close();
    await engine.close();
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The last second of a step counts. */
const valueAt = (tMs: number) => Math.floor((tMs - START_MS) / 1000);

/** What has to be there: one message per step of `[fromMs, toMs)`, with the last reading of each. */
function expected(fromMs: number, toMs: number) {
  const out = [];
  for (let at = fromMs; at < toMs; at += STEP_MS) {
    const lastMs = at + STEP_MS - 1000;
    if (lastMs <= START_MS) continue;
    const created_at = new Date(lastMs).toISOString().replace(".000", "");
    out.push({ created_at, field1: valueAt(lastMs), field3: -valueAt(lastMs) });
  }
  return out;
}

const withoutIds = (entries: Record<string, unknown>[]) =>
  entries.map(({ entry_id: _, ...entry }) => entry);

Deno.test("uploader: one message per interval with each field's last reading, from when it was set", () =>
  withUploader(async ({ run, upload, service, uploader }) => {
    await run(62);
    await upload(1);
    assert.deepEqual(withoutIds(service.entries), expected(START_MS, START_MS + 60_000));
    const state = uploader.state();
    assert.equal(state.health, "ok");
    assert.equal(state.cursorMs, START_MS + 60_000);
    assert.deepEqual(state.fields, ["hall/m1/temperature", "", "hall/m1/pressure"]);
  }));

Deno.test("uploader: six hours without ThingSpeak and a restart lose nothing and repeat nothing", () =>
  withUploader(async (bench) => {
    const { run, upload, service, receiver, clock } = bench;
    await run(60);
    await upload(1);
    receiver.mood = "broken";
    for (let hour = 0; hour < 6; hour++) {
      await run(3600);
      await upload(1);
      assert.equal(bench.uploader.state().health, "degraded");
      assert.match(bench.uploader.state().detail, /500 Internal Server Error.*kept and sent later/);
    }
    bench.restart();
    receiver.mood = "good";
    const seen = receiver.received.length;
    const endMs = Math.floor((clock.now() - 2000) / STEP_MS) * STEP_MS;
    await upload(40_000);
    assert.equal(bench.uploader.state().health, "ok");
    const before = withoutIds(service.entries).filter((entry) =>
      Date.parse(String(entry.created_at)) < endMs
    );
    assert.deepEqual(before, expected(START_MS, endMs));
    const requests = receiver.received.length - seen;
    assert.ok(requests <= Math.ceil(6 * 3600 / 15 / MESSAGES_MOST) + 1, `${requests} requests`);
    const gaps = service.updatesMs.slice(1).map((ms, i) => ms - service.updatesMs[i]);
    assert.ok(Math.min(...gaps) >= 15_000, `${gaps}`);
  }));

Deno.test("uploader: an answer that was lost sends the same messages, with the same times, again", () =>
  withUploader(async ({ run, upload, service, receiver }) => {
    await run(62);
    receiver.mood = "hanging up";
    await upload(1);
    receiver.mood = "good";
    await run(20);
    await upload(1);
    const bodies = receiver.received.map(({ body }) => JSON.parse(body).updates);
    assert.deepEqual(bodies[0], bodies[1].slice(0, bodies[0].length));
    assert.deepEqual(withoutIds(service.entries), expected(START_MS, START_MS + 75_000));
  }));

Deno.test("uploader: a rate limit is kept to; wrong keys are told, without the key", () =>
  withUploader(async (bench) => {
    const { run, upload, receiver, service } = bench;
    const signal = new AbortController().signal;
    await run(62);
    receiver.mood = "rate limited";
    const waits = [];
    for (let i = 0; i < 8; i++) waits.push(await bench.uploader.step(signal));
    assert.deepEqual(waits.slice(0, 4), [15_000, 30_000, 60_000, 120_000]);
    assert.equal(waits.at(-1), 600_000);
    assert.match(bench.uploader.state().detail, /429 Too Many Requests/);
    receiver.mood = "good";
    bench.config = { ...bench.config!, writeKey: "canary-wrong-key" };
    await bench.uploader.step(signal);
    assert.match(bench.uploader.state().detail, /401 Authorization Required/);
    assert.ok(!bench.uploader.state().detail.includes("canary"));
    bench.config = { ...bench.config!, writeKey: THINGSPEAK.writeKey };
    await upload(1);
    assert.equal(service.entries.length, 4);
  }));

Deno.test("uploader: a 200 that is none of ThingSpeak's answers is not taken for delivered", () =>
  withUploader(async ({ run, upload, receiver, service, uploader }) => {
    await run(62);
    receiver.mood = "lying";
    await upload(1);
    assert.match(uploader.state().detail, /not an answer of ThingSpeak/);
    receiver.mood = "good";
    await upload(1);
    assert.deepEqual(withoutIds(service.entries), expected(START_MS, START_MS + 60_000));
  }));

Deno.test("uploader: a clock that jumps ten years ahead and back skips nothing", () =>
  withUploader(async ({ run, upload, clock, service }) => {
    await run(62);
    const TEN_YEARS_MS = 3650 * 86_400_000;
    clock.jump(TEN_YEARS_MS);
    await upload(60_000);
    clock.jump(-TEN_YEARS_MS - 60_000);
    await run(60);
    await upload(60_000);
    const times = service.entries.map((entry) => Date.parse(String(entry.created_at)));
    assert.equal(new Set(times).size, times.length);
    const values = service.entries.map((entry) => Number(entry.field1));
    assert.ok(values.length >= 7, `${values}`);
    assert.deepEqual(values, [...values].sort((a, b) => a - b));
  }));

Deno.test("uploader: reads back what ThingSpeak has; its words when it does not give it", () =>
  withUploader(async (bench) => {
    await bench.run(62);
    await bench.upload(1);
    const feeds = await bench.uploader.feeds(2);
    assert.deepEqual(feeds!.map(({ entryId, fields }) => [entryId, fields]), [
      [3, { field1: "44", field3: "-44" }],
      [4, { field1: "59", field3: "-59" }],
    ]);
    bench.config = { ...bench.config!, readKey: "canary-wrong" };
    await assert.rejects(bench.uploader.feeds(2), /^Error: 400 -1$/);
    bench.config = null;
    assert.equal(await bench.uploader.feeds(2), null);
    assert.equal(bench.uploader.state().health, "off");
  }));

Deno.test("uploader: without chosen sensors, the first eight number sensors", () =>
  withUploader(async (bench) => {
    bench.config = { ...bench.config!, fields: [] };
    await bench.run(32);
    await bench.upload(1);
    assert.deepEqual(bench.uploader.state().fields, ["hall/m1/temperature", "hall/m1/pressure"]);
    assert.equal(bench.service.entries.length, 2);
  }));
