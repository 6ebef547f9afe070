import assert from "node:assert/strict";
import { createFakeCapture, FROZEN, GONE, LIVE } from "../../tests/support/cameras/fake_capture.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { silentLog } from "../base/log.ts";
import type { EventDraft } from "../events/event.ts";
import { HOUR_MS, MINUTE_MS } from "../words/times.ts";
import { type CameraSettings, cameraSettingsSchema } from "./camera.ts";
import { createRunner, type RunnerDeps } from "./runner.ts";

/** A running camera on a fake clock. */
async function runCamera(
  settings: Partial<CameraSettings> = {},
  onHealth: RunnerDeps["onHealth"] = undefined,
) {
  const clock = fakeClock();
  const capture = createFakeCapture(clock);
  const events: EventDraft[] = [];
  const calls: string[] = [];
  const kept: { lastMs: number | null; status: number; output: string | null } = {
    ...{ lastMs: null, status: 200, output: null },
  };
  const make = () =>
    createRunner({
      camera: {
        id: "4fk2",
        name: "Door",
        kind: "rtsp",
        options: {},
        settings: cameraSettingsSchema.parse(settings),
        machineId: null,
        allowed: null,
        enabled: true,
      },
      capture,
      clock,
      log: silentLog(),
      append: (draft) => Promise.resolve(events.push(draft)),
      outgoing: {
        fetch(url, init) {
          calls.push(`${init?.method} ${url}`);
          return Promise.resolve({ status: kept.status, headers: {}, text: "", truncated: false });
        },
      },
      switchOutput(id, on) {
        calls.push(`${id} ${on ? "on" : "off"}`);
        return Promise.resolve(kept.output);
      },
      lastResort: {
        get: () => Promise.resolve(kept.lastMs),
        set: (_, tMs) => Promise.resolve(void (kept.lastMs = tMs)),
      },
      random: () => 1,
      onHealth,
    });
  let stop = new AbortController();
  let runner = make();
  let over = runner.run(stop.signal);
  await clock.advance(5_000);
  return {
    ...{ clock, capture, events, calls, kept },
    runner: () => runner,
    types: () => events.map(({ type }) => type.replace("camera.", "")),
    over: () => over,
    async end() {
      stop.abort();
      await over;
    },
    /** As after a restart of Perch. */
    async again() {
      await this.end();
      stop = new AbortController();
      runner = make();
      over = runner.run(stop.signal);
    },
  };
}

Deno.test("runner: an outage is one story: lost, a line for each level, and back when pictures change", async () => {
  const run = await runCamera();
  assert.equal(run.runner().health().state, "live");
  run.capture.source.gapMs = null;
  await run.clock.advance(20_000);
  assert.equal(run.runner().health().state, "lost");
  run.capture.source.end = GONE;
  await run.clock.advance(100_000);
  const { failures, recoveryLevel, nextTryMs, lastError, score } = run.runner().health();
  assert.ok(failures >= 5 && failures < 10, `${failures}`);
  assert.deepEqual([recoveryLevel, lastError, score], [2, GONE.why, 0]);
  assert.ok(nextTryMs! > run.clock.now());
  assert.deepEqual(run.types(), ["lost", "recovering", "recovering"]);
  Object.assign(run.capture.source, { end: null, gapMs: 1_000, look: FROZEN });
  await run.clock.advance(50_000);
  assert.ok(!run.types().includes("back"), "pictures that do not change are no success");
  run.capture.source.look = LIVE;
  await run.clock.advance(45_000);
  assert.equal(run.types().at(-1), "back");
  assert.match(
    run.events.at(-1)!.text,
    /^the camera Door gives good pictures again, after .* tries$/,
  );
  assert.equal(run.runner().health().recoveryLevel, 0);
  await run.clock.advance(61_000);
  assert.equal(run.runner().health().failures, 0, "a good minute forgets them");
  assert.equal(run.types().filter((type) => type === "lost").length, 2, "lost, then frozen");
  await run.end();
  assert.deepEqual([run.capture.running(), run.clock.sleepers()], [0, 0]);
  assert.equal(run.runner().health().state, "off");
});

Deno.test("runner: a source that is back is found within a minute, however long it was gone", async () => {
  const run = await runCamera();
  run.capture.source.end = GONE;
  run.capture.breakOff("The connection broke");
  await run.clock.advance(5 * MINUTE_MS);
  run.capture.source.end = null;
  const backMs = run.clock.monotonic();
  while (run.runner().health().state !== "live") await run.clock.advance(1_000);
  assert.ok(run.clock.monotonic() - backMs <= MINUTE_MS);
  await run.end();
});

Deno.test("runner: an attempt that breaks off and is followed by pictures was no outage", async () => {
  const run = await runCamera();
  for (let i = 0; i < 3; i++) {
    run.capture.breakOff("The connection broke");
    await run.clock.advance(5_000);
  }
  const { state, reconnectsPerHour, terms } = run.runner().health();
  assert.deepEqual([state, reconnectsPerHour, run.types()], ["live", 3, []]);
  assert.deepEqual(terms.map(({ name, points }) => [name, points]), [["reconnects", 6]]);
  await run.end();
});

