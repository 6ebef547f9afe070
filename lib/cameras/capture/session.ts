/** One ffmpeg that reads one feed, from its start until nothing of it is left. */
import type { Clock } from "../../base/clock.ts";
import { type Ffmpeg } from "../ffmpeg/find.ts";
import { FeedError } from "../fault.ts";
import { ffmpegArguments, type Mode } from "../ffmpeg/arguments.ts";
import { createFrameReader, FRAME_BYTES_MOST } from "../ffmpeg/frames.ts";
import type { LogLines } from "../ffmpeg/log_lines.ts";
import { type Running, startProgram } from "../ffmpeg/process.ts";
import { createStatisticsReader } from "../ffmpeg/statistics.ts";
import { whyOf } from "../ffmpeg/why.ts";
import { createSilence } from "./silence.ts";
import type { Feed } from "../kinds/kind.ts";
import type { AttemptEnd, Look } from "../picture.ts";

export type SessionEnd = Pick<AttemptEnd, "why" | "fault">;

export interface Session {
  readonly mode: Mode;
  /** Of pictures that came. */
  frames(): number;
  /** Monotonic time of the last one, or of the start. */
  lastMs(): number;
  /** Why it ended, when nothing of it is left. */
  ended: Promise<SessionEnd>;
  /** Ends it; resolves when nothing of it is left. */
  end(): Promise<void>;
}

export interface SessionDeps {
  feed: Feed;
  ffmpeg: Ffmpeg;
  clock: Clock;
  lines: LogLines;
  mode: Mode;
  width: number;
  fps: number;
  /** Where ffmpeg is looked for; default: as Perch itself was. */
  path?: string;
  onFrame(jpeg: Uint8Array<ArrayBuffer>): void;
  onLook(look: Look): void;
}

const LOOK_AROUND_MS = 1_000;
const SAID_MOST = 8;

/** Starts ffmpeg. The feed is closed with it. @throws FeedError `program`; the feed is closed then, too */
export async function startSession(deps: SessionDeps): Promise<Session> {
  const { feed, clock, lines, mode } = deps;
  const args = ffmpegArguments(feed.input, { ...deps, jpeg: feed.jpeg }, deps.ffmpeg);
  let program: Running;
  try {
    program = startProgram("ffmpeg", args, {
      clock,
      stdin: feed.stdin !== undefined,
      path: deps.path,
    });
  } catch (error) {
    await feed.close();
    throw error;
  }
  let frames = 0;
  let lastMs = clock.monotonic();
  let bytesWithout = 0;
  let why: SessionEnd | null = null;
  /** What ffmpeg complained of last. */
  const said: string[] = [];
  const over = new AbortController();

  function finish(end: SessionEnd): void {
    why ??= end;
    over.abort();
  }
  const frameReader = createFrameReader((jpeg) => {
    if (why !== null) return;
    frames++;
    lastMs = clock.monotonic();
    bytesWithout = 0;
    deps.onFrame(jpeg);
  });
  const statistics = createStatisticsReader({
    onLook: (look) => {
      if (why === null) deps.onLook({ ...look, atMs: clock.monotonic() });
    },
    onLine: (line) => {
      if (why !== null) return;
      said.push(lines.take(line));
      if (said.length > SAID_MOST) said.shift();
    },
  });

  async function feedProgram(): Promise<void> {
    const writer = program.stdin!.getWriter();
    const reader = feed.stdin!.getReader();
    over.signal.addEventListener("abort", () => void reader.cancel().catch(() => {}));
    try {
      for (;;) {
        const { value } = await reader.read();
        if (value === undefined) break;
        bytesWithout += value.length;
        if (bytesWithout > FRAME_BYTES_MOST) finish(TOO_MUCH);
        if (why !== null) break;
        await writer.write(value);
      }
    } catch { /* the way broke, or ffmpeg ended: each is judged elsewhere */ }
    await reader.cancel().catch(() => {});
    await writer.close().catch(() => {});
  }

  /** Nothing else than the clock tells a mute camera from a slow one. */
  async function watchSilence(): Promise<void> {
    // Each picture of a JPEG camera is a whole one.
    const silence = createSilence(feed.jpeg ? "watched" : mode, lastMs);
    while (!over.signal.aborted) {
      await clock.sleep(LOOK_AROUND_MS, over.signal).catch(() => {});
      const now = { nowMs: clock.monotonic(), lastMs, frames, bytes: feed.bytes?.() };
      const stalled = silence.look(now);
      if (stalled !== null) finish(brokenWay(feed) ?? { fault: "stalled", why: stalled });
    }
  }

  async function run(): Promise<SessionEnd> {
    const read = Promise.all([
      drain(program.stdout, frameReader.push, (error) => finish(endOf(error))),
      drain(program.stderr, statistics.push, () => {}).then(statistics.end),
      feed.stdin === undefined ? null : feedProgram(),
    ]);
    const watch = watchSilence();
    const ending = new Promise<void>((resolve) => {
      over.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([program.gone, ending]);
    await Promise.all([feed.close(), program.end()]);
    await read;
    // What it wrote last was read by now.
    finish(brokenWay(feed) ?? whyOf(said) ?? endedByItself(said));
    await watch;
    return why!;
  }

  const ended = run();
  return {
    mode,
    frames: () => frames,
    lastMs: () => lastMs,
    ended,
    async end() {
      finish({ fault: "ended", why: null });
      await ended;
    },
  };
}

const TOO_MUCH: SessionEnd = {
  fault: "too_much",
  why: "16 MB came without a picture among them: is it the address of a camera's pictures?",
};

function brokenWay(feed: Feed): SessionEnd | null {
  const error = feed.fault();
  return error === null ? null : endOf(error);
}

function endOf(error: unknown): SessionEnd {
  if (error instanceof FeedError) return { fault: error.fault, why: error.message };
  return { fault: "ended", why: "The pictures ended." };
}

function endedByItself(lines: readonly string[]): SessionEnd {
  const last = lines.at(-1);
  return {
    fault: "ended",
    why: last === undefined ? "The pictures ended." : `The pictures ended: ${last}`,
  };
}

/** Reads to the end, also past an error of `take`, so that the program is never kept waiting. */
async function drain(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (chunk: Uint8Array<ArrayBuffer>) => void,
  onError: (error: unknown) => void,
): Promise<void> {
  let isTaken = true;
  try {
    for await (const chunk of stream) {
      if (!isTaken) continue;
      try {
        take(chunk);
      } catch (error) {
        isTaken = false;
        onError(error);
      }
    }
  } catch (error) {
    // Nobody waits for this yet: thrown, it would end Perch.
    onError(error);
  }
}
