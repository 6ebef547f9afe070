/**
 * Wrong clocks: 1970, beyond 2100, ten years ahead, two hours back, random steps. Nothing is deleted, nobody is
 * signed out, nothing is refused, and what comes without a time keeps its order under a flag.
 * `SABOTAGE=clock` believes every jump at once; `SABOTAGE=summer` counts in the time of the wall.
 */
import assert from "node:assert/strict";
import mqtt from "mqtt";
import { systemActor } from "../../lib/access/audit_row.ts";
import { openStorage } from "../../lib/app/storage.ts";
import { silentLog } from "../../lib/base/log.ts";
import { DAY_MS, HOUR_MS } from "../../lib/words/times.ts";
import { runApp, type RunningApp } from "../support/app_client.ts";
import { sabotaged } from "../support/sabotage.ts";
import { type WrongClock, wrongClock } from "../support/wrong_clock.ts";

const YEAR_MS = 365 * DAY_MS;
const SUSPECT = "host_clock";
const ADMIN = { email: "a@example.com", password: "correct horse battery" };

async function inFolder(run: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "perch-clock-" });
  try {
    await run(dataDir);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

async function withApp(
  dataDir: string,
  clock: WrongClock,
  run: (app: RunningApp) => Promise<void>,
): Promise<void> {
  const app = await runApp({ PERCH_DATA: dataDir, RETENTION_DAYS: "30" }, { clock });
  try {
    await run(app);
  } finally {
    await app.stop();
  }
}

/** What a Perch would do that trusts any clock: the trusted time follows at once. */
async function trustAtOnce(dataDir: string, clock: WrongClock): Promise<void> {
  if (!sabotaged("clock")) return;
  const storage = await openStorage({ url: `file:${dataDir}/perch.db`, log: silentLog() });
  const sql = "update trusted_clock set trusted_ms = ?";
  await storage.db.write([{ sql, args: [clock.now()] }]);
  await storage.close();
}

interface Raw {
  t: number[];
  v: number[];
  /** Of each reading; null when its time is the device's or that of a right clock. */
  notes: (string | null)[];
}

async function rawOf(app: RunningApp, sensor: string): Promise<Raw> {
  const all: Raw = { t: [], v: [], notes: [] };
  for (let cursor: string | null = ""; cursor !== null;) {
    const path: string = `/api/readings?sensor=${sensor}&points=0&from=0&to=4102444700000` +
      (cursor && `&cursor=${encodeURIComponent(cursor)}`);
    const page: Partial<Raw> & Pick<Raw, "t" | "v"> & { next: string | null } =
      await (await app.ask(path)).json();
    all.t.push(...page.t);
    all.v.push(...page.v);
    all.notes.push(...page.notes ?? page.t.map(() => null));
    cursor = page.next;
  }
  return all;
}

/** 12 000 readings over some days, one chunk of them sealed. */
async function fill(app: RunningApp, sensor: string, fromMs: number, days: number): Promise<void> {
  const stepMs = Math.floor(days * DAY_MS / 12_000);
  for (let at = 0; at < 12_000; at += 4_000) {
    await app.ingest(Array.from({ length: 4_000 }, (_, i) => ({
      machine: "c/m",
      sensor,
      value: at + i,
      ts: fromMs + (at + i) * stepMs,
    })));
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 100));
}

Deno.test("clock: two starts ten years ahead delete nothing, sign nobody out, and alarm", () =>
  inFolder(async (dataDir) => {
    const nowMs = Date.now();
    let cookie = "";
    let access = "";
    await withApp(dataDir, wrongClock(), async (app) => {
      await fill(app, "old", nowMs - 60 * DAY_MS, 20);
      await fill(app, "young", nowMs - 25 * DAY_MS, 20);
      await app.parts.access.users.add({ ...ADMIN, role: "admin" }, systemActor("test"));
      const { signIn } = app.parts.access;
      cookie = (await signIn.browser({ ...ADMIN, from: systemActor("test") })).secret;
      access = (await signIn.api({ ...ADMIN, from: systemActor("test") })).access_token;
    });
    const clock = wrongClock(10 * YEAR_MS);
    await trustAtOnce(dataDir, clock);
    await withApp(dataDir, clock, async (app) => {
      await app.ingest([{ machine: "c/m", sensor: "young", value: -1 }]);
    });
    await withApp(dataDir, clock, async (app) => {
      // What is due by the time that passed goes: retention has had its turn.
      await until(async () => (await rawOf(app, "c/m/old")).v.length === 0);
      const { v, notes } = await rawOf(app, "c/m/young");
      assert.equal(v.length, 12_001);
      assert.equal(notes.at(-1), SUSPECT);
      assert.notEqual(app.parts.access.sessions.identify(cookie), null);
      assert.notEqual(await app.parts.access.tokens.identify(access), null);
      await until(async () =>
        (await (await app.ask("/api/alarms?state=active")).json()).items
          .some((alarm: { title: string }) => /more than a year ahead/.test(alarm.title))
      );
      const asked = await (await app.ask("/api/clock")).json();
      assert.equal(asked.doubt, "ahead");
      assert.ok(Math.abs(asked.now_ms - Date.now()) < 60_000);
    });
    await withApp(dataDir, wrongClock(), (app) => {
      assert.equal(app.parts.clock.state().doubt, null, "and back");
      assert.notEqual(app.parts.access.sessions.identify(cookie), null);
      return Promise.resolve();
    });
  }));