Deno.test("runner: the power is cut once in six hours, also over a restart, and somebody is asked where it cannot be", async () => {
  const url = "http://socket.example/cycle?key=secret";
  const run = await runCamera({ power_cycle_url: url });
  run.capture.source.end = GONE;
  run.capture.breakOff("The connection broke");
  await run.clock.advance(6 * MINUTE_MS);
  assert.deepEqual(run.calls, [`POST ${url}`]);
  assert.match(run.events.at(-1)!.text, /it was switched off and on$/);
  await run.again();
  run.clock.jump(5.8 * HOUR_MS);
  await run.clock.advance(5 * MINUTE_MS);
  assert.equal(run.calls.length, 1);
  run.kept.status = 500;
  run.clock.jump(HOUR_MS);
  await run.clock.advance(MINUTE_MS);
  assert.equal(run.calls.length, 2);
  const wanted = run.events.filter(({ type }) => type === "camera.reboot_wanted");
  assert.equal(wanted.length, 1);
  assert.match(wanted[0].text, /failed \(the answer was 500\): switch it off and on$/);
  assert.ok(wanted[0].route, "it reaches people");
  assert.ok(!JSON.stringify(run.events).includes("secret"));
  await run.end();
});

Deno.test("runner: the power is cut by a control of Perch: off, and on after ten seconds", async () => {
  const run = await runCamera({ power_output: "socket-3" });
  run.capture.source.end = GONE;
  run.capture.breakOff("The connection broke");
  await run.clock.advance(6 * MINUTE_MS);
  assert.deepEqual(run.calls, ["socket-3 off", "socket-3 on"]);
  assert.match(run.events.at(-1)!.text, /it was switched off and on$/);
  run.kept.output = "the machine is in maintenance";
  run.clock.jump(7 * HOUR_MS);
  await run.clock.advance(MINUTE_MS);
  assert.deepEqual(
    run.calls.slice(2),
    ["socket-3 off"],
    "what cannot be switched off is not switched on",
  );
  assert.match(run.events.at(-1)!.text, /failed \(the machine is in maintenance\): switch it off/);
  await run.end();
});

Deno.test("runner: a frozen picture is started anew, ever more rarely, and its power is never cut", async () => {
  const run = await runCamera();
  run.capture.source.look = FROZEN;
  await run.clock.advance(17_000);
  assert.deepEqual([run.runner().health().state, run.capture.attempts.length], ["frozen", 2]);
  await run.clock.advance(3 * MINUTE_MS);
  assert.equal(run.capture.attempts.length, 6);
  await run.clock.advance(5 * MINUTE_MS);
  assert.equal(run.capture.attempts.length, 6, "the next ones are ten minutes apart");
  assert.equal(run.kept.lastMs, null);
  assert.ok(!run.types().includes("reboot_wanted"));
  await run.end();
});

Deno.test("runner: whoever asks for a new start gets it at once, and the waits are forgotten", async () => {
  const run = await runCamera();
  run.capture.source.end = GONE;
  run.capture.breakOff("The connection broke");
  await run.clock.advance(5 * MINUTE_MS);
  const before = run.capture.attempts.length;
  run.runner().recover("anna");
  await run.clock.advance(100);
  assert.deepEqual([run.capture.attempts.length, run.capture.attempts.at(-1)], [before + 1, true]);
  assert.equal(run.runner().health().failures, 1);
  assert.equal(run.events.at(-1)!.actor, "anna");
  await run.end();
  const events = run.events.length;
  run.runner().recover();
  assert.equal(run.events.length, events, "what does not run cannot be started anew");
});

Deno.test("runner: a test says how the pictures are, whether it runs or not, and leaves nothing behind", async () => {
  const run = await runCamera();
  const answer = async () => {
    const asked = run.runner().test();
    await run.clock.advance(20_500);
    return await asked;
  };
  const good = await answer();
  assert.deepEqual([good.ok, good.changing, good.fps], [true, true, 1]);
  assert.ok(good.frame);
  run.capture.source.look = FROZEN;
  assert.match((await answer()).text, /they are all the same\.$/);
  const cut = run.runner().test();
  await run.clock.advance(1_000);
  await run.end();
  await run.clock.advance(500);
  assert.ok((await cut).frame, "it says what it saw until the camera was switched off");
  run.capture.source.end = GONE;
  const none = await answer();
  assert.deepEqual([none.ok, none.text], [false, "No picture: Nobody answers at the address."]);
  assert.deepEqual([run.capture.running(), run.clock.sleepers()], [0, 0]);
});

Deno.test("runner: when who hears of it fails, nothing runs on behind it", async () => {
  let isWell = true;
  const run = await runCamera({}, ({ state }) => {
    if (!isWell && state !== "off") throw new Error("nobody listens");
  });
  assert.equal(run.capture.running(), 1);
  isWell = false;
  const failed = assert.rejects(run.over(), /nobody listens/);
  await run.clock.advance(2_000);
  assert.equal(run.capture.running(), 0);
  await failed;
});
