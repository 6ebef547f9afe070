import assert from "node:assert/strict";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { createWake } from "../../base/wake.ts";
import type { Mode } from "../ffmpeg/arguments.ts";
import { FeedError } from "../fault.ts";
import { runAttempt, type Taking } from "./attempt.ts";
import { isSparse, wantedMode } from "./mode.ts";
import { createPictures } from "./pictures.ts";
import type { SessionEnd } from "./session.ts";
import { createSilence } from "./silence.ts";
import { createViewers } from "./viewers.ts";

const jpeg = (n = 1) => new Uint8Array(n);

Deno.test("viewers: the latest picture wins, however slow a viewer is; each has its own pace", async () => {
  const clock = fakeClock();
  const pictures = createPictures(clock);
  let changes = 0;
  const viewers = createViewers({ clock, latest: pictures.latest, onChange: () => void changes++ });
  const slow = viewers.watch();
  const paced = viewers.watch(2);
  const show = () => (pictures.add(jpeg()), viewers.news());
  const waiting = slow.next();
  show();
  assert.equal((await waiting)?.sequence, 1);
  for (let n = 0; n < 5; n++) show();
  assert.equal((await slow.next())?.sequence, 6);

  assert.equal((await paced.next())?.sequence, 6);
  show();
  const next = paced.next();
  await clock.advance(400);
  show();
  await clock.advance(99);
  show();
  await clock.advance(1);
  assert.equal((await next)?.sequence, 9, "when it is due, the newest");

  const left = paced.next();
  paced.close();
  assert.equal(await left, null);
  const cut = new AbortController();
  const own = slow.next(cut.signal);
  assert.equal((await own)?.sequence, 9);
  const none = slow.next(cut.signal);
  cut.abort();
  assert.equal(await none, null);
  assert.deepEqual([viewers.count(), changes], [1, 3]);
  viewers.close();
  assert.equal(await viewers.watch().next(), null);
});

Deno.test("pictures: ten a second apart, bounded in bytes; the rate is that of ten seconds", async () => {
  const clock = fakeClock();
  const pictures = createPictures(clock);
  assert.deepEqual([pictures.fps(), pictures.latest(), pictures.recent()], [0, null, []]);
  for (let n = 0; n < 80; n++) {
    pictures.add(jpeg());
    if (n < 79) await clock.advance(250);
  }
  assert.equal(pictures.fps(), 4);
  assert.equal(pictures.latest()?.sequence, 80);
  assert.deepEqual(pictures.recent().map((one) => one.sequence), [
    ...[41, 45, 49, 53, 57],
    ...[61, 65, 69, 73, 77],
  ]);
  await clock.advance(20_000);
  assert.equal(pictures.fps(), 0);
  for (let n = 0; n < 5; n++) {
    pictures.add(jpeg(9_000_000));
    await clock.advance(1_000);
  }
  assert.equal(pictures.recent().length, 2);
});

Deno.test("mode: whole pictures without viewers, half a minute after the last left, all where they are sparse", () => {
  const of = (viewers: number, leftMs: number | null, isSparse = false) =>
    wantedMode({ viewers, leftMs, isSparse });
  assert.deepEqual(
    [of(0, null), of(1, null), of(1, 99_999), of(0, 29_999), of(0, 30_000), of(0, null, true)],
    ["keyframes", "watched", "watched", "watched", "keyframes", "slow"],
  );
  assert.ok(isSparse("keyframes", 5_000, 3) && isSparse("keyframes", 8_000, 0));
  assert.ok(!isSparse("keyframes", 4_999, 3) && !isSparse("watched", 9_000, 3));
});

Deno.test("silence: by pictures, and by bytes where they are counted", () => {
  const look = (mode: Mode, nowMs: number, frames: number, bytes?: number) =>
    createSilence(mode, 0).look({ nowMs, lastMs: 0, frames, bytes });
  assert.equal(look("watched", 9_999, 5), null);
  assert.match(look("watched", 10_000, 5)!, /No picture came for 10 s/);
  assert.equal(look("slow", 14_999, 0), null, "ffmpeg looks at it first");
  assert.equal(look("keyframes", 29_000, 5), null, "whole pictures may be rare");
  assert.match(look("keyframes", 10_000, 5, 0)!, /Nothing came of the camera for 10 s/);
  assert.equal(look("keyframes", 29_000, 5, 7), null, "bytes came");
  assert.equal(look("watched", 29_000, 0, 7), null, "it waits for a whole picture");
  assert.match(look("watched", 10_000, 5, 7)!, /No picture came/);
});

