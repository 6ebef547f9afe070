import assert from "node:assert/strict";
import { z } from "zod";
import { openTestDatabase } from "../../tests/support/database.ts";
import { failingWrites } from "../../tests/support/failing_writes.ts";
import { type FakeClock, fakeClock } from "../../tests/support/fake_clock.ts";
import { PerchError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import { createSealer } from "../base/sealed.ts";
import type { AuditChange } from "../events/audit_change.ts";
import type { Camera } from "./camera.ts";
import { idleHealth } from "./camera_view.ts";
import { type Cameras, createCameras } from "./cameras.ts";
import type { CameraKind } from "./kinds/kind.ts";
import type { Runner } from "./runner.ts";

const KEY = "a".repeat(43);
const NOTE = () => ({ sql: "select 1" });
const BY = { name: "test", audited: NOTE };
const OPTIONS = { host: "192.168.1.20", password: "canary" };

/** A camera somewhere in the network. */
const net: CameraKind = {
  kind: "net",
  title: "Net",
  about: "",
  options: z.strictObject({
    host: z.string().min(1),
    password: z.string().optional().meta({ secret: true }),
  }),
  target: ({ host }) => ({ host: String(host), port: 554 }),
  open: () => Promise.reject(new Error("not here")),
};

interface Setup {
  cameras: Cameras;
  clock: FakeClock;
  failAfter: (writes: number) => void;
  /** What began and ended, in order. */
  ran: string[];
  /** Why no runner can be made. */
  missing: { why: string | null };
  chosen: { name: string };
  /** Memory and disk hold the same. */
  agree(): Promise<void>;
  /** All that stands on the disk. */
  stored(): Promise<string>;
  settle(): Promise<void>;
  /** The task ends. */
  stop(): Promise<void>;
}

async function withCameras(work: (t: Setup) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-cameras-" });
  const real = await openTestDatabase(folder);
  const { db, failAfter } = failingWrites(real);
  const clock = fakeClock();
  const ran: string[] = [];
  const missing: Setup["missing"] = { why: null };
  const chosen = { name: "" };
  const open = async (database: typeof db) => {
    const cameras = createCameras({
      db: database,
      clock,
      log: silentLog(),
      kinds: [net],
      sealer: createSealer(KEY),
      machines: { find: (path) => ["hall/press", "m1"].includes(path) ? MACHINE : undefined },
      addressToAllow: (target) => Promise.resolve(`${target!.host}:${target!.port}`),
      checkUrl: (field) => Promise.reject(new PerchError("validation", `${field}: no`)),
      outputFault: (id) => id === "socket" ? null : `there is no control "${id}"`,
      chosen: () => chosen.name,
      refusal: () => null,
      createRunner: (camera) => {
        if (missing.why !== null) throw new PerchError("unavailable", missing.why);
        return Promise.resolve(fakeRunner(camera, ran));
      },
    });
    await cameras.load();
    return cameras;
  };
  const stop = new AbortController();
  try {
    const cameras = await open(db);
    const over = cameras.task.run(stop.signal).catch(() => {});
    const shown = (all: Cameras) =>
      all.all().map(({ id }) => ({ ...all.cameraOf(id), view: all.find(id).options }));
    await work({
      ...{ cameras, clock, failAfter, ran, missing, chosen },
      agree: async () => assert.deepEqual(shown(cameras), shown(await open(real))),
      stored: async () => JSON.stringify(await real.query({ sql: "select * from cameras" })),
      settle: () => clock.advance(0),
      async stop() {
        stop.abort();
        await over;
      },
    });
    stop.abort();
    await over;
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const MACHINE = { id: "m1", path: "hall/press", deletedMs: null } as never;

function fakeRunner({ name }: Camera, ran: string[]): Runner {
  return {
    capture: { latest: () => null, close() {} } as never,
    async run(signal) {
      ran.push(`+${name}`);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      ran.push(`-${name}`);
    },
    health: () => idleHealth("live", 0, null),
    recover: () => void ran.push(`!${name}`),
    async test(signal) {
      if (name !== "Slow") return { ok: true, text: "Pictures come." } as never;
      return await new Promise((_, reject) =>
        signal!.addEventListener("abort", () => {
          ran.push("ended");
          reject(signal!.reason);
        })
      );
    },
  };
}

const refuses = (code: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof PerchError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, text);
  return true;
};

Deno.test("cameras: a change that is not written leaves memory as the disk, and starts nothing", () =>
  withCameras(async ({ cameras, failAfter, agree, ran, settle }) => {
    const { id } = await cameras.add({ name: "A", kind: "net", options: OPTIONS }, NOTE);
    for (
      const change of [
        () => cameras.add({ name: "B", kind: "net", options: OPTIONS }, NOTE),
        () => cameras.change(id, { name: "C", options: { host: "x" }, enabled: false }, NOTE),
        () => cameras.allow(id, "192.168.1.20:554", NOTE),
        () => cameras.remove(id, NOTE),
      ]
    ) {
      failAfter(0);
      await assert.rejects(change, /does not answer/);
      await agree();
    }
    await settle();
    assert.deepEqual(ran, ["+A"]);
  }));

Deno.test("cameras: secrets are sealed on disk, hidden in views and the audit log, and kept where left out", () =>
  withCameras(async ({ cameras, agree, stored }) => {
    const rows: AuditChange[] = [];
    const audited = (change: AuditChange) => {
      rows.push(change);
      return NOTE();
    };
    const made = await cameras.add({ name: "A", kind: "net", options: OPTIONS }, audited);
    assert.deepEqual(made.options, { host: "192.168.1.20", password: "***" });
    const patch = { options: { host: "camera.lan", password: "***" }, machine: "hall/press" };
    assert.equal((await cameras.change(made.id, patch, audited)).machine, "hall/press");
    assert.equal(cameras.cameraOf(made.id)?.options.password, "canary");
    await cameras.remove(made.id, audited);
    assert.deepEqual(rows.map(({ action }) => action), [
      "camera.create",
      "camera.update",
      "camera.delete",
    ]);
    await cameras.add({ name: "B", kind: "net", options: OPTIONS }, NOTE);
    assert.doesNotMatch(JSON.stringify(rows) + await stored(), /canary/);
    await agree();
  }));

Deno.test("cameras: what cannot be is refused, naming the field", () =>
  withCameras(async ({ cameras }) => {
    const a = { name: "A", kind: "net", options: OPTIONS };
    const { id } = await cameras.add(a, NOTE);
    const cases: [() => Promise<unknown>, string, RegExp][] = [
      [() => cameras.add(a, NOTE), "conflict", /a camera "A" already/],
      [() => cameras.add({ ...a, name: "B", kind: "x" }, NOTE), "validation", /^kind:.*net/],
      [() => cameras.add({ ...a, name: "B", options: {} }, NOTE), "validation", /^options\.host/],
      [() => cameras.change(id, { settings: { fps: 99 } }, NOTE), "validation", /^settings\.fps/],
      [() => cameras.change(id, { machine: "x" }, NOTE), "validation", /no machine "x"/],
      [
        () => cameras.change(id, { settings: { power_cycle_url: "http://10.0.0.1/" } }, NOTE),
        "validation",
        /^settings\.power_cycle_url/,
      ],
      [
        () => cameras.change(id, { settings: { power_output: "x" } }, NOTE),
        "validation",
        /no control "x"/,
      ],
      [() => cameras.change("nobody", {}, NOTE), "not_found", /no camera "nobody"/],
    ];
    for (const [change, code, text] of cases) await assert.rejects(change, refuses(code, text));
    for (let n = 1; n < 32; n++) await cameras.add({ ...a, name: `N${n}`, enabled: false }, NOTE);
    await assert.rejects(() => cameras.add({ ...a, name: "X" }, NOTE), /more than 32/);
  }));

Deno.test("cameras: what was allowed holds for that address alone", () =>
  withCameras(async ({ cameras, agree }) => {
    const { id } = await cameras.add({ name: "A", kind: "net", options: OPTIONS }, NOTE);
    assert.equal(await cameras.asks(id), "192.168.1.20:554");
    await assert.rejects(cameras.allow(id, "192.168.1.21:554", NOTE), /it is 192.168.1.20:554 now/);
    await cameras.allow(id, "192.168.1.20:554", NOTE);
    assert.equal(await cameras.asks(id), null);
    await cameras.change(id, { options: { ...OPTIONS, password: "other" } }, NOTE);
    assert.equal(cameras.find(id).allowed, "192.168.1.20:554");
    await cameras.change(id, { options: { ...OPTIONS, host: "192.168.1.21" } }, NOTE);
    assert.deepEqual([cameras.find(id).allowed, await cameras.asks(id)], [
      null,
      "192.168.1.21:554",
    ]);
    await agree();
  }));

Deno.test("cameras: each runs while it is on, anew when it is another, and none in an emergency", () =>
  withCameras(async ({ cameras, ran, settle }) => {
    const { id } = await cameras.add({ name: "A", kind: "net", options: OPTIONS }, NOTE);
    const does = async (what: () => unknown, ...expected: string[]) => {
      await what();
      await settle();
      assert.deepEqual(ran.splice(0), expected);
    };
    await does(settle, "+A");
    await does(() => cameras.change(id, { settings: { keep_days: 3 } }, NOTE));
    await does(() => cameras.change(id, { settings: { fps: 2 } }, NOTE), "-A", "+A");
    await does(() => cameras.rest(true), "-A");
    assert.match(cameras.find(id).text, /A rests. .*host that Perch runs on is in need/);
    await does(() => cameras.rest(false), "+A");
    await does(() => cameras.recover(id, BY), "!A");
    await does(() => cameras.change(id, { enabled: false }, NOTE), "-A");
    await assert.rejects(cameras.recover(id, BY), /switched off/);
    assert.equal((await cameras.test(id)).ok, true);
    await does(() => cameras.change(id, { enabled: true }, NOTE), "+A");
    await does(() => cameras.remove(id, NOTE), "-A");
  }));

Deno.test("cameras: the test of one that is off ends with the task", () =>
  withCameras(async ({ cameras, ran, stop, settle }) => {
    const given = { name: "Slow", kind: "net", options: OPTIONS, enabled: false };
    const { id } = await cameras.add(given, NOTE);
    const tested = assert.rejects(cameras.test(id), refuses("unavailable", /the test was ended/));
    await settle();
    await stop();
    assert.deepEqual(ran, ["ended"]);
    await tested;
  }));

Deno.test("cameras: what is missing is said of the camera, and it starts when it is there", () =>
  withCameras(async ({ cameras, ran, missing, clock, settle }) => {
    missing.why = "Cameras need ffmpeg.";
    const { id } = await cameras.add({ name: "A", kind: "net", options: OPTIONS }, NOTE);
    await settle();
    const { health, text } = cameras.find(id);
    assert.deepEqual([health.state, text], ["lost", "A gives no pictures. Cameras need ffmpeg."]);
    missing.why = null;
    await clock.advance(11_000);
    assert.deepEqual(ran, ["+A"]);
  }));

Deno.test("cameras: the one that is meant is the only one, or the one that was chosen", () =>
  withCameras(async ({ cameras, chosen }) => {
    assert.throws(() => cameras.meant(), refuses("not_found", /no camera/));
    const a = await cameras.add({ name: "A", kind: "net", options: OPTIONS, enabled: false }, NOTE);
    assert.equal(cameras.meant().id, a.id);
    await cameras.add({ name: "B", kind: "net", options: OPTIONS, enabled: false }, NOTE);
    assert.throws(() => cameras.meant(), refuses("conflict", /A \(.*\), B \(/));
    chosen.name = "B";
    assert.equal(cameras.meant().name, "B");
    assert.equal(cameras.named("A").id, a.id);
  }));
