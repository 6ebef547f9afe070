import type { Clock } from "../../base/clock.ts";
import type { Frame, Viewer } from "../picture.ts";

/** Those who look at one camera. */
export interface Viewers {
  watch(fps?: number): Viewer;
  count(): number;
  /** A new picture is there. */
  news(): void;
  /** Ends all of them, and those that come later. */
  close(): void;
}

export interface ViewerDeps {
  clock: Clock;
  latest(): Frame | null;
  /** One came or left. */
  onChange(): void;
}

export function createViewers({ clock, latest, onChange }: ViewerDeps): Viewers {
  /** Those that wait for a picture, or for the end. */
  let waiting = new Set<() => void>();
  const open = new Set<Viewer>();
  let isClosed = false;

  function wakeAll(): void {
    const woken = waiting;
    waiting = new Set();
    for (const wake of woken) wake();
  }

  function news(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      waiting.add(wake);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  function watch(fps?: number): Viewer {
    const everyMs = fps === undefined ? 0 : 1_000 / fps;
    let given = 0;
    let dueMs = 0;
    const isOver = (signal?: AbortSignal) =>
      isClosed || !open.has(viewer) || signal?.aborted === true;
    const viewer: Viewer = {
      async next(signal) {
        while (!isOver(signal)) {
          const frame = latest();
          const nowMs = clock.monotonic();
          if (frame === null || frame.sequence <= given) await news(signal);
          else if (nowMs < dueMs) await clock.sleep(dueMs - nowMs, signal).catch(() => {});
          else {
            given = frame.sequence;
            dueMs = Math.max(dueMs + everyMs, nowMs);
            return frame;
          }
        }
        return null;
      },
      close() {
        if (!open.delete(viewer)) return;
        wakeAll();
        onChange();
      },
    };
    open.add(viewer);
    onChange();
    return viewer;
  }

  return {
    watch,
    count: () => open.size,
    news: wakeAll,
    close() {
      isClosed = true;
      open.clear();
      wakeAll();
      onChange();
    },
  };
}
