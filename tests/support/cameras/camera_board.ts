import type { CameraStatus } from "../../../lib/cameras/camera_view.ts";
import type { CameraPerch } from "./camera_perch.ts";

/** Looks at all cameras for everybody who waits for one of them. */
export interface CameraBoard {
  /** Seconds until the camera is so. @throws Error when it takes longer than `mostMs`, or nobody looks any more */
  until(
    name: string,
    what: string,
    is: (status: CameraStatus) => boolean,
    mostMs: number,
  ): Promise<number>;
  /** Whether it ever was in another state than this since it was first seen in it. */
  everLeft(name: string, state: CameraStatus["state"]): boolean;
  [Symbol.asyncDispose](): Promise<void>;
}

const EVERY_MS = 200;

export function startCameraBoard(perch: Pick<CameraPerch, "cameras">): CameraBoard {
  const seen = new Map<string, CameraStatus[]>();
  let isOver = false;

  async function look(): Promise<void> {
    while (!isOver) {
      for (const status of await perch.cameras()) {
        const known = seen.get(status.name) ?? [];
        if (known.at(-1)?.state !== status.state) known.push(status);
        else known[known.length - 1] = status;
        seen.set(status.name, known);
      }
      await pause(EVERY_MS);
    }
  }
  const looking = look();
  // It is told where somebody waits.
  looking.catch(() => {});

  return {
    async until(name, what, is, mostMs) {
      const startMs = performance.now();
      for (;;) {
        const last = seen.get(name)?.at(-1);
        if (last !== undefined && is(last)) return (performance.now() - startMs) / 1000;
        if (performance.now() - startMs > mostMs) {
          throw new Error(
            `${name}: ${what} not within ${mostMs / 1000} s, but ${last?.state}, ` +
              `${last?.failures} failures: ${last?.text}`,
          );
        }
        // From then on the race below would be over at once, every time.
        if (isOver) throw new Error(`${name}: ${what} was waited for when the looking ended`);
        await Promise.race([pause(EVERY_MS), looking]);
      }
    },
    everLeft(name, state) {
      const states = (seen.get(name) ?? []).map((one) => one.state);
      return states.slice(states.indexOf(state)).some((one) => one !== state);
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await looking.catch(() => {});
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
