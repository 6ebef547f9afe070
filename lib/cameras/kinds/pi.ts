import { z } from "zod";
import { masked } from "../ffmpeg/log_lines.ts";
import { type CameraProgram, type Running, startProgram } from "../ffmpeg/process.ts";
import { defineKind } from "./define.ts";
import { type FeedDeps, FeedError } from "./kind.ts";

const options = z.strictObject({
  camera: z.int().min(0).max(3).default(0).meta({
    title: "Number",
    description: "Where more than one is connected; 0 is the first.",
  }),
  size: z.enum(["640x480", "1280x720", "1640x1232", "1920x1080"]).default("1280x720").meta({
    title: "Size",
    description: "Width and height, pixels.",
  }),
  rate: z.int().min(1).max(30).default(10).meta({
    title: "Pictures a second",
    description: "Ten pictures of 1280x720 are about 1 MB.",
  }),
  turned: z.enum(["0", "180"]).default("0").meta({
    title: "Turned by, degrees",
    description: "180 where the camera hangs upside down.",
  }),
});

/** The name of the program of Raspberry Pi OS, and the one that it had before. */
const PROGRAMS: readonly CameraProgram[] = ["rpicam-vid", "libcamera-vid"];
const WORDS_CHARS = 2_000;

/** The camera of a Raspberry Pi. */
export const pi = defineKind({
  kind: "pi",
  title: "Raspberry Pi camera",
  about: "The camera at the ribbon cable of a Raspberry Pi (rpicam-vid or libcamera-vid).",
  options,
  open({ camera, size, rate, turned }, deps) {
    const [width, height] = size.split("x");
    const program = startFirst([
      ...["-t", "0", "--nopreview", "--verbose", "0", "--codec", "mjpeg", "--quality", "80"],
      ...["--camera", String(camera), "--width", width, "--height", height],
      ...["--framerate", String(rate), "--rotation", turned, "--flush", "--output", "-"],
    ], deps);
    let words = "";
    let isGone = false;
    const heard = lastWords(program, (text) => void (words = text));
    Promise.all([program.gone, heard]).then(() => void (isGone = true));
    const onAbort = () => void close();
    const close = async () => {
      deps.signal.removeEventListener("abort", onAbort);
      await program.end();
      await heard;
    };
    deps.signal.addEventListener("abort", onAbort);
    return Promise.resolve({
      input: ["-protocol_whitelist", "pipe", "-fpsprobesize", "0", "-f", "mjpeg", "-i", "pipe:0"],
      stdin: program.stdout,
      jpeg: true,
      twice: false,
      fault: () => isGone ? whyGone(words) : null,
      close,
    });
  },
});

function startFirst(args: readonly string[], { clock, path }: FeedDeps): Running {
  for (const program of PROGRAMS) {
    try {
      return startProgram(program, args, { clock, path });
    } catch { /* perhaps the other one */ }
  }
  throw new FeedError(
    "program",
    "Neither rpicam-vid nor libcamera-vid can be started. Install it (on Raspberry Pi OS: sudo " +
      "apt install rpicam-apps-lite), then restart Perch, as it may only start programs that were " +
      "there when it started.",
  );
}

async function lastWords(program: Running, onWords: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of program.stderr) {
    text = (text + decoder.decode(chunk, { stream: true })).slice(-WORDS_CHARS);
    onWords(text);
  }
}

function whyGone(words: string): FeedError {
  if (/no cameras available|no camera|out of range/i.test(words)) {
    return new FeedError(
      "missing",
      "The Raspberry Pi sees no camera there: switch it off, check the ribbon cable at both ends, " +
        "and try rpicam-hello --list-cameras.",
    );
  }
  if (/failed to acquire|resource busy|in use/i.test(words)) {
    return new FeedError(
      "unreachable",
      "Another program has the camera: end it, as only one can have it at a time.",
    );
  }
  const last = words.trim().split("\n").at(-1) ?? "";
  const said = last === "" ? "" : ` It said: ${masked(last, []).slice(0, 200)}`;
  return new FeedError("unreachable", `The program of the camera ended.${said}`);
}