Deno.test("clock: an admin confirms a host that was away for 40 days; it is audited", () =>
  inFolder(async (dataDir) => {
    await withApp(dataDir, wrongClock(), () => Promise.resolve());
    const clock = wrongClock(40 * DAY_MS);
    await withApp(dataDir, clock, async (app) => {
      const before = await (await app.ask("/api/clock")).json();
      assert.equal(before.doubt, null);
      assert.equal(Math.round(before.waiting_ms / DAY_MS), 39, "a day is made up at once");
      const page = await app.ask("/sources", { role: "admin" });
      assert.match(await page.text(), /This clock is right/);
      assert.equal((await app.ask("/api/clock/confirm", { method: "POST" })).status, 403);
      const said = await app.ask("/api/clock/confirm", { role: "admin", method: "POST" });
      const after = await said.json();
      assert.equal(after.waiting_ms, 0);
      assert.ok(Math.abs(after.trusted_ms - clock.now()) < 60_000);
      const { items } = await app.parts.access.audit.list({ action: "clock.confirm" });
      assert.equal(items.length, 1);
      clock.set(0);
      const refused = await app.ask("/api/clock/confirm", { role: "admin", method: "POST" });
      assert.equal(refused.status, 409);
      assert.match((await refused.json()).detail, /1970-01-01/);
    });
    await withApp(dataDir, clock, (app) => {
      assert.equal(app.parts.clock.state().waitingMs, 0, "kept over a restart");
      return Promise.resolve();
    });
  }));

