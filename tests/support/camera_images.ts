/** Cameras without ffmpeg: pictures come when the test says so. */
import { join } from "node:path";
import { type CameraSettings, cameraSettingsSchema } from "../../lib/cameras/camera.ts";
import type { ImageCamera } from "../../lib/cameras/images/image_camera.ts";
import type { ImageReason } from "../../lib/cameras/images/image.ts";
import { createImageStore } from "../../lib/cameras/images/image_store.ts";
import { createKeeper } from "../../lib/cameras/images/keep.ts";
import type { Database } from "../../lib/db/client.ts";
import type { Frame } from "../../lib/cameras/picture.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { picture } from "./pictures.ts";

/** A small JPEG with so many bytes more than it needs: a comment, which says `text`. */
export function jpegWith(text: string, extraBytes = 0): Uint8Array<ArrayBuffer> {
  const plain = picture("jpg");
  const comment = new TextEncoder().encode(text.padEnd(text.length + extraBytes, "."));
  const segments: Uint8Array[] = [];
  for (let at = 0; at < comment.length; at += 60_000) {
    const part = comment.subarray(at, at + 60_000);
    const length = part.length + 2;
    segments.push(Uint8Array.of(0xff, 0xfe, length >> 8, length & 255), part);
  }
  const all = [plain.subarray(0, 2), ...segments, plain.subarray(2)];
  const out = new Uint8Array(all.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of all) {
    out.set(one, at);
    at += one.length;
  }
  return out;
}

export interface FakeCamera extends ImageCamera {
  settings: CameraSettings;
  /** A picture comes now. */
  show(jpeg?: Uint8Array<ArrayBuffer>): Frame;
}

/** A camera that looks at the machine `m1`. */
export function fakeCamera(
  clock: Clock,
  change: Partial<Omit<ImageCamera, "settings">> & { settings?: Partial<CameraSettings> } = {},
): FakeCamera {
  const frames: Frame[] = [];
  let sequence = 0;
  return {
    id: "front",
    name: "Front",
    machineId: "m1",
    state: "live",
    isOwn: () => false,
    capture: { latest: () => frames.at(-1) ?? null, recent: () => frames.slice(-10) },
    ...change,
    settings: cameraSettingsSchema.parse(change.settings ?? {}),
    show(jpeg = jpegWith(`picture ${sequence + 1}`)) {
      const frame = { jpeg, tMs: clock.now(), atMs: clock.monotonic(), sequence: ++sequence };
      frames.push(frame);
      return frame;
    },
  };
}

/** A picture that a running Perch has kept, without a camera that gives any. */
export async function keepPicture(
  { db, dataDir }: { db: Database; dataDir: string },
  { cameraId, tMs, reason = "interval", alarmId, jpeg = jpegWith(`at ${tMs}`) }: {
    cameraId: string;
    tMs: number;
    reason?: ImageReason;
    alarmId?: string;
    jpeg?: Uint8Array<ArrayBuffer>;
  },
): Promise<void> {
  const store = createImageStore(db);
  const keeper = createKeeper({ db, store, folder: join(dataDir, "cameras") });
  await keeper.keep(cameraId, { jpeg, tMs }, reason, alarmId);
}
