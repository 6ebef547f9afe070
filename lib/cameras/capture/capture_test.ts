import assert from "node:assert/strict";
import { z } from "zod";
import { cameraPictures } from "../../../tests/support/cameras/camera_pictures.ts";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { until } from "../../../tests/support/until.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import type { Outgoing } from "../../base/outgoing.ts";
import { cameraSettingsSchema } from "../camera.ts";
import { createFfmpegFinder } from "../ffmpeg/find.ts";
import { defineKind, plainFeed } from "../kinds/define.ts";
import { type CameraKind, type Feed, FeedError } from "../kinds/kind.ts";
import { file } from "../kinds/file.ts";
import { testPattern } from "../kinds/test_pattern.ts";
import type { Capture, Frame, Look } from "../picture.ts";
import { createCapture } from "./capture.ts";

const found = await createFfmpegFinder()();
const ffmpeg = "ffmpeg" in found ? found.ffmpeg : null;
/** By this its programs are known among those of other tests. */
const MARK = "5000017";
const JPEGS = ["-protocol_whitelist", "pipe", "-probesize", MARK, "-f", "mjpeg", "-i", "pipe:0"];

interface Given {
  kind: CameraKind;
  options?: Record<string, unknown>;
  clock?: Clock;
  path?: string;
  filesFolder?: string;
}

function captureOf(
  { kind, options = {}, clock = systemClock(), path, filesFolder = "/nowhere" }: Given,
): Capture {
  return createCapture({
    camera: { options, settings: cameraSettingsSchema.parse({}), allowed: null },
    kind,
    clock,
    ffmpeg: ffmpeg!,
    outgoing: null as unknown as Outgoing,
    filesFolder,
    kernel: { read: () => Promise.resolve(null), list: () => Promise.resolve(null) },
    log: silentLog(),
    path,
  });
}

/** A camera whose pictures a test writes. */
function pipeKind(change: Partial<Feed> = {}) {
  const pipe = new TransformStream<Uint8Array<ArrayBuffer>>();
  const state = { closed: 0 };
  const kind = defineKind({
    kind: "pipe",
    title: "Pipe",
    about: "Of a test.",
    options: z.strictObject({}),
    open: () =>
      Promise.resolve({
        ...plainFeed({ input: JPEGS, jpeg: true, twice: false }),
        stdin: pipe.readable,
        ...change,
        close: () => Promise.resolve(void state.closed++),
      }),
  });
  return { kind, state, writer: pipe.writable.getWriter() };
}

/** Programs of these tests that are there, and those that nobody waits for. */
function children(): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    try {
      const [, comm, state, parent] = /\((.*)\) (\S) (\d+)/.exec(
        Deno.readTextFileSync(`/proc/${pid}/stat`),
      )!;
      const args = Deno.readTextFileSync(`/proc/${pid}/cmdline`);
      const isOurs = args.includes(MARK) || comm === "ffmpeg" && state === "Z";
      return isOurs && Number(parent) === Deno.pid;
    } catch {
      return false;
    }
  });
}

/** What other tests run side by side end is a zombie for a moment, too. */
async function assertNobodyLeft(): Promise<void> {
  await until("the end of every program", () => children().length === 0 || null);
}

const isReady = ffmpeg !== null;
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({
    name: isReady ? name : `SKIPPED (ffmpeg is missing): ${name}`,
    ignore: !isReady,
    fn,
  });

test("capture: pictures and looks of a pattern; a viewer gets more of them without a gap; nothing stays", async () => {
  const capture = captureOf({ kind: testPattern, options: { size: "320x180", rate: 20 } });
  const frames: Frame[] = [];
  const looks: Look[] = [];
  capture.onFrame((frame) => frames.push(frame));
  capture.onLook((look) => looks.push(look));
  const ending = new AbortController();
  const running = capture.run(ending.signal);
  await until("a look", () => looks[0] ?? null);
  assert.ok(frames.length <= 4, `one a second: ${frames.length}`);
  assert.ok(looks[0].change > 0.5 && looks[0].brightest > looks[0].darkest);

  const viewer = capture.watch();
  const before = (await viewer.next())!;
  assert.equal(before, capture.latest(), "the newest one at once");
  for (let n = 0; n < 4; n++) assert.ok(await viewer.next());
  const times = frames.map((frame) => frame.atMs);
  const gaps = times.slice(1).map((time, i) => time - times[i]);
  assert.ok(Math.max(...gaps) < 1_900, `${gaps}`);
  assert.ok(Math.min(...gaps.slice(-2)) < 400, `${gaps}`);
  assert.deepEqual(frames.map((frame) => frame.sequence), frames.map((_, i) => i + 1));

  ending.abort();
  assert.deepEqual(await running, { fault: "ended", why: null, frames: frames.length });
  await assertNobodyLeft();
  const last = viewer.next();
  capture.close();
  assert.equal(await last, null);
});

