import { systemActor } from "../access/audit_row.ts";
import type { Access } from "../access/access.ts";
import { join } from "node:path";
import { PerchError } from "../base/errors.ts";
import { createKernelFiles } from "../base/kernel_files.ts";
import type { Outgoing } from "../base/outgoing.ts";
import type { Camera } from "../cameras/camera.ts";
import { createCameraSensors } from "../cameras/camera_sensors.ts";
import { createCapture } from "../cameras/capture/capture.ts";
import { createFfmpegFinder } from "../cameras/ffmpeg/find.ts";
import type { CameraHealth } from "../cameras/health/shape.ts";
import { DEVICE_ROOTS } from "../cameras/kinds/kind.ts";
import { kindOf } from "../cameras/kinds/mod.ts";
import { createCameraReadings } from "../cameras/readings.ts";
import type { SwitchOutput } from "../cameras/recovery/power_cycle.ts";
import { createLastResort } from "../cameras/recovery/last_resort_store.ts";
import { createRunner, type Runner } from "../cameras/runner.ts";
import type { Intake } from "../intake/intake.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";

/** What the readings of cameras are kept with. */
export interface ReadingNeeds {
  machines: MachineParts;
  intake: Pick<Intake, "offerBatch">;
  access: Pick<Access, "audit">;
}

export interface RunnerNeeds extends ReadingNeeds {
  outgoing: Outgoing;
  switchOutput: SwitchOutput;
  /** Hears of a camera once a second while it runs. */
  onHealth(camera: Camera, health: CameraHealth): void;
}

/** What gets pictures; loaded when the first camera needs it, with all that it stands on. */
export function createRunners(
  { config, clock, log: root, events, storage }: Foundation,
  { outgoing, switchOutput, onHealth, machines: { registry, machines: service }, intake, access }:
    RunnerNeeds,
): (camera: Camera) => Promise<Runner> {
  const log = root.child("cameras");
  const lastResort = createLastResort(storage.db);
  const readings = createCameraReadings({
    clock,
    log,
    sensors: createCameraSensors({
      registry,
      service,
      audited: (change) => access.audit.statement({ actor: systemActor("Perch"), ...change }),
      log,
    }),
    offer: (drafts) =>
      intake.offerBatch({ source: "cameras", topic: "cameras", drafts: [...drafts], rejects: [] }),
  });
  const findFfmpeg = createFfmpegFinder();
  const kernel = createKernelFiles({ roots: DEVICE_ROOTS });
  return async (camera) => {
    const found = await findFfmpeg();
    if ("problem" in found) throw new PerchError("unavailable", found.problem);
    const capture = createCapture({
      camera,
      kind: kindOf(camera.kind)!,
      clock,
      log,
      outgoing,
      kernel,
      ffmpeg: found.ffmpeg,
      filesFolder: join(config.dataDir, "cameras", "files"),
    });
    return createRunner({
      ...{ camera, capture, clock, log, outgoing, switchOutput, lastResort },
      append: (draft) => events.append(draft),
      onHealth(health) {
        onHealth(camera, health);
        readings.see(camera, health);
      },
    });
  };
}
