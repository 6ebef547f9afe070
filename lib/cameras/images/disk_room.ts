import type { Clock } from "../../base/clock.ts";
import { PerchError } from "../../base/errors.ts";

/** What the file system says. */
export interface Room {
  freeBytes: number;
  totalBytes: number;
}

/** Whether the disk has room for pictures. */
export interface DiskRoom {
  /** So much stays free, and so much is; `freeBytes` null: the disk does not say. `anew`: it is looked at now. */
  now(anew?: boolean): Promise<{ freeBytes: number | null; floorBytes: number }>;
  /** Why there is none for pictures; null: there is. */
  refusal(): Promise<PerchError | null>;
}

/** Between two looks. */
const LOOK_MS = 10_000;
/** On a small disk no more than this share is left free. */
const FLOOR_SHARE = 1 / 8;

export function createDiskRoom(deps: {
  clock: Pick<Clock, "monotonic">;
  look(): Promise<Room | null>;
  floorBytes(): number;
}): DiskRoom {
  let looked: Promise<Room | null> | null = null;
  let lookedMs = -Infinity;

  async function now(anew = false) {
    const nowMs = deps.clock.monotonic();
    if (anew || looked === null || nowMs - lookedMs >= LOOK_MS) {
      lookedMs = nowMs;
      looked = deps.look();
    }
    const room = await looked;
    const most = room === null ? Infinity : room.totalBytes * FLOOR_SHARE;
    return {
      freeBytes: room?.freeBytes ?? null,
      floorBytes: Math.min(deps.floorBytes(), most),
    };
  }

  return {
    now,
    async refusal() {
      const { freeBytes, floorBytes } = await now();
      if (freeBytes === null || freeBytes >= floorBytes) return null;
      return new PerchError(
        "storage_full",
        `pictures of cameras are kept only while ${megabytes(floorBytes)} MB are free on the ` +
          `disk; ${megabytes(freeBytes)} MB are: remove something there`,
      );
    },
  };
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
