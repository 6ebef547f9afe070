import assert from "node:assert/strict";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { cameraPictures } from "../../../tests/support/cameras/camera_pictures.ts";
import { createLog, type LogEntry } from "../../base/log.ts";
import { FeedError } from "../fault.ts";
import { createFrameReader } from "./frames.ts";
import { jpegSize } from "./jpeg.ts";
import { createLogLines } from "./log_lines.ts";
import { createStatisticsReader } from "./statistics.ts";
import { whyOf } from "./why.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** As ffmpeg writes it with `-f mpjpeg`. */
function stream(...jpegs: readonly Uint8Array[]): Uint8Array {
  const parts = jpegs.flatMap((jpeg) => [
    bytesOf(`--frame\r\nContent-type: image/jpeg\r\nContent-length: ${jpeg.length}\r\n\r\n`),
    jpeg,
    bytesOf("\r\n"),
  ]);
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length];
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

Deno.test("frames: whole and byte for byte, wherever the stream is cut", async () => {
  const { moving } = await cameraPictures();
  const bytes = stream(...moving.slice(0, 4));
  for (const sizes of [[1], [2, 3, 1], [57], [4096, 1], [bytes.length]]) {
    const frames: Uint8Array[] = [];
    const reader = createFrameReader((jpeg) => frames.push(jpeg));
    for (const chunk of cut(bytes, sizes)) reader.push(chunk);
    assert.deepEqual(frames, moving.slice(0, 4));
  }
});

Deno.test("frames: what is none, too long, without a length or too large is refused in a sentence", async () => {
  const { huge } = await cameraPictures();
  const refused = (bytes: Uint8Array, sentence: RegExp) =>
    assert.throws(
      () => createFrameReader(() => {}).push(bytes),
      (error) => error instanceof FeedError && sentence.test(error.message),
    );
  refused(new Uint8Array(2_000).fill(46), /header of more than 1 kB/);
  refused(bytesOf("--frame\r\nContent-type: image/jpeg\r\n\r\n"), /without a length/);
  refused(bytesOf("--frame\r\nContent-length: 16000001\r\n\r\n"), /16 MB; at most 16/);
  refused(bytesOf("--frame\r\nContent-length: 99999999999999\r\n\r\n"), /without a length/);
  refused(stream(huge), /8000 x 5001 pixels; at most 40 million/);
});

Deno.test("frames: what is no JPEG is left out, the next one comes", async () => {
  const { moving: [jpeg] } = await cameraPictures();
  const frames: Uint8Array[] = [];
  const reader = createFrameReader((one) => frames.push(one));
  reader.push(stream(bytesOf("<html>"), new Uint8Array(0), jpeg.subarray(0, 20), jpeg));
  assert.deepEqual(frames, [jpeg]);
  assert.deepEqual(jpegSize(jpeg), { width: 320, height: 240 });
});

const LOOK = (n: number) =>
  `[Parsed_metadata_8 @ 0x55d] [info] frame:${n}    pts:4 pts_time:1.79e+09\n` +
  [["YMIN", 21], ["YLOW", 29], ["YAVG", 128.5], ["YMAX", 232], ["UAVG", 128], ["YDIF", n / 2]]
    .map(([name, v]) => `[Parsed_metadata_8 @ 0x55d] [info] lavfi.signalstats.${name}=${v}\n`)
    .join("");

Deno.test("statistics: a look per picture but the first, errors as lines, all else passed over", () => {
  const text = "Input #0, lavfi\n" + LOOK(0) + "[mjpeg @ 0x1] [error] overread 8\n" + LOOK(1) +
    "[swscaler @ 0x2] [warning] deprecated\n" + LOOK(2) + "[fatal] Conversion failed!";
  for (const size of [1, 7, 4096]) {
    const looks: unknown[] = [];
    const lines: string[] = [];
    const reader = createStatisticsReader({
      onLook: (look) => looks.push(look),
      onLine: (line) => lines.push(line),
    });
    for (const chunk of cut(bytesOf(text), [size])) reader.push(chunk);
    reader.end();
    const common = { darkest: 21, brightness: 128.5, brightest: 232 };
    assert.deepEqual(looks, [{ ...common, change: 0.5 }, { ...common, change: 1 }]);
    assert.deepEqual(lines, ["[mjpeg @ 0x1] overread 8", "Conversion failed!"]);
  }
});

Deno.test("statistics: a line without an end is bounded", () => {
  const lines: string[] = [];
  const reader = createStatisticsReader({ onLook() {}, onLine: (line) => lines.push(line) });
  reader.push(bytesOf("[error] " + "x".repeat(500_000)));
  reader.push(bytesOf("y".repeat(500)));
  reader.end();
  assert.deepEqual(lines.map((line) => line.length), [1_000]);
});

Deno.test("log: one line a minute for each text, the others counted; no secrets, no addresses", async () => {
  const clock = fakeClock();
  const entries: LogEntry[] = [];
  const log = createLog({ level: "debug", now: clock.now, sink: (one) => entries.push(one) });
  const lines = createLogLines({ log, clock, secrets: ["hunter2"] });
  for (let n = 0; n < 100; n++) lines.take(`[mjpeg @ 0x55d${n}] overread ${n}`);
  lines.take("rtsp://admin:hunter2@10.0.0.5/live?user=a&password=b failed with hunter2");
  assert.deepEqual(entries.map((one) => [one.message, one.fields]), [
    ["[mjpeg] overread 0", {}],
    ["rtsp://***@10.0.0.5/live?*** failed with ***", {}],
  ]);
  await clock.advance(60_000);
  lines.take("[mjpeg @ 0x55d] overread 7");
  assert.deepEqual(entries[2].fields, { repeated: 99 });
  for (let n = 0; n < 120; n++) lines.take(`text ${"ab".repeat(n)}`);
  assert.ok(entries.length < 60, `${entries.length} lines`);
});

Deno.test("what ffmpeg says becomes a sentence that says what to do", () => {
  const said: [string, string, RegExp][] = [
    ["/dev/video0: No such file or directory", "missing", /plugged in/],
    ["ioctl(VIDIOC_STREAMON): Device or resource busy", "unreachable", /Another program/],
    ["/dev/video0: Permission denied", "missing", /group video/],
    ["Picture size 9000x9000 exceeds specified max pixel count 40000000", "no_picture", /smaller/],
    ["Unrecognized option 'fps_mode'.", "program", /apt install ffmpeg/],
    ["pipe:0: Invalid data found when processing input", "no_picture", /no video/],
    ["Server returned 404 Not Found", "no_picture", /path/],
    ["method DESCRIBE failed: 401 Unauthorized", "sign_in", /password/],
    ["Connection timed out", "unreachable", /does not answer/],
    ["Protocol 'http' not on whitelist 'file'!", "no_picture", /does not follow/],
  ];
  for (const [line, fault, sentence] of said) {
    const why = whyOf(["something", line]);
    assert.equal(why?.fault, fault, line);
    assert.match(why!.why, sentence);
  }
  assert.equal(whyOf(["what nobody knows"]), null);
});
