import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { createWake } from "../base/wake.ts";
import type { Camera } from "./camera.ts";
import type { Runner } from "./runner.ts";

/** Starts, stops and restarts what keeps cameras alive, as cameras come, change and go. */
export interface KeepRunning {
  task: Task;
  /** Cameras changed. */
  wake(): void;
  /** Null while it does not run. */
  runnerOf(id: string): Runner | null;
  /** Why it could not even be started; null: it was, or is about to be. */
  troubleOf(id: string): string | null;
  /** It ran, and does not any more: somebody paused its task. */
  isPaused(): boolean;
  /** While the host is in need none of them runs. */
  rest(on: boolean): void;
}

export interface KeepRunningDeps {
  clock: Clock;
  log: Log;
  /** Those that are to run, as they are now. */
  wanted(): readonly Camera[];
  /** Loads what captures pictures, once it is needed. */
  create(camera: Camera): Promise<Runner>;
}

interface Run {
  /** What it was made of: it is started anew when that changes. */
  key: string;
  runner: Runner;
  stop: AbortController;
  over: Promise<void>;
}

/** One that could not be started, or ended by itself, is tried again within this. */
const AGAIN_MS = 10_000;

export function createKeepRunning({ clock, log, wanted, create }: KeepRunningDeps): KeepRunning {
  const wake = createWake(clock);
  const runs = new Map<string, Run>();
  const troubles = new Map<string, string>();
  let isResting = false;
  let isPaused = false;

  async function end(id: string): Promise<void> {
    const run = runs.get(id);
    if (run === undefined) return;
    runs.delete(id);
    run.stop.abort(new DOMException("the camera was switched off or changed", "AbortError"));
    await run.over;
  }

  async function begin(camera: Camera): Promise<void> {
    const { id } = camera;
    try {
      const runner = await create(camera);
      const stop = new AbortController();
      const over = runner.run(stop.signal).then(() => null, messageOf).then((why) => {
        runner.capture.close();
        if (stop.signal.aborted || runs.get(id)?.runner !== runner) return;
        runs.delete(id);
        troubles.set(id, why ?? "it ended by itself");
        log.error(`the camera ${camera.name}: ${why ?? "its runner ended"}; it is started again`);
      });
      troubles.delete(id);
      runs.set(id, { key: keyOf(camera), runner, stop, over });
    } catch (error) {
      const why = messageOf(error);
      if (troubles.get(id) === why) return;
      troubles.set(id, why);
      log.warn(`the camera ${camera.name} could not be started`, { error });
    }
  }

  async function follow(): Promise<void> {
    const cameras = isResting ? [] : wanted();
    const keys = new Map(cameras.map((camera) => [camera.id, keyOf(camera)]));
    const stale = [...runs].filter(([id, { key }]) => keys.get(id) !== key);
    await Promise.all(stale.map(([id]) => end(id)));
    for (const id of troubles.keys()) if (!keys.has(id)) troubles.delete(id);
    for (const camera of cameras) if (!runs.has(camera.id)) await begin(camera);
  }

  return {
    wake: wake.now,
    runnerOf: (id) => runs.get(id)?.runner ?? null,
    troubleOf: (id) => troubles.get(id) ?? null,
    isPaused: () => isPaused,
    rest(on) {
      isResting = on;
      wake.now();
    },
    task: {
      name: "cameras",
      async run(signal) {
        isPaused = false;
        try {
          for (;;) {
            await follow();
            await wake.sleep(AGAIN_MS, signal);
          }
        } finally {
          isPaused = true;
          await Promise.all([...runs.keys()].map(end));
        }
      },
    },
  };
}

/** What is kept of its pictures may change while it runs. */
function keyOf({ settings, ...camera }: Camera): string {
  const { still_every_s: _, keep_days: __, keep_mb: ___, on_alarm: ____, ...used } = settings;
  return JSON.stringify([camera, used]);
}
