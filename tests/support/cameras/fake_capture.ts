import type { Clock } from "../../../lib/base/clock.ts";
import type { AttemptEnd, Capture, Frame, Look } from "../../../lib/cameras/picture.ts";

/** A capture whose pictures are made up: it gives them as long as an attempt runs, as `source` says. */
export interface FakeCapture extends Capture {
  source: {
    /** Between two pictures; null: none come. */
    gapMs: number | null;
    look: Omit<Look, "atMs">;
    /** Each attempt ends so, at once; null: none does. */
    end: AttemptEnd | null;
  };
  /** Of each attempt, whether the device was opened anew. */
  attempts: boolean[];
  /** Attempts that run now. */
  running(): number;
  /** The present attempt ends by itself. */
  breakOff(why: string): void;
}

export const LIVE: Omit<Look, "atMs"> = { brightness: 110, darkest: 12, brightest: 230, change: 2 };
export const FROZEN = { ...LIVE, change: 0 };
export const BLACK = { brightness: 3, darkest: 0, brightest: 5, change: 0 };
export const COVERED = { brightness: 90, darkest: 88, brightest: 93, change: 0.3 };
export const GONE: AttemptEnd = {
  frames: 0,
  why: "Nobody answers at the address",
  fault: "unreachable",
};

const LOOK_MS = 1_000;

export function createFakeCapture(clock: Clock): FakeCapture {
  const onFrame: ((frame: Frame) => void)[] = [];
  const onLook: ((look: Look) => void)[] = [];
  const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);
  let latest: Frame | null = null;
  let sequence = 0;
  let running = 0;
  let breakOff: (end: AttemptEnd) => void = () => {};

  async function give(signal: AbortSignal): Promise<void> {
    let [frameMs, lookMs] = [-Infinity, -Infinity];
    while (!signal.aborted) {
      const atMs = clock.monotonic();
      const { gapMs, look } = fake.source;
      if (gapMs !== null && atMs - frameMs >= gapMs) {
        frameMs = atMs;
        latest = { jpeg, tMs: clock.now(), atMs, sequence: ++sequence };
        for (const hear of onFrame) hear(latest);
        if (atMs - lookMs >= LOOK_MS) {
          lookMs = atMs;
          for (const hear of onLook) hear({ ...look, atMs });
        }
      }
      await clock.sleep(fake.source.gapMs ?? LOOK_MS, signal).catch(() => {});
    }
  }

  const fake: FakeCapture = {
    source: { gapMs: 1_000, look: LIVE, end: null },
    attempts: [],
    async run(signal, how) {
      fake.attempts.push(how?.reopen ?? false);
      if (fake.source.end !== null) return fake.source.end;
      running++;
      const own = new AbortController();
      let end: AttemptEnd = { frames: 0, why: null, fault: "ended" };
      breakOff = (how) => {
        end = how;
        own.abort();
      };
      await give(AbortSignal.any([signal, own.signal]));
      running--;
      return end;
    },
    breakOff: (why) => breakOff({ frames: 1, why, fault: "ended" }),
    running: () => running,
    latest: () => latest,
    recent: () => latest === null ? [] : [latest],
    watch: () => ({ next: () => Promise.resolve(null), close() {} }),
    viewers: () => 0,
    fps: () => fake.source.gapMs === null || running === 0 ? 0 : 1000 / fake.source.gapMs,
    onFrame: (listener) => void onFrame.push(listener),
    onLook: (listener) => void onLook.push(listener),
    close() {},
  };
  return fake;
}
