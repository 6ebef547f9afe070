import type { Cameras } from "../cameras/cameras.ts";
import type { ImageCamera, RaisedAlarm } from "../cameras/images/image_camera.ts";
import { type CameraImages, createCameraImages } from "../cameras/images/images.ts";
import { cameraMachineId } from "../machines/camera_machine.ts";
import type { Foundation } from "./foundation.ts";
import { roomOf } from "./storage_guard.ts";

/** Pictures that are kept of the cameras, of which `cameras` is made later. */
export function createAppCameraImages(
  { config, clock, log, storage, settings, shedding, refusal, bus }: Foundation,
  cameras: () => Cameras,
): CameraImages {
  const images = createCameraImages({
    db: storage.db,
    clock,
    log: log.child("cameras"),
    dataDir: config.dataDir,
    cameras: () => imageCameras(cameras()),
    refusal: () => shedding.refusal("cameras") ?? refusal(),
    room: roomOf,
    async shrink(jpeg) {
      const { shrinkJpeg } = await import("../cameras/ffmpeg/shrink.ts");
      return await shrinkJpeg(jpeg, { clock });
    },
    limits: () => ({
      allBytes: settings.get("cameras.pictures_mb") * 1e6,
      floorBytes: settings.get("cameras.free_mb") * 1e6,
    }),
  });
  bus.subscribe("alarms", ({ transitions }) => {
    for (const { type, alarm } of transitions) if (type === "alarm.raised") images.raised(alarm);
  });
  return images;
}

/** Files of a camera that was removed go behind its row. */
export function forgetRemoved(
  cameras: Cameras,
  images: CameraImages,
  { log }: Pick<Foundation, "log">,
): void {
  cameras.onChange((id) => {
    if (cameras.all().some((one) => one.id === id)) return;
    images.forget(id).catch((error) =>
      log.warn("pictures of a removed camera are still on the disk", { error })
    );
  });
}

/** Also those that cannot be used, as their secrets cannot be read: what they have kept stays as they say. */
export function imageCameras(
  cameras: Pick<Cameras, "all" | "cameraOf" | "runnerOf">,
): ImageCamera[] {
  return cameras.all().map(({ id, name, settings, health: { state } }) => {
    const machineId = cameras.cameraOf(id)?.machineId ?? null;
    const capture = cameras.runnerOf(id)?.capture ?? null;
    return {
      ...{ id, name, settings, machineId, state, capture },
      isOwn: (alarm: RaisedAlarm) => isOf(alarm, { id, name }),
    };
  });
}

/** The alarm is about this camera: a rule of Perch's, or a sensor of the machine that it is. */
const isOf = ({ cause, machine_id }: RaisedAlarm, { id, name }: { id: string; name: string }) =>
  cause === `system:camera:${name}` || machine_id === cameraMachineId(id);