/** An attempt whose sessions a test plays. */
function played(first: Mode) {
  const clock = fakeClock();
  const sessions: (Taking & { mode: Mode; stop(end: SessionEnd): void; isOver: boolean })[] = [];
  const state = { mode: first, refuse: false, frames: 0 };
  const wake = createWake(clock);
  const ending = new AbortController();
  const running = runAttempt({
    clock,
    wake,
    wanted: () => state.mode,
    onFrame: () => void state.frames++,
    onLook() {},
    open(mode, taking) {
      if (state.refuse) return Promise.reject(new FeedError("unreachable", "Refused."));
      let stop: (end: SessionEnd) => void;
      const ended = new Promise<SessionEnd>((resolve) => stop = resolve);
      const one = { ...taking, mode, isOver: false, stop: (end: SessionEnd) => stop(end) };
      ended.then(() => one.isOver = true);
      sessions.push(one);
      const end = async () => {
        stop({ fault: "ended", why: null });
        await ended;
      };
      const session = { mode, frames: () => 1, lastMs: () => 0, ended, end };
      return Promise.resolve({ session, isChangeable: true });
    },
  }, ending.signal);
  const change = async (mode: Mode) => {
    state.mode = mode;
    wake.now();
    await clock.advance(1_000);
  };
  return { clock, sessions, state, running, ending, change };
}

Deno.test("attempt: the next session takes over with its first picture, and the one before ends", async () => {
  const { clock, sessions, state, running, ending, change } = played("keyframes");
  await clock.advance(0);
  sessions[0].onFrame(jpeg());
  await change("watched");
  assert.deepEqual(sessions.map((one) => [one.mode, one.isOver]), [
    ["keyframes", false],
    ["watched", false],
  ]);
  sessions[0].onFrame(jpeg());
  sessions[1].onFrame(jpeg());
  sessions[0].onFrame(jpeg());
  await clock.advance(1_000);
  assert.ok(sessions[0].isOver);
  assert.equal(state.frames, 3, "none of the session that was left");
  ending.abort();
  assert.deepEqual(await running, { fault: "ended", why: null, frames: 3 });
  assert.ok(sessions[1].isOver);
});

Deno.test("attempt: a change that is refused leaves the pictures as they were, and is tried again", async () => {
  const { clock, sessions, state, running, change } = played("keyframes");
  await clock.advance(0);
  state.refuse = true;
  await change("watched");
  sessions[0].onFrame(jpeg());
  state.refuse = false;
  await clock.advance(20_000);
  assert.equal(sessions.length, 1);
  await clock.advance(12_000);
  assert.equal(sessions.length, 2);
  sessions[0].stop({ fault: "stalled", why: "Silent." });
  await clock.advance(1_000);
  assert.deepEqual(await running, { fault: "stalled", why: "Silent.", frames: 1 });
  assert.ok(sessions[1].isOver, "both are silent");
});

Deno.test("attempt: a camera that lets in one at a time is opened anew", async () => {
  const { clock, sessions, running, ending, change } = played("keyframes");
  await clock.advance(0);
  await change("watched");
  sessions[1].stop({ fault: "ended", why: "One at a time." });
  await clock.advance(1_000);
  assert.deepEqual([sessions.length, sessions[0].isOver], [2, false]);
  await clock.advance(31_000);
  sessions[2].stop({ fault: "ended", why: "One at a time." });
  await clock.advance(2_000);
  assert.deepEqual(sessions.map((one) => one.isOver), [true, true, true, false]);
  sessions[3].onFrame(jpeg());
  ending.abort();
  assert.equal((await running).frames, 1);
});

Deno.test("attempt: where the session before ended by itself, the next one goes on", async () => {
  const { clock, sessions, running, change } = played("keyframes");
  await clock.advance(0);
  await change("watched");
  sessions[0].stop({ fault: "ended", why: "One at a time." });
  await clock.advance(1_000);
  sessions[1].onFrame(jpeg());
  sessions[1].stop({ fault: "ended", why: "Over." });
  await clock.advance(1_000);
  assert.deepEqual(await running, { fault: "ended", why: "Over.", frames: 1 });
});
