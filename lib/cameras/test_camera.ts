import type { z } from "zod";
import type { Clock } from "../base/clock.ts";
import { plain } from "../words/numbers.ts";
import type { Camera } from "./camera.ts";
import { CHANGE_LEAST } from "./health/decide.ts";
import type { cameraTestShape } from "./health/shape.ts";
import type { AttemptEnd, Capture, Frame, Look } from "./picture.ts";

/** What a test found, and the picture that it saw; null: there was none. */
export type CameraTest = z.output<typeof cameraTestShape> & { frame: Frame | null };

/** Hears of pictures and of what they are like. */
export interface Watcher {
  onFrame(frame: Frame): void;
  onLook(look: Look): void;
}

/** A test has its answer within this. */
const TEST_MS = 20_000;
/** Pictures are watched for so long at least: how many come a second is to be said. */
const WATCH_MS = 3_000;
const STEP_MS = 200;
const SWITCHED_OFF: AttemptEnd = {
  frames: 0,
  why: "the camera was switched off or changed meanwhile",
  fault: "ended",
};
const PIXELS_MOST = 50_000_000;

interface TestDeps {
  camera: Pick<Camera, "name" | "settings">;
  capture: Capture;
  clock: Clock;
  /** All that hear of its pictures. */
  watchers: Set<Watcher>;
  /** Gets pictures for the test; null: they come anyway. */
  run: ((signal: AbortSignal) => Promise<AttemptEnd>) | null;
  /** Where they come anyway: the attempt that failed since the test began; null: none did. */
  failed?: () => AttemptEnd | null;
  /** Where they come anyway: the camera is switched off, or another is in its place. */
  isOff?: () => boolean;
}

interface Seen {
  frames: number;
  firstMs: number;
  frame: Frame | null;
  /** The first look after the start may compare with what was before it. */
  looks: Look[];
}

/** Watches the pictures of a camera for a while and says in a sentence how they are. */
export async function testCamera(deps: TestDeps, signal?: AbortSignal): Promise<CameraTest> {
  const { capture, clock } = deps;
  const seen: Seen = { frames: 0, firstMs: 0, frame: null, looks: [] };
  const stop = new AbortController();
  const begunMs = clock.monotonic();
  const watcher = {
    onFrame: (frame: Frame) => note(seen, frame),
    onLook: (look: Look) => void seen.looks.push(look),
  };
  deps.watchers.add(watcher);
  let end: AttemptEnd | null = null;
  const running = deps.run?.(stop.signal).then((how) => (end = how));
  const viewer = capture.watch(deps.camera.settings.fps);
  try {
    while (end === null && clock.monotonic() - begunMs < TEST_MS) {
      await clock.sleep(STEP_MS, signal);
      if (isEnough(seen, clock.monotonic())) break;
      if (deps.isOff?.() === true) end ??= SWITCHED_OFF;
      if (seen.frames === 0) end ??= deps.failed?.() ?? null;
    }
    return await resultOf(seen, end);
  } finally {
    stop.abort();
    viewer.close();
    deps.watchers.delete(watcher);
    await running;
  }
}

function note(seen: Seen, frame: Frame): void {
  if (seen.frames === 0) seen.firstMs = frame.atMs;
  seen.frames++;
  seen.frame = frame;
}

const changesOf = ({ looks }: Seen): boolean | null =>
  looks.length < 2 ? null : looks.slice(1).some(({ change }) => change >= CHANGE_LEAST);

function isEnough(seen: Seen, nowMs: number): boolean {
  return seen.frames >= 2 && nowMs - seen.firstMs >= WATCH_MS && changesOf(seen) === true;
}

async function resultOf(seen: Seen, end: AttemptEnd | null): Promise<CameraTest> {
  const { frame, frames, firstMs } = seen;
  if (frame === null) {
    const why = end?.why ?? `no picture came within ${TEST_MS / 1000} s`;
    const text = `No picture: ${why.replace(/\.$/, "")}.`;
    return { ok: false, text, changing: null, width: null, height: null, fps: null, frame };
  }
  const changing = changesOf(seen);
  const size = await sizeOf(frame);
  const fps = Math.round((frames - 1) / Math.max(0.1, (frame.atMs - firstMs) / 1000) * 10) / 10;
  const pictures = size === null ? "Pictures" : `Pictures of ${size.width} × ${size.height} pixels`;
  const how = changing === null
    ? "too few to say whether they change"
    : changing
    ? "they change"
    : "they are all the same";
  const text = `${pictures} come, ${plain(fps)} a second; ${how}.`;
  return { ok: changing !== false, text, changing, ...size ?? NO_SIZE, fps, frame };
}

const NO_SIZE = { width: null, height: null };

/** Null: the picture does not say. */
async function sizeOf({ jpeg }: Frame): Promise<{ width: number; height: number } | null> {
  const { fileTypeOf } = await import("../base/file_type.ts");
  try {
    return fileTypeOf(jpeg, ["image/jpeg"], PIXELS_MOST).picture;
  } catch {
    return null;
  }
}
