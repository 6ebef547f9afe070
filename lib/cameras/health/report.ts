import type { Clock } from "../../base/clock.ts";
import type { CameraSettings } from "../camera.ts";
import type { Capture } from "../picture.ts";
import type { HealthMemory } from "./decide.ts";
import { scoreOf } from "./score.ts";
import type { CameraHealth } from "./shape.ts";

/** What the loop of a camera knows beside its pictures. */
export interface LoopState
  extends
    Pick<CameraHealth, "failures" | "reconnectsPerHour" | "lastError" | "recoveryLevel">,
    Pick<CameraHealth, "nextTryMs"> {
  memory: HealthMemory;
  isRunning: boolean;
}

/** How a camera is, put together. */
export function reportHealth(
  { memory, isRunning, nextTryMs, ...known }: LoopState,
  { capture, clock, settings }: {
    capture: Pick<Capture, "latest" | "fps" | "viewers">;
    clock: Clock;
    settings: Pick<CameraSettings, "fps">;
  },
): CameraHealth {
  const nowMs = clock.monotonic();
  const latest = capture.latest();
  const viewers = capture.viewers();
  const facts = {
    state: isRunning ? memory.state : "off" as const,
    frameAgeMs: latest === null ? null : Math.max(0, Math.round(nowMs - latest.atMs)),
    fps: isRunning ? Math.round(capture.fps() * 10) / 10 : 0,
    reconnectsPerHour: known.reconnectsPerHour,
  };
  // Without viewers a camera may be judged by its keyframes, as rarely as those come.
  const fpsWanted = viewers > 0 ? settings.fps : 0;
  return {
    ...known,
    ...facts,
    ...scoreOf({ ...facts, fpsWanted }),
    sinceMs: Math.round(clock.now() - (nowMs - memory.sinceMs)),
    brightness: isRunning ? memory.look?.brightness ?? null : null,
    nextTryMs: nextTryMs === null ? null : Math.round(nextTryMs),
    viewers,
  };
}