test("capture: JPEGs go through byte for byte", async () => {
  const { moving } = await cameraPictures();
  const { kind, writer, state } = pipeKind();
  const capture = captureOf({ kind });
  const frames: Uint8Array[] = [];
  capture.onFrame(({ jpeg }) => frames.push(jpeg));
  const running = capture.run(new AbortController().signal);
  for (const jpeg of moving) await writer.write(jpeg.slice());
  await writer.close();
  const end = await running;
  assert.deepEqual(frames, moving);
  assert.deepEqual([end.frames, end.fault, state.closed], [20, "ended", 1]);
});

test("capture: much without a picture ends it, and pictures that are too large do", async () => {
  const { huge } = await cameraPictures();
  for (
    const [bytes, fault, sentence] of [
      [new Uint8Array(1_000_000).fill(46), "too_much", /16 MB came without a picture/],
      [huge as Uint8Array<ArrayBuffer>, "no_picture", /more than 40 million pixels/],
    ] as const
  ) {
    const { kind, writer } = pipeKind();
    const running = captureOf({ kind }).run(new AbortController().signal);
    let isOver = false;
    const ended = running.finally(() => isOver = true);
    for (let n = 0; n < 20 && !isOver; n++) {
      await Promise.race([writer.write(bytes.slice()).catch(() => {}), ended]);
    }
    if (fault === "no_picture") await writer.close();
    const end = await running;
    assert.equal(end.fault, fault);
    assert.match(end.why!, sentence);
  }
  await assertNobodyLeft();
});

test("capture: a mute camera is given up by the clock", async () => {
  const clock = fakeClock();
  const { kind, state } = pipeKind();
  const running = captureOf({ kind, clock }).run(new AbortController().signal);
  await until("its start", () => clock.sleepers() >= 2 || null);
  await clock.advance(14_000);
  assert.equal(state.closed, 0);
  await clock.advance(2_000);
  assert.deepEqual(await running, {
    fault: "stalled",
    why: "No picture came for 15 s.",
    frames: 0,
  });
  await assertNobodyLeft();
});

test("capture: why the way broke, or why it could not be opened, is said", async () => {
  const error = new FeedError("sign_in", "The camera refuses the password.");
  const { kind, writer } = pipeKind({ fault: () => error });
  const running = captureOf({ kind }).run(new AbortController().signal);
  await writer.close();
  assert.deepEqual(await running, { fault: "sign_in", why: error.message, frames: 0 });

  const closed = { ...kind, open: () => Promise.reject(new FeedError("missing", "Gone.")) };
  const signal = new AbortController().signal;
  assert.equal((await captureOf({ kind: closed }).run(signal)).why, "Gone.");
  const strange = { ...kind, open: () => Promise.reject(new Error("secret")) };
  assert.equal((await captureOf({ kind: strange }).run(signal)).why?.includes("secret"), false);
});

test("capture: without the program there is a sentence, and the feed is closed", async () => {
  const { kind, state } = pipeKind();
  const end = await captureOf({ kind, path: "/nowhere" }).run(new AbortController().signal);
  assert.equal(end.fault, "program");
  assert.equal(state.closed, 1);
});

test("capture: a film plays again and again; a playlist or script of ffmpeg under its name is none", async () => {
  const filesFolder = await Deno.makeTempDir();
  try {
    const made = await new Deno.Command("ffmpeg", {
      args: ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10", "-t", "0.5"]
        .concat(["-c:v", "mpeg4", `${filesFolder}/film.mp4`]),
    }).output();
    assert.ok(made.success);
    const ending = new AbortController();
    const capture = captureOf({ kind: file, options: { file: "film.mp4" }, filesFolder });
    const viewer = capture.watch();
    const running = capture.run(ending.signal);
    for (let n = 0; n < 4; n++) assert.ok(await viewer.next());
    ending.abort();
    await running;
    for (
      const text of [
        "ffconcat version 1.0\nfile /etc/passwd\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
        "v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
      ]
    ) {
      await Deno.writeTextFile(`${filesFolder}/list.mp4`, text);
      const none = captureOf({ kind: file, options: { file: "list.mp4" }, filesFolder });
      const end = await none.run(new AbortController().signal);
      assert.deepEqual([end.fault, end.frames], ["no_picture", 0], text);
      assert.match(end.why!, /no film|no video/);
    }
  } finally {
    await Deno.remove(filesFolder, { recursive: true });
  }
});
