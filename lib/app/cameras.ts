import { PerchError } from "../base/errors.ts";
import { type Outgoing, OutgoingError } from "../base/outgoing.ts";
import { reachOf } from "../base/reach.ts";
import type { Sealer } from "../base/sealed.ts";
import type { Camera } from "../cameras/camera.ts";
import { type Cameras, createCameras } from "../cameras/cameras.ts";
import { cameraStatus, type CameraView } from "../cameras/camera_view.ts";
import { CAMERA_KINDS } from "../cameras/kinds/mod.ts";
import type { CameraImages } from "../cameras/images/images.ts";
import type { Runner } from "../cameras/runner.ts";
import type { ComponentHealth } from "../live/components.ts";
import type { StreamHub } from "../live/stream.ts";
import { cameraNeedsHelp } from "../words/cameras.ts";
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
  hub: Pick<StreamHub, "hears" | "publish">;
}

/** Puts the cameras together and reads them; pictures come once the task runs. */
export async function createCameraParts(
  foundation: Foundation,
  { machines, outgoing, sealer, hub }: CameraNeeds,
): Promise<CameraParts> {
  const { clock, log, storage, settings, components, shedding } = foundation;
  let create: ((camera: Camera) => Promise<Runner>) | null = null;

  /** Where somebody listens, pages follow each camera; this is called once a second at most. */
  function tell(id: string): void {
    const camera = cameras.all().find((one) => one.id === id);
    if (camera === undefined || !hub.hears("camera")) return;
    hub.publish("camera", cameraStatus(camera));
  }

  const cameraImages = createAppCameraImages(foundation, () => cameras);
  const cameras: Cameras = createCameras({
    db: storage.db,
    clock,
    log: log.child("cameras"),
    kinds: CAMERA_KINDS,
    sealer,
    machines: machines.registry.machines,
    addressToAllow: (target) => Promise.resolve(addressToAllow(target)),
    checkUrl: (field, url) => checkUrl(outgoing, field, url),
    chosen: () => settings.get("cameras.default"),
    refusal: () => shedding.refusal("cameras"),
    removing: (id) => [cameraImages.removing(id)],
    async createRunner(camera) {
      const { createRunners } = await import("./camera_runner.ts");
      create ??= createRunners(foundation, {
        outgoing,
        lastResort: { get: () => Promise.resolve(null), set: () => Promise.resolve() },
        onHealth: ({ id }) => tell(id),
      });
      return await create(camera);
    },
  });
  await cameras.load();
  forgetRemoved(cameras, cameraImages, foundation);
  cameras.onChange(tell);
  shedding.register({
    name: "cameras",
    shed: () => cameras.rest(true),
    restore: () => cameras.rest(false),
  });
  components.registerAll(() => cameras.all().map(componentOf));
  return { cameras, cameraImages };
}

async function checkUrl(outgoing: Outgoing, field: string, url: string): Promise<void> {
  await outgoing.check(url).catch((error) => {
    if (!(error instanceof OutgoingError)) throw error;
    throw new PerchError("validation", `${field}: ${error.message}`, {
      errors: [{ path: field, message: error.message }],
    });
  });
}

function addressToAllow(target: { host: string; port: number } | null): string | null {
  if (target === null || !/^[\d.]+$|:/.test(target.host)) return null;
  return reachOf(target.host) === "private" ? `${target.host}:${target.port}` : null;
}

function componentOf({ name, text, health: { state, failures }, settings }: CameraView) {
  return { name: `camera ${name}`, health: componentHealth(), detail: text };

  function componentHealth(): ComponentHealth {
    if (state === "off") return "off";
    if (!cameraNeedsHelp(state)) return "ok";
    return failures >= settings.failures_critical ? "error" : "degraded";
  }
}
