import { Buffer } from "node:buffer";
import { messageOf } from "../../lib/base/errors.ts";

/** A moving test picture with a clock, as JPEG. */
export interface Pictures {
  /** Ends the program that paints; when it resolves, it is gone. */
  stop(): Promise<void>;
  /** Resolves when the program has ended, with what it complained of. */
  readonly ended: Promise<string>;
}

export interface PicturesDeps {
  /** All of them one after the other; the first is black. */
  onPicture: (jpeg: Uint8Array<ArrayBuffer>) => void;
}

const SIZE = "960x540";
const FPS = 5;
const GRACE_MS = 1_000;
/** A black picture, then the moving one, as fast as time passes. */
const PAINTED = `color=black:s=${SIZE}:r=${FPS}:d=${1 / FPS}[a];testsrc2=s=${SIZE}:r=${FPS}[b];` +
  "[a][b]concat=n=2:v=1,realtime";

/** Starts painting. @throws Error that says why ffmpeg cannot be started */
export function startPictures({ onPicture }: PicturesDeps): Pictures {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("ffmpeg", {
      args: [
        ...["-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"],
        ...["-filter_complex_threads", "1", "-filter_complex", PAINTED],
        ...["-c:v", "mjpeg", "-q:v", "6", "-pix_fmt", "yuvj420p", "-f", "mpjpeg", "pipe:1"],
      ],
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    throw new Error(isMissing ? "ffmpeg is not installed" : messageOf(error), { cause: error });
  }
  const complaint = new Response(child.stderr).text();
  const ended = readParts(child.stdout, onPicture).catch(() => {}).then(async () => {
    await child.status;
    return (await complaint).trim().split("\n").at(-1) ?? "";
  });
  return {
    ended,
    async stop() {
      end(child, "SIGTERM");
      const hard = setTimeout(() => end(child, "SIGKILL"), GRACE_MS);
      await ended;
      clearTimeout(hard);
    },
  };
}

function end(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended.
  }
}

/** Each part of a multipart stream whose parts say how long they are. */
async function readParts(
  stream: ReadableStream<Uint8Array>,
  onPart: (bytes: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const headEnd = rest.indexOf("\r\n\r\n");
      if (headEnd < 0) break;
      const length = Number(
        /content-length: *(\d+)/i.exec(rest.toString("latin1", 0, headEnd))?.[1],
      );
      const from = headEnd + 4;
      if (!(rest.length >= from + length)) break;
      onPart(new Uint8Array(rest.subarray(from, from + length)));
      rest = rest.subarray(from + length);
    }
  }
}
