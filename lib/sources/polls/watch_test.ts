import assert from "node:assert/strict";
import { type FakeClock, fakeClock } from "../../../tests/support/fake_clock.ts";
import { silentLog } from "../../base/log.ts";
import { type PolledValue, PollError, type PollSession } from "./kinds/kind.ts";
import { tcp } from "./kinds/tcp.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { type Poll, pollSettingsSchema } from "./poll.ts";
import { after, dueMs, isUnallowed, NEW_TRACK, type Outcome, resumed } from "./track.ts";
import { createAsking, type Known, type Watch, type WatchDeps } from "./watch.ts";

const ok = (tMs: number): Outcome => ({ tMs, responseMs: 5, detail: "well", fault: null });
const bad = (tMs: number): Outcome => ({ tMs, responseMs: null, detail: "ill", fault: "answer" });

Deno.test("a track is down after so many failures in a row, up after one answer, and tells each change once", () => {
  let track = NEW_TRACK;
  const news = [ok(1), bad(2), bad(3), bad(4), bad(5), ok(6), ok(7)].map((outcome) => {
    const next = after(track, outcome, 3);
    track = next.track;
    return `${next.news} ${track.up} ${track.failures}`;
  });
  assert.deepEqual(news, [
    "up true 0",
    "null true 1",
    "null true 2",
    "down false 3",
    "null false 4",
    "up true 0",
    "null true 0",
  ]);
  assert.deepEqual([track.sinceMs, track.checks.map(({ state }) => state).join()], [
    6,
    "up,trying,trying,down,down,up,up",
  ]);
  for (let i = 0; i < 100; i++) track = after(track, ok(i), 3).track;
  assert.equal(track.checks.length, 50);
});

Deno.test("a track goes on after a restart: what was down is, without telling it again", () => {
  const known = { up: false, sinceMs: 7, detail: "ill" };
  const track = resumed(NEW_TRACK, known, [{
    tMs: 8,
    state: "down",
    responseMs: null,
    detail: "",
  }]);
  assert.deepEqual([track.up, track.sinceMs, track.last?.detail], [false, 7, "ill"]);
  assert.equal(after(track, bad(9), 3).news, null);
  assert.equal(after(track, ok(9), 3).news, "up");
});

Deno.test("a heartbeat that could not report while Perch was off has all its time again", () => {
  const times = { everyMs: 100, graceMs: 10 };
  assert.equal(
    dueMs({ heardMs: 950, startedMs: 1_000, ...times }),
    1_060,
    "it is due while Perch is there",
  );
  assert.equal(
    dueMs({ heardMs: 880, startedMs: 1_000, ...times }),
    1_110,
    "it may have come in vain",
  );
  assert.equal(dueMs({ heardMs: null, startedMs: 1_000, ...times }), 1_110);
});

interface Site {
  clock: FakeClock;
  watch: Watch;
  stored: string[];
  news: string[];
  state: { held: string | null; answers: (() => Promise<void>) | null; closed: number };
}

const NOTHING: Known = { since: null, earlier: [] };

/** A watch whose session answers as the test says, with settings in seconds. */
async function withWatch(
  kind: "tcp" | "heartbeat",
  settings: Record<string, unknown>,
  work: (site: Site) => Promise<void>,
): Promise<void> {
  const clock = fakeClock();
  const [stored, news]: string[][] = [[], []];
  const state: Site["state"] = { held: null, answers: null, closed: 0 };
  const session: PollSession = {
    async ask() {
      await state.answers?.();
      return { values: [{ sensor: "x", value: 1 }], detail: "well", responseMs: 5 };
    },
    close: () => Promise.resolve(void state.closed++),
  };
  const deps: WatchDeps = {
    clock,
    log: silentLog(),
    random: () => 0,
    held: () => state.held,
    store: (_, values: readonly PolledValue[]) =>
      Promise.resolve(
        void stored.push(values.map(({ sensor, value }) => `${sensor}=${value}`).join(" ")),
      ),
    onNews: (_, what, track) => Promise.resolve(void news.push(`${what}: ${track.last?.detail}`)),
    known: () => Promise.resolve(NOTHING),
    open: () => session,
    inTurn: (run) => run(),
  };
  const poll: Poll = {
    ...{ id: "p", name: "P", kind, machine: "probes/P", allowed: null, enabled: true },
    options: kind === "heartbeat" ? { grace_s: 5 } : { host: "x", port: 1 },
    settings: pollSettingsSchema.parse(settings),
  };
  const watch = kind === "heartbeat"
    ? createHeartbeat(poll, deps, null)
    : createAsking(poll, tcp, deps, null);
  const stop = new AbortController();
  const over = watch.run(stop.signal).catch(() => {});
  await clock.advance(0);
  try {
    await work({ clock, watch, stored, news, state });
  } finally {
    stop.abort();
    await over;
  }
}

