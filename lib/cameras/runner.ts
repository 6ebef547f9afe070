/** The loop of one camera: pictures, whether they are good, and what is done when they are not. */
import type { z } from "zod";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Outgoing } from "../base/outgoing.ts";
import type { EventDraft } from "../events/event.ts";
import type { Camera } from "./camera.ts";
import type { CameraHealth, cameraTestShape } from "./health/shape.ts";
import type { Capture, Frame } from "./picture.ts";

export interface RunnerDeps {
  /** As it is set now: whoever changes it makes another runner. */
  camera: Camera;
  capture: Capture;
  clock: Clock;
  log: Log;
  /** `events.append`. */
  append: (draft: EventDraft) => Promise<unknown>;
  /** Calls the address that switches it off and on. */
  outgoing: Pick<Outgoing, "fetch">;
  /** When the power was cut, or somebody was asked to, last: kept over a restart. */
  lastResort: LastResort;
  /** Hears of the camera once a second while it runs, and when it ends (`readings.ts`). */
  onHealth?: (health: CameraHealth) => void;
  random?: () => number;
}

export interface LastResort {
  /** Wall clock; null: never. */
  get(cameraId: string): Promise<number | null>;
  set(cameraId: string, tMs: number): Promise<void>;
}

/** What a test found, and the picture that it saw; null: there was none. */
export type CameraTest = z.output<typeof cameraTestShape> & { frame: Frame | null };

export interface Runner {
  capture: Capture;
  /** Gets pictures until `signal` aborts; when it resolves, nothing of it is left. Does not reject. */
  run(signal: AbortSignal): Promise<void>;
  /** `off` while it does not run. */
  health(): CameraHealth;
  /** Forgets failures and waits, and starts anew now. Without effect while it does not run. */
  recover(): void;
  /** Looks for 20 s at most. Where it does not run, pictures are got for as long as the test takes. */
  test(signal?: AbortSignal): Promise<CameraTest>;
}

export function createRunner(_deps: RunnerDeps): Runner {
  throw new Error("not there yet");
}
