import { messageOf } from "../../base/errors.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import { createWake } from "../../base/wake.ts";
import type { Poll } from "./poll.ts";
import type { Track } from "./track.ts";
import type { Watch } from "./watch.ts";

/** Starts, stops and restarts what keeps polls, as they come, change and go. */
export interface Keep {
  task: Task;
  /** Polls changed. */
  wake(): void;
  /** Null while it is not kept. */
  watchOf(id: string): Watch | null;
  /** What was known last of one that is not kept now; null: nothing. */
  trackOf(id: string): Track | null;
  forget(id: string): void;
  /** It ran, and does not any more: somebody paused its task. */
  isPaused(): boolean;
}

interface Run {
  /** What it was made of: it is started anew when that changes. */
  key: string;
  watch: Watch;
  stop: AbortController;
  over: Promise<void>;
}

/** One that ended by itself is started again within this. */
const AGAIN_MS = 10_000;
/** With none there is nothing to do. */
const IDLE_MS = 24 * 3_600_000;

export function createKeep({ clock, log, wanted, exists, create }: {
  clock: Clock;
  log: Log;
  /** Those that are to be kept, as they are now. */
  wanted(): readonly Poll[];
  /** Whether there is one, paused or not. */
  exists(id: string): boolean;
  create(poll: Poll, before: Track | null): Watch;
}): Keep {
  const wake = createWake(clock);
  const runs = new Map<string, Run>();
  const tracks = new Map<string, Track>();
  let isPaused = false;

  async function end(id: string): Promise<void> {
    const run = runs.get(id);
    if (run === undefined) return;
    run.stop.abort(new DOMException("the probe was paused or changed", "AbortError"));
    await run.over;
    runs.delete(id);
    if (exists(id)) tracks.set(id, run.watch.state().track);
  }

  function begin(poll: Poll): void {
    const watch = create(poll, tracks.get(poll.id) ?? null);
    const stop = new AbortController();
    const over = watch.run(stop.signal).then(() => "it ended by itself", messageOf).then((why) => {
      if (stop.signal.aborted) return;
      tracks.set(poll.id, watch.state().track);
      runs.delete(poll.id);
      log.error(`the probe ${poll.name}: ${why}; it is started again`);
    });
    runs.set(poll.id, { key: JSON.stringify(poll), watch, stop, over });
  }

  async function follow(): Promise<void> {
    const polls = wanted();
    const keys = new Map(polls.map((poll) => [poll.id, JSON.stringify(poll)]));
    const stale = [...runs].filter(([id, { key }]) => keys.get(id) !== key);
    await Promise.all(stale.map(([id]) => end(id)));
    for (const poll of polls) if (!runs.has(poll.id)) begin(poll);
  }

  return {
    wake: wake.now,
    watchOf: (id) => runs.get(id)?.watch ?? null,
    trackOf: (id) => tracks.get(id) ?? null,
    forget: (id) => void tracks.delete(id),
    isPaused: () => isPaused,
    task: {
      name: "probes",
      async run(signal) {
        isPaused = false;
        try {
          for (;;) {
            await follow();
            await wake.sleep(runs.size === 0 ? IDLE_MS : AGAIN_MS, signal);
          }
        } finally {
          isPaused = true;
          await Promise.all([...runs.keys()].map(end));
        }
      },
    },
  };
}
