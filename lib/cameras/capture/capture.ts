import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { secretNames } from "../../base/options.ts";
import { createWake } from "../../base/wake.ts";
import type { Camera } from "../camera.ts";
import type { Mode } from "../ffmpeg/arguments.ts";
import { createLogLines } from "../ffmpeg/log_lines.ts";
import type { CameraKind, FeedDeps } from "../kinds/kind.ts";
import type { Capture, Frame, Look } from "../picture.ts";
import { type Opened, runAttempt, type Taking } from "./attempt.ts";
import { isSparse, wantedMode } from "./mode.ts";
import { createPictures } from "./pictures.ts";
import { type Session, startSession } from "./session.ts";
import { createViewers } from "./viewers.ts";

export interface CaptureDeps
  extends Pick<FeedDeps, "outgoing" | "ffmpeg" | "filesFolder" | "kernel" | "path"> {
  camera: Pick<Camera, "options" | "settings" | "allowed">;
  kind: CameraKind;
  clock: Clock;
  log: Log;
}

/** Makes the capture of one camera; `run` starts it. */
export function createCapture(deps: CaptureDeps): Capture {
  const { camera, kind, clock, ffmpeg } = deps;
  const { fps, width } = camera.settings;
  const wake = createWake(clock);
  const pictures = createPictures(clock);
  const frameListeners: ((frame: Frame) => void)[] = [];
  const lookListeners: ((look: Look) => void)[] = [];
  const memory = new Map<string, string>();
  const lines = createLogLines({ log: deps.log, clock, secrets: secretsOf(kind, camera.options) });
  let leftAtMs: number | null = null;
  let isSparseCamera = false;

  const viewers = createViewers({
    clock,
    latest: pictures.latest,
    onChange() {
      if (viewers.count() === 0) leftAtMs = clock.monotonic();
      wake.now();
    },
  });

  async function open(mode: Mode, taking: Taking, signal: AbortSignal): Promise<Opened> {
    const feed = await kind.open(camera.options, {
      ...deps,
      allowed: camera.allowed,
      memory,
      fps: mode === "watched" ? fps : 1,
      isWatched: mode === "watched",
      signal,
    });
    const session = await startSession({
      ...{ feed, ffmpeg, clock, lines, width, fps, path: deps.path },
      // What cannot be changed later gives all from the start.
      mode: feed.twice ? mode : "watched",
      ...taking,
    });
    return { session, isChangeable: feed.twice };
  }

  function wanted(session: Session | null): Mode {
    const nowMs = clock.monotonic();
    if (session !== null) {
      isSparseCamera ||= isSparse(session.mode, nowMs - session.lastMs(), session.frames());
    }
    const leftMs = leftAtMs === null ? null : nowMs - leftAtMs;
    return wantedMode({ viewers: viewers.count(), leftMs, isSparse: isSparseCamera });
  }

  return {
    run: (signal, how) => {
      // The camera may have been changed meanwhile.
      if (how?.reopen) isSparseCamera = false;
      return runAttempt({
        clock,
        wake,
        wanted,
        open: (mode, taking) => open(mode, taking, signal),
        onFrame(jpeg) {
          const frame = pictures.add(jpeg);
          viewers.news();
          for (const listener of frameListeners) listener(frame);
        },
        onLook(look) {
          for (const listener of lookListeners) listener(look);
        },
      }, signal);
    },
    latest: pictures.latest,
    recent: pictures.recent,
    watch: viewers.watch,
    viewers: viewers.count,
    fps: pictures.fps,
    onFrame: (listener) => void frameListeners.push(listener),
    onLook: (listener) => void lookListeners.push(listener),
    close: viewers.close,
  };
}

function secretsOf(kind: CameraKind, options: Readonly<Record<string, unknown>>): string[] {
  return secretNames(kind.options).map((name) => options[name]).filter((one) =>
    typeof one === "string"
  );
}
