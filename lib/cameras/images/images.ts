/** Kept pictures of cameras. One idea, so one file: the contract and what answers it. */
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { messageOf, PerchError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { Task } from "../../base/supervisor.ts";
import type { Database, SqlStatement } from "../../db/client.ts";
import type { PageOf } from "../../db/list.ts";
import type { CameraImageRow } from "../../db/schema/cameras.ts";
import type { Audited } from "../../events/audit_change.ts";
import { DAY_MS } from "../../words/times.ts";
import type { Frame } from "../picture.ts";
import { createAlarmPictures } from "./alarm_pictures.ts";
import { type CameraImage, imageOf, type ImageReason } from "./image.ts";
import {
  type AlarmMoment,
  type CameraUse,
  createImageStore,
  type ImageQuery,
} from "./image_store.ts";
import { type AlarmPicture, picturesFor } from "./for_message.ts";
import type { ImageCamera, RaisedAlarm } from "./image_camera.ts";
import { isCurrent, isDue } from "./interval.ts";
import { createKeeper } from "./keep.ts";
import { createDiskRoom, type Room } from "./disk_room.ts";
import { createLettingGo } from "./letting_go.ts";
import { removeCamera, sweep } from "./sweep.ts";

export interface CameraImages {
  /** Newest first. */
  list(cameraId: string, query: ImageQuery): Promise<PageOf<CameraImage>>;
  /** @throws PerchError `not_found` also where the file is gone */
  open(
    cameraId: string,
    tMs: number,
  ): Promise<{ image: CameraImage; jpeg: Uint8Array<ArrayBuffer> }>;
  /** Keeps the picture of this moment. @throws `not_found`; `unavailable`: there is none; `storage_full`, `busy` */
  take(cameraId: string): Promise<CameraImage>;
  /** @throws PerchError `not_found` */
  remove(cameraId: string, tMs: number, audited: Audited): Promise<void>;
  /** Oldest first, of all cameras. */
  ofAlarm(alarm: AlarmMoment): Promise<CameraImage[]>;
  /** One of each camera, the nearest to the alarm, made small enough; waits for those that are just being kept. */
  forMessage(
    alarm: AlarmMoment,
    most: { pictures: number; bytes: number },
  ): Promise<AlarmPicture[]>;
  /** Keeps pictures of cameras that look at its machine. Never throws. */
  raised(alarm: RaisedAlarm): void;
  /** What a camera has kept; null: nothing. */
  use(cameraId: string): Promise<CameraUse | null>;
  /** Goes into the transaction that removes a camera; `forget` after it removes the files. */
  removing(cameraId: string): SqlStatement;
  forget(cameraId: string): Promise<void>;
  /** For a host in need: removes the oldest, half of all at most. Gives the bytes. */
  free(): Promise<number>;
  /** Why nothing is kept at the moment, for people; null: it is. */
  trouble(): string | null;
  /** Bytes written since the start; null: there is no camera. */
  writtenBytes(): number | null;
  /** Keeps by time, and lets go what is too old or too much. */
  readonly task: Task;
}

export interface ImagesDeps {
  db: Database;
  clock: Clock & { deletionMs(): number };
  log: Log;
  dataDir: string;
  cameras: () => readonly ImageCamera[];
  /** Why nothing is kept: the host is in need, the disk is full. Null: it is. */
  refusal: () => PerchError | null;
  /** Room on the disk; null where it does not say. */
  room: (folder: string) => Promise<Room | null>;
  limits: () => { allBytes: number; floorBytes: number };
  /** The picture in fewer bytes; null: it cannot be made so. */
  shrink: (jpeg: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer> | null>;
}

/** A look at what is due. */
const LOOK_MS = 1_000;
/** Without a camera that keeps pictures by time. */
const IDLE_MS = 30_000;
const RETENTION_MS = 60_000;

export function createCameraImages(deps: ImagesDeps): CameraImages {
  const { db, clock, log, cameras } = deps;
  const folder = join(deps.dataDir, "cameras");
  const store = createImageStore(db);
  const keeper = createKeeper({ db, store, folder });
  const cameraOf = (id: string) => cameras().find((camera) => camera.id === id);
  /** Ends what is under way of alarms with the run of the task; the next run begins anew. */
  let ended = new AbortController();
  /** When the last still by time of each camera was taken. */
  const stills = new Map<string, number | null>();
  let trouble: string | null = null;
  const diskRoom = createDiskRoom({
    clock,
    look: () => deps.room(deps.dataDir),
    floorBytes: () => deps.limits().floorBytes,
  });
  const lettingGo = createLettingGo({
    ...{ clock, store, keeper, diskRoom },
    settingsOf: (id) => cameraOf(id)?.settings ?? null,
    allBytes: () => deps.limits().allBytes,
  });

  const alarmPictures = createAlarmPictures({
    clock,
    cameras,
    keep: (camera, frame, alarmId) => keepOrSay(camera, frame, "alarm", alarmId),
    signal: () => ended.signal,
  });

  function need(id: string): ImageCamera {
    const camera = cameraOf(id);
    if (camera !== undefined) return camera;
    throw new PerchError("not_found", `there is no camera "${id.slice(0, 80)}"`, {
      about: [`camera:${id}`],
    });
  }

  async function needImage(cameraId: string, tMs: number): Promise<CameraImageRow> {
    const found = await store.find(cameraId, tMs);
    if (found !== null) return found;
    throw new PerchError("not_found", "there is no such picture, or it is kept no longer", {
      about: [imageKey(cameraId, tMs)],
    });
  }

  /** Why nothing is kept now. */
  const refused = async () => deps.refusal() ?? await diskRoom.refusal();

  async function keep(
    camera: ImageCamera,
    frame: Frame,
    reason: ImageReason,
    alarmId?: string,
  ): Promise<CameraImageRow> {
    const refusal = await refused();
    if (refusal !== null) throw refusal;
    const image = await keeper.keep(camera.id, frame, reason, alarmId);
    say(null);
    return image;
  }

  /** Null where it cannot be kept: why is said once. */
  async function keepOrSay(...given: Parameters<typeof keep>): Promise<CameraImageRow | null> {
    try {
      return await keep(...given);
    } catch (error) {
      say(messageOf(error));
      return null;
    }
  }

  function say(now: string | null): void {
    const before = trouble;
    trouble = now;
    if (now !== null && before === null) log.warn(`pictures of cameras are not kept: ${now}`);
    if (now === null && before !== null) log.info("pictures of cameras are kept again");
  }

  async function keepStills(): Promise<void> {
    for (const camera of cameras()) {
      const { id, capture, settings: { still_every_s: everyS } } = camera;
      if (everyS <= 0 || capture === null) continue;
      if (!stills.has(id)) stills.set(id, await store.newestByInterval(id));
      if (!isDue(everyS, stills.get(id)!, clock.now())) continue;
      const frame = capture.latest();
      if (frame === null || !isCurrent(frame, camera.state, clock.monotonic())) continue;
      if (frame.tMs === stills.get(id)) continue;
      // One that cannot be kept is not tried again before the next is due.
      stills.set(id, clock.now());
      await keepOrSay(camera, frame, "interval");
    }
  }

  async function tidy(signal: AbortSignal): Promise<void> {
    const swept = await sweep({
      ...{ store, keeper, folder, clock },
      isKnown: (id) => cameraOf(id) !== undefined,
      nowMs: clock.deletionMs(),
    }, signal);
    if (Object.values(swept).some((count) => count > 0)) {
      log.info("kept pictures and their files were brought together", { ...swept });
    }
  }

  /** What fails is tried again at its next turn; pictures are kept meanwhile. */
  async function attempt(
    what: string,
    run: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await run(signal);
    } catch (error) {
      signal.throwIfAborted();
      log.warn(`${what} failed`, { error });
    }
  }

  return {
    async list(cameraId, query) {
      const { items, next } = await store.list(cameraId, query);
      return { items: items.map(imageOf), next };
    },
    async open(cameraId, tMs) {
      const row = await needImage(cameraId, tMs);
      const jpeg = await keeper.read(row);
      if (jpeg !== null) return { image: imageOf(row), jpeg };
      throw new PerchError("not_found", "the file of this picture is gone or damaged");
    },
    async take(cameraId) {
      const camera = need(cameraId);
      const frame = camera.capture?.latest() ?? null;
      if (frame === null || !isCurrent(frame, camera.state, clock.monotonic())) {
        throw new PerchError(
          "unavailable",
          `${camera.name} gives no picture at the moment; its page says why`,
          { retryAfterS: 10 },
        );
      }
      return imageOf(await keep(camera, frame, "asked"));
    },
    async remove(cameraId, tMs, audited) {
      const row = await needImage(cameraId, tMs);
      await keeper.removeWith(row, [audited({
        action: "camera.image.delete",
        resource: `camera:${cameraId}`,
        touches: [imageKey(cameraId, tMs)],
        before: { t_ms: tMs, reason: row.reason, alarm_id: row.alarmId },
      })]);
    },
    ofAlarm: async (alarm) => (await store.ofAlarm(alarm)).map(imageOf),
    async forMessage(alarm, most) {
      await alarmPictures.at(alarm.id);
      return await picturesFor(await store.ofAlarm(alarm), alarm.raised_ms, {
        ...{ ...most, read: keeper.read, shrink: deps.shrink },
        nameOf: (cameraId) => cameraOf(cameraId)?.name ?? "a camera",
      });
    },
    raised: alarmPictures.raised,
    use: async (cameraId) => (await keeper.use()).get(cameraId) ?? null,
    removing: (cameraId) => store.removeAll(cameraId),
    async forget(cameraId) {
      keeper.recount();
      stills.delete(cameraId);
      if (/^[\w-]+$/.test(cameraId)) await removeCamera(folder, cameraId);
    },
    free: lettingGo.free,
    trouble: () => trouble,
    writtenBytes: () => cameras().length === 0 ? null : keeper.writtenBytes(),
    task: {
      name: "camera pictures",
      async run(signal) {
        const own = ended = new AbortController();
        signal.addEventListener("abort", () => own.abort(signal.reason), { once: true });
        let sweptMs = -Infinity;
        let retainedMs = -Infinity;
        for (;;) {
          const nowMs = clock.monotonic();
          if (nowMs - sweptMs >= DAY_MS) {
            sweptMs = nowMs;
            await attempt("bringing pictures and their files together", tidy, signal);
          }
          if (nowMs - retainedMs >= RETENTION_MS) {
            retainedMs = nowMs;
            await attempt("deleting old pictures", lettingGo.retain, signal);
          }
          await keepStills();
          const isKeeping = cameras().some(({ settings }) => settings.still_every_s > 0);
          await clock.sleep(isKeeping ? LOOK_MS : IDLE_MS, signal);
        }
      },
    },
  };
}

/** As the audit log names a picture. */
const imageKey = (cameraId: string, tMs: number) => `camera_image:${cameraId}/${tMs}`;
