import type { Clock } from "../../base/clock.ts";
import { DAY_MS } from "../../words/times.ts";
import { type CameraSettings, cameraSettingsSchema } from "../camera.ts";
import type { DiskRoom } from "./disk_room.ts";
import type { ImageStore } from "./image_store.ts";
import type { Keeper } from "./keep.ts";
import { tooMuch, tooOld, upTo } from "./retention.ts";

/** Removes what `retention.ts` says, some at a time. */
export interface LettingGo {
  retain(signal: AbortSignal): Promise<void>;
  /** For a host in need: the oldest, half of all at most. Gives the bytes. */
  free(): Promise<number>;
}

/** Removed in one go; between two there is a rest. */
const BATCH = 100;
const REST_MS = 50;
/** In one emergency; a step of it has ten seconds. */
const FREE_MOST_MS = 8_000;
/** For pictures of a camera that is not there. */
const DEFAULTS = cameraSettingsSchema.parse({});

export function createLettingGo({ clock, store, keeper, diskRoom, ...deps }: {
  clock: Pick<Clock, "sleep" | "monotonic"> & { deletionMs(): number };
  store: Pick<ImageStore, "oldest">;
  keeper: Pick<Keeper, "use" | "remove">;
  diskRoom: DiskRoom;
  /** Null: there is no such camera. */
  settingsOf(cameraId: string): CameraSettings | null;
  allBytes(): number;
}): LettingGo {
  const used = async () => [...(await keeper.use()).values()];

  async function removeOldest(
    which: { cameraId?: string; beforeMs?: number },
    bytes: number,
    signal?: AbortSignal,
    mostMs = Infinity,
  ): Promise<number> {
    const startMs = clock.monotonic();
    let freed = 0;
    while (freed < bytes && clock.monotonic() - startMs < mostMs) {
      const oldest = await store.oldest({ ...which, most: BATCH });
      const batch = upTo(oldest, bytes - freed);
      if (batch.length === 0) break;
      freed += await keeper.remove(batch);
      await clock.sleep(REST_MS, signal);
    }
    return freed;
  }

  function keepingOf(cameraId: string) {
    const { keep_days, keep_mb } = deps.settingsOf(cameraId) ?? DEFAULTS;
    return { keepMs: keep_days * DAY_MS, keepBytes: keep_mb * 1e6 };
  }

  return {
    async retain(signal) {
      for (const { cameraId, beforeMs } of tooOld(await used(), keepingOf, clock.deletionMs())) {
        await removeOldest({ cameraId, beforeMs }, Infinity, signal);
      }
      const use = await used();
      if (use.length === 0) return;
      const { byCamera, ofAll } = tooMuch(use, {
        keepingOf,
        allBytes: deps.allBytes(),
        ...await diskRoom.now(true),
      });
      for (const { cameraId, bytes } of byCamera) await removeOldest({ cameraId }, bytes, signal);
      await removeOldest({}, ofAll, signal);
    },
    async free() {
      const use = await used();
      const all = use.reduce((sum, { bytes }) => sum + bytes, 0);
      return await removeOldest({}, all / 2, undefined, FREE_MOST_MS);
    },
  };
}
