/** The programs that cameras may start, and that nothing of them stays behind. */
import type { Clock } from "../../base/clock.ts";
import { lowerPriority } from "../../base/low_priority.ts";
import { FeedError } from "../fault.ts";

export type CameraProgram = "ffmpeg" | "rpicam-vid" | "libcamera-vid";

/** A program that runs. Who started it reads both outputs to their end. */
export interface Running {
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Only if asked for. */
  stdin: WritableStream<Uint8Array<ArrayBufferLike>> | null;
  /** Resolves when it is gone, however it ended. */
  gone: Promise<void>;
  /** TERM, and KILL after 2 s; resolves when it is gone. */
  end(): Promise<void>;
}

/** How long a program may take to end by itself: blocked in a read, ffmpeg does not hear SIGTERM. */
const TERM_MS = 2_000;

export interface StartOptions {
  clock: Clock;
  /** Default: it has no standard input. */
  stdin?: boolean;
  /** Where the program is looked for; default: as Perch itself was. */
  path?: string;
}

/** @throws FeedError `program` when it is not there or may not be started */
export function startProgram(
  program: CameraProgram,
  args: readonly string[],
  { clock, stdin = false, path }: StartOptions,
): Running {
  const child = spawn(program, args, stdin, path);
  lowerPriority(child.pid);
  let isGone = false;
  const gone = child.status.then(() => void (isGone = true), () => void (isGone = true));
  const signal = (name: Deno.Signal) => {
    try {
      if (!isGone) child.kill(name);
    } catch { /* it ended meanwhile */ }
  };
  return {
    stdout: child.stdout,
    stderr: child.stderr,
    stdin: stdin ? child.stdin : null,
    gone,
    async end() {
      signal("SIGTERM");
      const cut = new AbortController();
      const late = clock.sleep(TERM_MS, cut.signal).then(() => signal("SIGKILL"), () => {});
      await gone;
      cut.abort();
      await late;
    },
  };
}

/** Nothing of Perch's environment is handed on: it may hold passwords. */
function environment(path?: string): { clearEnv: true; env: Record<string, string> } {
  return { clearEnv: true, env: path === undefined ? {} : { PATH: path } };
}

function spawn(program: CameraProgram, args: readonly string[], stdin: boolean, path?: string) {
  try {
    return new Deno.Command(program, {
      args: [...args],
      ...environment(path),
      stdin: stdin ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    throw new FeedError(
      "program",
      `${program} cannot be started. Install it, then restart Perch, as it may only start ` +
        "programs that were there when it started.",
      { cause },
    );
  }
}

/** What a program prints that ends by itself; null: it is not there. */
export async function runProgram(
  program: CameraProgram,
  args: readonly string[],
  path?: string,
): Promise<string | null> {
  try {
    const { stdout } = await new Deno.Command(program, {
      args: [...args],
      ...environment(path),
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return null;
  }
}
