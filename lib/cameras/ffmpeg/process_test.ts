import assert from "node:assert/strict";
import { fakeProgram } from "../../../tests/support/cameras/feeds.ts";
import { systemClock } from "../../base/clock.ts";
import { FeedError } from "../fault.ts";
import { ffmpegArguments, type Wanted } from "./arguments.ts";
import { runProgram, startProgram } from "./process.ts";

const clock = systemClock();
const wanted: Wanted = { mode: "watched", jpeg: false, width: 960, fps: 5 };

Deno.test("a program that does not hear TERM is killed; one that is not there is a sentence", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // As ffmpeg is when it is blocked in a read.
    const path = await fakeProgram(
      folder,
      "ffmpeg",
      "trap '' TERM; echo up; while :; do :; done",
    );
    const waits: number[] = [];
    const hurried = { ...clock, sleep: (ms: number) => (waits.push(ms), Promise.resolve()) };
    const program = startProgram("ffmpeg", [], { clock: hurried, path });
    const reader = program.stdout.getReader();
    await reader.read();
    await program.end();
    assert.deepEqual(waits, [2_000]);
    await Promise.all([reader.cancel(), program.stderr.cancel()]);
    assert.throws(
      () => startProgram("rpicam-vid", [], { clock, path: folder }),
      (error) => error instanceof FeedError && error.fault === "program",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a program sees nothing of Perch's environment", async () => {
  const folder = await Deno.makeTempDir();
  try {
    Deno.env.set("PERCH_CANARY", "secret");
    const path = await fakeProgram(folder, "ffmpeg", "env");
    assert.ok(!(await runProgram("ffmpeg", [], path))!.includes("secret"));
  } finally {
    Deno.env.delete("PERCH_CANARY");
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a program gets processor time after Perch", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = await fakeProgram(folder, "ffmpeg", "read line; cut -d' ' -f19 /proc/self/stat");
    const program = startProgram("ffmpeg", [], { clock, path, stdin: true });
    await program.stdin!.close();
    assert.equal(await new Response(program.stdout).text(), "5\n");
    await program.stderr.cancel();
    await program.gone;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("arguments fit the version, and what is JPEG is never encoded again", () => {
  const of = (version: number, text: string, change: Partial<Wanted> = {}) =>
    ffmpegArguments(["-i", "x"], { ...wanted, ...change }, { version, text }).join(" ");
  assert.match(of(4, "4.3.2"), /-vsync passthrough/);
  assert.match(of(5, "5.0.1"), /-vsync passthrough/);
  assert.match(of(5, "5.1.9"), /-fps_mode passthrough/);
  assert.match(of(8, "8.0"), /-fps_mode passthrough/);
  assert.match(of(5, "5.1", { mode: "keyframes" }), /-skip_frame nokey .*-i x/);
  assert.doesNotMatch(of(5, "5.1", { mode: "slow" }), /skip_frame/);
  const copied = of(5, "5.1", { jpeg: true });
  assert.match(copied, /-c:v copy/);
  assert.doesNotMatch(copied, /-c:v mjpeg|split/);
  for (const text of [copied, of(5, "5.1")]) assert.match(text, /-max_pixels 40000000 .*-i x/);
});
