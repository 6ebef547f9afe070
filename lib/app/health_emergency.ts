import { join } from "node:path";
import { removeLeftovers } from "../health/emergency/cleaning.ts";
import type { CameraImages } from "../cameras/images/images.ts";
import type { Cause, Facts, Limits } from "../health/emergency/decide.ts";
import { createEmergency, type Emergency } from "../health/emergency/emergency.ts";
import type { LogFiles } from "../events/logs/log_files.ts";
import type { HostParts } from "../health/history/view.ts";
import type { DetectionParts } from "./detection.ts";
import type { Foundation } from "./foundation.ts";

/** As long as nobody set others: where a host is in need (a limit of the sensors of `This host`). */
const CRITICAL: Record<Cause, number> = { disk: 95, memory: 95, temperature: 80, cpu: 95 };
/** So much below it is calm. */
const BELOW: Record<Cause, number> = { disk: 2, memory: 5, temperature: 5, cpu: 10 };
const LASTING_MS: Record<Cause, number> = {
  disk: 0,
  memory: 2_000,
  temperature: 2_000,
  cpu: 2_500,
};
/** An upload takes room on the disk and in memory; of the processor it needs little. */
const ALL_MS: Record<Cause, number> = { disk: 0, memory: 2_000, temperature: 3_500, cpu: 3_500 };
/** A start needs all of the processor. */
const START_MS = 60_000;
/** More than this is not deleted in one emergency. */
const LOGS_MOST_BYTES = 50_000_000;

export interface EmergencyNeeds {
  /** Null: nobody looks at the host. */
  sense: (() => Promise<Facts>) | null;
  host: HostParts | null;
  logFiles: LogFiles;
  detection: Pick<DetectionParts, "backtests" | "predictions">;
  cameraImages: Pick<CameraImages, "free">;
}

/** Does less while the host is in need. Null: nobody looks at it. */
export function createAppEmergency(
  foundation: Foundation,
  { sense, host, logFiles, detection, cameraImages }: EmergencyNeeds,
): Emergency | null {
  const { clock, log, settings, events, components, shedding, storageGuard } = foundation;
  const { backtests, predictions } = detection;
  shedding.register({
    name: "backtests",
    shed: () => backtests.rest(true),
    restore: () => backtests.rest(false),
  });
  shedding.register({
    name: "training",
    shed: () => predictions.restTraining(true),
    restore: () => predictions.restTraining(false),
  });
  if (sense === null) return null;
  const startedMs = clock.monotonic();
  const emergency = createEmergency({
    clock,
    log: log.child("emergency"),
    async sense() {
      const facts = await sense();
      return clock.monotonic() - startedMs < START_MS ? { ...facts, cpu: null } : facts;
    },
    limits: () => limitsOf(host),
    isOn: () => settings.get("host.emergency"),
    shedding,
    cleaners: [
      {
        what: "the oldest pictures of cameras",
        causes: ["disk"],
        clean: () => cameraImages.free(),
      },
      {
        what: "the reserve of the disk",
        causes: ["disk"],
        clean: () => storageGuard.giveReserve(),
      },
      { what: "old log files", causes: ["disk"], clean: () => logFiles.clean(LOGS_MOST_BYTES) },
      {
        what: "files of interrupted writes",
        causes: ["disk"],
        clean: () => removeLeftovers(foldersOf(foundation), clock.deletionMs()),
      },
      { what: "memory that nothing uses", causes: ["memory"], clean: collectGarbage },
    ],
    append: (event) => events.append(event),
  });
  components.register("emergency", () => {
    const detail = emergency.sentence();
    return detail === null
      ? { health: "ok", detail: "This host has room for everything." }
      : { health: "degraded", detail };
  });
  return emergency;
}

function limitsOf(host: HostParts | null): Limits {
  const one = (cause: Cause) => {
    const enter = host?.sensors.find(cause)?.settings.critical_high ?? CRITICAL[cause];
    return {
      enter,
      leave: enter - BELOW[cause],
      lastingMs: LASTING_MS[cause],
      allMs: ALL_MS[cause],
    };
  };
  return {
    disk: one("disk"),
    memory: one("memory"),
    temperature: one("temperature"),
    cpu: one("cpu"),
  };
}

const foldersOf = ({ config: { dataDir } }: Foundation) => [
  dataDir,
  join(dataDir, "files", "photos"),
  join(dataDir, "files", "attachments"),
  join(dataDir, "backups"),
];

/** Where the runtime lets a program ask for it, as Perch's own does. */
function collectGarbage(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  const before = Deno.memoryUsage().heapTotal;
  gc?.();
  return Promise.resolve(Math.max(0, before - Deno.memoryUsage().heapTotal));
}
