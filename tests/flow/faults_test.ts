/**
 * What is wrong with Perch itself is seen within one look, as one fault for each cause, and is over when it is; and a
 * pause of the whole intake loses nothing, over a restart too.
 *
 * Controls: SABOTAGE=blind looks for nothing; SABOTAGE=not-paused takes readings while the intake is paused.
 */
import "../../lib/base/denied_env.ts";
import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { systemActor } from "../../lib/access/audit_row.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { Task } from "../../lib/base/supervisor.ts";
import type { AuditChange } from "../../lib/events/audit_change.ts";
import type { ComponentHealth } from "../../lib/live/components.ts";
import { startApp } from "../support/app.ts";
import { runApp } from "../support/app_client.ts";
import { WHOLE } from "../support/device_site.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { haveMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { eventually } from "../support/recording_intake.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const LOOK_MS = 5_000;
const BUSY_MOST_MS = 10_000;
/** So many readings are sent while nothing is taken. */
const SENT = Number(Deno.env.get("PAUSED_MESSAGES") ?? 120);

/** What the test is about; the others rest, so that an hour passes in a moment. */
const AT_WORK = new Set(["faults", "event feed", "thingspeak", "backtests"]);

/** Tasks that fail or hang as long as they are ill. */
function illTasks(clock: Clock) {
  const ill = new Map<string, "crashes" | "hangs">();
  const kills = new Map<string, () => void>();
  const taskFault = (task: Task): Task => ({
    name: task.name,
    busyMostMs: BUSY_MOST_MS,
    run(signal, beat) {
      if (task.name === "faults" && sabotaged("blind")) {
        return new Promise((_, reject) => signal.addEventListener("abort", reject));
      }
      if (!AT_WORK.has(task.name)) {
        beat?.(1e9);
        return clock.sleep(1e9, signal);
      }
      const how = ill.get(task.name);
      if (how === "crashes") return Promise.reject(new Error("x is undefined"));
      if (how === "hangs") {
        return new Promise((_, reject) => signal.addEventListener("abort", reject));
      }
      const killed = new Promise<never>((_, reject) => {
        kills.set(task.name, () => reject(new Error("killed by the test")));
      });
      return Promise.race([task.run(signal, beat), killed]);
    },
  });
  return {
    taskFault,
    makeIll(name: string, how: "crashes" | "hangs") {
      ill.set(name, how);
      kills.get(name)!();
    },
    cure: () => ill.clear(),
  };
}