Deno.test("clock: at 1970 and in 2105 everything is taken, by HTTP and MQTT, in order and under a flag", () =>
  inFolder(async (dataDir) => {
    const clock = wrongClock();
    clock.set(0);
    await withApp(dataDir, clock, async (app) => {
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${app.parts.broker!.port()}`, {
        reconnectPeriod: 0,
      });
      let closed = false;
      client.on("close", () => closed = true);
      let value = 0;
      for (const wrongMs of [0, Date.UTC(2105, 0, 1), Date.UTC(2300, 0, 1), 1]) {
        clock.set(wrongMs);
        for (let i = 0; i < 5; i++) {
          const timed = { machine: "c/m", sensor: "timed", value, ts: Date.now() + value };
          await app.ingest([{ machine: "c/m", sensor: "s", value: value++ }, timed]);
          await client.publishAsync("factory/c/m/s", String(value++), { qos: 1 });
        }
      }
      assert.equal(closed, false);
      await client.endAsync();
      const { t, v, notes } = await rawOf(app, "c/m/s");
      assert.deepEqual(v, Array.from({ length: value }, (_, i) => i), "in order");
      assert.ok(notes.every((note) => note === SUSPECT));
      assert.ok(t.every((ms) => ms >= Date.UTC(2025, 0, 1) && ms < Date.UTC(2026, 0, 1)));
      const timed = await rawOf(app, "c/m/timed");
      assert.ok(timed.notes.every((note) => note === null), "devices that know the time are right");
      clock.set(Date.now());
      await app.ingest([{ machine: "c/m", sensor: "s", value }]);
      assert.equal((await rawOf(app, "c/m/s")).notes.at(-1), null);
    });
  }));

Deno.test("clock: random steps reorder nothing, lose nothing, sign nobody out and repeat no request", () =>
  inFolder(async (dataDir) => {
    const clock = wrongClock();
    const steps = Number(Deno.env.get("PERCH_CLOCK_STEPS") ?? 150);
    let seed = 7;
    const random = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
    const jumps = [-2 * HOUR_MS, HOUR_MS, -HOUR_MS, 10 * YEAR_MS, -10 * YEAR_MS, 9 * DAY_MS];
    await withApp(dataDir, clock, async (app) => {
      await app.parts.access.users.add({ ...ADMIN, role: "admin" }, systemActor("test"));
      const from = systemActor("test");
      const { secret } = await app.parts.access.signIn.browser({ ...ADMIN, from });
      const once = () =>
        app.ask("/api/ingest/batch", {
          role: "engineer",
          method: "POST",
          headers: { "content-type": "application/json", "idempotency-key": "k" },
          body: JSON.stringify([{ machine: "c/m", sensor: "once", value: 1 }]),
        });
      for (let i = 0; i < steps; i++) {
        if (random() < 0.5) clock.jump(jumps[Math.floor(random() * jumps.length)]);
        else if (random() < 0.2) clock.set(Date.now());
        else clock.jump((random() - 0.5) * 2 * DAY_MS);
        await app.ingest([{ machine: "c/m", sensor: "s", value: i }]);
        assert.equal((await once()).status, 200);
        assert.notEqual(app.parts.access.sessions.identify(secret), null, `step ${i}`);
      }
      const { v, notes } = await rawOf(app, "c/m/s");
      assert.deepEqual(v, Array.from({ length: steps }, (_, i) => i));
      assert.ok(notes.filter((note) => note === SUSPECT).length > steps / 4);
      assert.equal((await rawOf(app, "c/m/once")).v.length, 1);
    });
  }));

/** Changes of summer time of 2026, UTC: an hour or half of one is left out, or is there twice. */
const CHANGES: [zone: string, at: string, hostStepMs: number][] = [
  ["Europe/Berlin", "2026-03-29T01:00:00Z", HOUR_MS],
  ["Europe/Berlin", "2026-10-25T01:00:00Z", -HOUR_MS],
  ["America/St_Johns", "2026-11-01T04:30:00Z", -HOUR_MS],
  ["Australia/Lord_Howe", "2026-10-03T15:30:00Z", HOUR_MS / 2],
  ["Australia/Lord_Howe", "2026-04-04T15:00:00Z", -HOUR_MS / 2],
  ["Africa/Casablanca", "2026-03-22T02:00:00Z", HOUR_MS],
];

/** The mistake that is meant: local time for the time. */
function wallClock(): WrongClock {
  const clock = wrongClock();
  const { now } = clock;
  return { ...clock, now: () => now() - new Date(now()).getTimezoneOffset() * 60_000 };
}

for (const [zone, at, hostStepMs] of CHANGES) {
  Deno.test(`clock: summer time changes in ${zone} at ${at}: nothing is deleted, reordered or signed out`, () =>
    inFolder(async (dataDir) => {
      const zoneBefore = Deno.env.get("TZ");
      Deno.env.set("TZ", zone);
      const changeMs = Date.parse(at);
      const clock = sabotaged("summer") ? wallClock() : wrongClock();
      try {
        const offset = (ms: number) => new Date(ms).getTimezoneOffset();
        assert.notEqual(offset(changeMs - 1), offset(changeMs), "the process is in the zone");
        clock.set(changeMs - 2 * HOUR_MS);
        await withApp(dataDir, clock, async (app) => {
          await app.parts.access.users.add({ ...ADMIN, role: "admin" }, systemActor("test"));
          const from = systemActor("test");
          const { secret } = await app.parts.access.signIn.browser({ ...ADMIN, from });
          // Old enough that an hour too much would delete it.
          await app.ingest([{
            machine: "c/m",
            sensor: "old",
            value: 1,
            ts: changeMs - 30 * DAY_MS + 6 * HOUR_MS,
          }]);
          let value = 0;
          const put = () => app.ingest([{ machine: "c/m", sensor: "s", value: value++ }]);
          const t = async () => (await rawOf(app, "c/m/s")).t;
          const started = clock.monotonic();
          const steps = [-1, 0, 1, 30 * 60_000, HOUR_MS, 2 * HOUR_MS];
          for (const toMs of steps) {
            clock.set(changeMs + toMs);
            await put();
          }
          const right = await t();
          assert.equal(
            app.parts.clock.state().doubt,
            null,
            "the change itself is no step of the clock",
          );
          assert.deepEqual(right, right.toSorted((a, b) => a - b));
          const offMs = right.map((t, i) => Math.abs(t - changeMs - steps[i]));
          assert.ok(offMs.every((ms) => ms < 10 * 60_000), `each at its time: ${offMs}`);
          // A host whose clock is set to local time steps with it, and is put right again.
          clock.jump(hostStepMs);
          for (let i = 0; i < 3; i++) await put();
          clock.jump(-hostStepMs);
          for (let i = 0; i < 3; i++) await put();
          const { v } = await rawOf(app, "c/m/s");
          assert.deepEqual(v, Array.from({ length: value }, (_, i) => i), "in order");
          assert.equal((await rawOf(app, "c/m/old")).v.length, 1);
          assert.notEqual(app.parts.access.sessions.identify(secret), null);
          assert.ok(clock.monotonic() - started < 60_000, "what waits does not wait an hour more");
        });
      } finally {
        if (zoneBefore === undefined) Deno.env.delete("TZ");
        else Deno.env.set("TZ", zoneBefore);
      }
    }));
}
