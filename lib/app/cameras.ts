import { PerchError } from "../base/errors.ts";
import { type Outgoing, OutgoingError } from "../base/outgoing.ts";
import type { SystemFacts } from "../alarms/system_facts.ts";
import type { Sealer } from "../base/sealed.ts";
import type { Camera } from "../cameras/camera.ts";
import type { Target } from "../cameras/camera_changes.ts";
import { type Cameras, createCameras } from "../cameras/cameras.ts";
import { cameraStatus } from "../cameras/camera_view.ts";
import { CAMERA_KINDS } from "../cameras/kinds/mod.ts";
import type { CameraImages } from "../cameras/images/images.ts";
import type { Runner } from "../cameras/runner.ts";
import type { StreamHub } from "../live/stream.ts";
import { componentOf } from "./camera_component.ts";
import { createAppCameraImages, forgetRemoved } from "./camera_images.ts";
import { createCameraNews } from "./camera_news.ts";
import type { CameraOutputs } from "./camera_output.ts";
import type { ReadingNeeds } from "./camera_runner.ts";
import type { Foundation } from "./foundation.ts";

export interface CameraParts {
  cameras: Cameras;
  cameraImages: CameraImages;
}

export interface CameraNeeds extends ReadingNeeds {
  outgoing: Outgoing;
  sealer: Sealer;
  hub: Pick<StreamHub, "hears" | "publish">;
  outputs: CameraOutputs;
}

/** Puts the cameras together and reads them; pictures come once the task runs. */
export async function createCameraParts(
  foundation: Foundation,
  { machines, outgoing, sealer, hub, intake, access, outputs }: CameraNeeds,
): Promise<CameraParts> {
  const { clock, log, storage, settings, components, shedding } = foundation;
  let create: ((camera: Camera) => Promise<Runner>) | null = null;

  const tell = createCameraNews(hub, (id) => {
    // It may be gone.
    return cameras.cameraOf(id) === null ? null : cameraStatus(cameras.find(id));
  });

  const cameraImages = createAppCameraImages(foundation, () => cameras);
  const cameras: Cameras = createCameras({
    db: storage.db,
    clock,
    log: log.child("cameras"),
    kinds: CAMERA_KINDS,
    sealer,
    machines: machines.registry.machines,
    addressToAllow: (target) => addressToAllow(outgoing, target),
    checkUrl: (field, url) =>
      outgoing.check(url).catch((error) => {
        throw refused(field, error);
      }),
    outputFault: outputs.outputFault,
    chosen: () => settings.get("cameras.default"),
    refusal: () => shedding.refusal("cameras"),
    removing: (id) => [cameraImages.removing(id)],
    async createRunner(camera) {
      const { createRunners } = await import("./camera_runner.ts");
      create ??= createRunners(foundation, {
        ...{ outgoing, machines, intake, access, switchOutput: outputs.switchOutput },
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

/** The cameras that are wanted, for the rules about Perch itself. */
export function cameraFacts(cameras: Pick<Cameras, "all">, nowMs: number): SystemFacts["cameras"] {
  return cameras.all().filter(({ enabled }) => enabled).map(({ name, health, settings }) => ({
    name,
    state: health.state,
    lastingMs: nowMs - health.sinceMs,
    failures: health.failures,
    warningAfter: settings.failures_warning,
    criticalAfter: settings.failures_critical,
    why: health.lastError,
  }));
}

/** @throws PerchError as `ChangeDeps.addressToAllow` says */
async function addressToAllow(outgoing: Outgoing, target: Target): Promise<string | null> {
  if (target === null) return null;
  return await outgoing.toAllow(target.host, target.port).catch((error) => {
    throw refused("options.url", error);
  });
}

function refused(path: string, error: unknown): unknown {
  if (!(error instanceof OutgoingError)) return error;
  const { fault, message } = error;
  if (fault !== "invalid" && fault !== "forbidden") return new PerchError("unavailable", message);
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
