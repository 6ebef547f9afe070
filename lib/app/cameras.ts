import { PerchError } from "../base/errors.ts";
import { type Outgoing, OutgoingError } from "../base/outgoing.ts";
import { reachOf } from "../base/reach.ts";
import type { Sealer } from "../base/sealed.ts";
import { type Cameras, createCameras } from "../cameras/cameras.ts";
import type { CameraView } from "../cameras/camera_view.ts";
import { CAMERA_KINDS } from "../cameras/kinds/mod.ts";
import type { CameraImages } from "../cameras/images/images.ts";
import type { ComponentHealth } from "../live/components.ts";
import { createAppCameraImages, forgetRemoved } from "./camera_images.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";

export interface CameraParts {
  cameras: Cameras;
  cameraImages: CameraImages;
}

export interface CameraNeeds {
  machines: MachineParts;
  outgoing: Outgoing;
  sealer: Sealer;
}

/** Puts the cameras together and reads them; pictures come once the task runs. */
export async function createCameraParts(
  foundation: Foundation,
  { machines, outgoing, sealer }: CameraNeeds,
): Promise<CameraParts> {
  const { clock, log, storage, settings, components, shedding } = foundation;
  const cameraImages = createAppCameraImages(foundation, () => cameras);
  const cameras: Cameras = createCameras({
    db: storage.db,
    clock,
    log: log.child("cameras"),
    kinds: CAMERA_KINDS,
    sealer,
    machines: machines.registry.machines,
    toAllow: (target) => Promise.resolve(addressToAllow(target)),
    async check(field, url) {
      await outgoing.check(url).catch((error) => {
        if (!(error instanceof OutgoingError)) throw error;
        throw new PerchError("validation", `${field}: ${error.message}`, {
          errors: [{ path: field, message: error.message }],
        });
      });
    },
    chosen: () => settings.get("cameras.default"),
    refusal: () => shedding.refusal("cameras"),
    removing: (id) => [cameraImages.removing(id)],
    createRunner: () => Promise.reject(new PerchError("unavailable", "Cameras do not run yet.")),
  });
  await cameras.load();
  forgetRemoved(cameras, cameraImages, foundation);
  shedding.register({
    name: "cameras",
    shed: () => cameras.rest(true),
    restore: () => cameras.rest(false),
  });
  components.registerAll(() => cameras.all().map(componentOf));
  return { cameras, cameraImages };
}

function addressToAllow(target: { host: string; port: number } | null): string | null {
  if (target === null || !/^[\d.]+$|:/.test(target.host)) return null;
  return reachOf(target.host) === "private" ? `${target.host}:${target.port}` : null;
}

function componentOf({ name, text, health: { state, failures }, settings }: CameraView) {
  const given = failures >= settings.failures_critical ? "error" : "degraded";
  const health: ComponentHealth = state === "off"
    ? "off"
    : state === "live" || state === "starting"
    ? "ok"
    : given;
  return { name: `camera ${name}`, health, detail: text };
}