const fails = (code: "refused" | "tls" | "unallowed", values: PolledValue[] = []) => () =>
  Promise.reject(new PollError(code, code, values));

Deno.test("an asking comes every interval; a failing one stores nothing of `up` before it counts as down", () =>
  withWatch(
    "tcp",
    { every_s: 10, down_after: 2 },
    async ({ clock, watch, stored, news, state }) => {
      assert.deepEqual(stored.splice(0), ["up=true response time=5 x=1"]);
      state.answers = fails("tls", [{ sensor: "days left", value: -1 }]);
      await clock.advance(10_000);
      assert.deepEqual(stored.splice(0), ["days left=-1"]);
      assert.equal(watch.state().track.failures, 1);
      await clock.advance(10_000);
      assert.deepEqual(stored.splice(0), ["up=false days left=-1"]);
      state.answers = null;
      const asked = watch.askNow!();
      await clock.advance(0);
      assert.equal((await asked).fault, null);
      assert.deepEqual(news, ["up: well", "down: tls", "up: well"]);
    },
  ));

Deno.test("what an admin has to allow first is neither up nor down, and is asked again within a minute", () =>
  withWatch(
    "tcp",
    { every_s: 600, down_after: 1 },
    async ({ clock, watch, stored, news, state }) => {
      stored.length = 0;
      state.answers = fails("unallowed");
      for (let i = 0; i < 12; i++) await clock.advance(100_000);
      const { track } = watch.state();
      assert.deepEqual([track.up, track.failures, track.checks.length], [true, 0, 1]);
      assert.deepEqual([isUnallowed(track), stored, news], [true, [], ["up: well"]]);
      state.answers = null;
      await clock.advance(60_000);
      assert.deepEqual([isUnallowed(watch.state().track), stored.length], [false, 1]);
      // Nor is one that was down.
      const down = after(after(track, bad(1), 1).track, { ...bad(2), fault: "unallowed" }, 1);
      assert.deepEqual([down.news, down.track.failures, isUnallowed(down.track)], [null, 0, true]);
    },
  ));

Deno.test("nothing is asked while it is held, and the reason is shown", () =>
  withWatch("tcp", { every_s: 600 }, async ({ clock, watch, stored, state }) => {
    stored.length = 0;
    state.held = "the intake is paused";
    await clock.advance(3_600_000);
    assert.deepEqual([stored, watch.state().held], [[], "the intake is paused"]);
    state.held = null;
    await clock.advance(60_000);
    assert.deepEqual([stored.length, watch.state().held], [1, null]);
  }));

Deno.test("one that fails is asked again within a minute, however seldom it is asked otherwise", () =>
  withWatch("tcp", { every_s: 86_400, down_after: 3 }, async ({ clock, news, state }) => {
    state.answers = fails("refused");
    await clock.advance(86_400_000);
    await clock.advance(60_000);
    await clock.advance(60_000);
    assert.deepEqual(news, ["up: well", "down: refused"]);
  }));

Deno.test("a heartbeat is missed after its time and grace, counts as down each time, and is up with a word", () =>
  withWatch("heartbeat", { every_s: 60 }, async ({ clock, watch, stored, news, state }) => {
    assert.equal(watch.state().track.up, null);
    await watch.beat!({ up: true, message: "3 files", responseMs: 1_200 });
    assert.deepEqual(stored.splice(0), ["up=true response time=1200"]);
    for (let i = 0; i < 12; i++) await clock.advance(5_000);
    assert.deepEqual(stored, []);
    for (let i = 0; i < 2; i++) await clock.advance(5_000);
    assert.deepEqual(stored.splice(0), ["up=false"]);
    for (let i = 0; i < 14; i++) await clock.advance(5_000);
    assert.deepEqual(stored.splice(0), ["up=false"], "an interval later it is missed again");
    await watch.beat!({ up: false, message: "disk full", responseMs: null });
    await watch.beat!({ up: true, message: "", responseMs: null });
    assert.deepEqual(news, [
      "up: It reported: 3 files",
      "down: It has not reported for 65 s; it must every 60 s (5 s of grace)",
      "up: It reported",
    ]);
    assert.equal(watch.state().track.checks.at(-2)!.detail, "It reported a failure: disk full");
    state.held = "the intake is paused";
    for (let i = 0; i < 30; i++) await clock.advance(5_000);
    assert.equal(watch.state().track.up, true, "what reports meanwhile is refused");
  }));