Deno.test("faults: tasks, parts, programs and error events are each one fault within one look, and end", async () => {
  const clock = fakeClock();
  const { taskFault, makeIll, cure } = illTasks(clock);
  const { app, close } = await startApp({}, { clock, taskFault });
  /** Time passes in small steps: the database answers in its own. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await clock.advance(1_000);
    }
  };
  try {
    const { faults, components, reported, events } = app.parts();
    let health: ComponentHealth = "ok";
    components.register("camera", () => ({ health, detail: "No picture for 40 s." }));
    await pass(31_000);
    assert.deepEqual(faults.open(), [], "a healthy plant has none");

    makeIll("thingspeak", "crashes");
    makeIll("backtests", "hangs");
    health = "error";
    await reported.components.report("gateway", { state: "error", detail: "No SIM" }, "test");
    const event = { severity: "warning", tMs: clock.now(), actor: null, body: null } as const;
    for (const text of ["The backup failed: no room", "The backup failed: still no room"]) {
      await events.append({
        ...event,
        type: "backup.failed",
        subject: "backup",
        text,
        route: false,
      });
    }
    // An event of the log is heard a moment after it was written.
    await pass(LOOK_MS + 2_000);
    const seen = () => faults.open().map(({ component, type }) => `${component} ${type}`).sort();
    const atOnce = [
      "backup error_event",
      "camera failed_check",
      "program:gateway program_failed",
      "task:thingspeak task_crashed",
    ];
    // Killed to hang: that it was killed is a fault of its own until the hang is noticed.
    assert.deepEqual(seen().filter((one) => !one.startsWith("task:backtests")), atOnce);
    await pass(2 * BUSY_MOST_MS);
    assert.deepEqual(seen(), [...atOnce, "task:backtests task_crashed"].sort());
    const of = (name: string) => faults.open().find(({ component }) => component === name)!;
    assert.equal(of("backup").n, 2);
    assert.equal(of("task:thingspeak").severity, "medium", "it fails again and again");
    assert.match(of("task:backtests").message, /hung and was started again/);
    assert.equal((await faults.list({ limit: 100 })).items.length, 5, "one for each cause");

    cure();
    health = "ok";
    await reported.components.report("gateway", { state: "online" }, "test");
    await pass(95_000);
    assert.deepEqual(seen(), ["backup error_event"], "that one stands for ten minutes");
    const { items } = await events.list({ types: ["fault"], limit: 100 });
    const count = (type: string) => items.filter((one) => one.type === type).length;
    assert.deepEqual([count("fault.opened"), count("fault.over")], [5, 4]);
    assert.ok(count("fault.healed") >= 2, "the tasks were started again, which helped");
  } finally {
    const closing = close().then(() => true);
    while (!await Promise.race([closing, clock.advance(1_000)]));
  }
});

Deno.test({
  name:
    "faults: while the intake is paused nothing is acknowledged, and nothing is lost, over a restart too",
  ignore: !haveMosquitto(),
  async fn() {
    await using broker = await startMosquitto({ config: ["max_queued_messages 10000"] });
    const dataDir = await Deno.makeTempDir({ prefix: "perch-paused-" });
    const start = async () => {
      const app = await runApp({
        PERCH_DATA: dataDir,
        MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
        MQTT_CLIENT_ID: "perch-paused",
      });
      const [source] = app.parts.sources;
      await eventually(() => source.state().state === "connected", () => source.state().detail);
      const post = (path: string, body: unknown) =>
        app.ask(path, {
          role: "admin",
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
      const stored = async (): Promise<number[]> => {
        const sensor = app.parts.registry.find("paused/press/n");
        if (sensor === undefined) return [];
        const range = { fromMs: Number(WHOLE.from), toMs: Number(WHOLE.to), limit: 10 * SENT };
        return [...(await app.parts.storage.readings.raw({ sensor: sensor.num, ...range })).value];
      };
      return { ...app, post, stored };
    };
    const reading = (value: number) => ({ machine: "paused/press", sensor: "n", value });
    const numbers = (from: number, n: number) => Array.from({ length: n }, (_, i) => from + i);
    let perch = await start();
    let isRunning = true;
    try {
      assert.equal((await perch.post("/api/ingest", reading(0))).status, 200);
      const reason = { reason: "the broker moves" };
      if (!sabotaged("not-paused")) {
        const paused = await perch.post("/api/components/intake/pause", reason);
        assert.equal(paused.status, 200, await paused.clone().text());
      }
      const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
      for (const value of numbers(1, SENT)) {
        await client.publishAsync("factory/paused/press/n", String(value), { qos: 1 });
      }
      await client.endAsync();
      const refused = await perch.post("/api/ingest", reading(-1));
      assert.equal(refused.status, 503);
      assert.match(refused.headers.get("retry-after")!, /^\d+$/);
      assert.match((await refused.json()).detail, /intake is paused/);
      const status = await (await perch.ask("/api/status")).json();
      assert.deepEqual(status.paused.map((one: { component: string }) => one.component), [
        "intake",
      ]);
      const part = status.components.find((one: { name: string }) => one.name === "intake");
      assert.equal(part.health, "degraded");
      assert.equal((await perch.ask("/health/ready")).status, 503);
      assert.deepEqual(await perch.stored(), [0]);

      await perch.stop();
      isRunning = false;
      perch = await start();
      isRunning = true;
      assert.equal(
        (await perch.post("/api/ingest", reading(-2))).status,
        503,
        "it is still paused",
      );
      assert.deepEqual(await perch.stored(), [0]);
      const resumed = await perch.post("/api/components/intake/resume", { reason: "it moved" });
      assert.equal(resumed.status, 204);
      assert.equal((await perch.post("/api/ingest", reading(SENT + 1))).status, 200);
      const found = await until("everything that was sent", async () => {
        const values = await perch.stored();
        return values.length >= SENT + 2 ? values : null;
      });
      assert.deepEqual(found.toSorted((a, b) => a - b), numbers(0, SENT + 2));
      const { access } = perch.parts;
      const { items } = await access.audit.list({ action: "component" });
      assert.deepEqual(items.map(({ action }) => action), ["component.resume", "component.pause"]);
      assert.equal(items[0].actor.name, "test admin");
    } finally {
      if (isRunning) await perch.stop();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});

Deno.test("faults: a client of the embedded broker is acknowledged once the intake is resumed", async () => {
  const { app, close } = await startApp();
  try {
    const { faults, access, broker, registry } = app.parts();
    const audited = (change: AuditChange) =>
      access.audit.statement({ actor: systemActor("test"), ...change });
    const by = { name: "Ann", reason: "a try", audited };
    const client = await connectAsync(`mqtt://127.0.0.1:${broker!.port()}`);
    if (!sabotaged("not-paused")) await faults.pause("intake", by);
    let acknowledged = 0;
    const sent = [1, 2, 3].map(async (value) => {
      await client.publishAsync("factory/paused/press/n", String(value), { qos: 1 });
      acknowledged++;
    });
    // Whoever connects now is answered after what was sent before.
    await (await connectAsync(`mqtt://127.0.0.1:${broker!.port()}`)).endAsync();
    assert.deepEqual([acknowledged, registry.find("paused/press/n")], [0, undefined]);
    if (!sabotaged("not-paused")) await faults.resume("intake", by);
    await Promise.all(sent);
    assert.equal(registry.find("paused/press/n")!.last!.value, 3);
    await client.endAsync();
  } finally {
    await close();
  }
});

Deno.test("faults: a task is paused and resumed by name, and started anew", async () => {
  const { app, close } = await startApp();
  try {
    const { faults, access, components } = app.parts();
    const audited = (change: AuditChange) =>
      access.audit.statement({ actor: systemActor("test"), ...change });
    const by = { name: "Ann", reason: "a try", audited };
    const pause = await faults.pause("task:backups", by);
    assert.equal(pause.fault?.message, "task:backups is paused by Ann: a try");
    const part = () => components.all().find(({ name }) => name === "faults")!;
    assert.equal(part().health, "degraded");
    await assert.rejects(faults.restart("task:backups", by), { code: "conflict" });
    await faults.resume("task:backups", by);
    await faults.restart("task:backups", by);
    assert.equal(part().health, "ok", part().detail);
    await assert.rejects(
      faults.pause("task:alarms", by),
      { code: "not_found" },
      "readings and alarms",
    );
  } finally {
    await close();
  }
});
