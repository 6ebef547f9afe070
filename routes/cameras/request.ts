/** What the API and the pages about cameras share. */
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Cameras } from "../../lib/cameras/cameras.ts";
import type { Runner } from "../../lib/cameras/runner.ts";
import type { LimitSocket } from "../../lib/live/socket_limits.ts";
import type { StreamHub } from "../../lib/live/stream.ts";
import type { RouteContext } from "../http/route.ts";

export interface CameraServices {
  cameras: Cameras;
  clock: Clock;
  /** Live pictures take a place among the streams. */
  hub: Pick<StreamHub, "seat">;
  limitSocket: LimitSocket;
  /** Viewers of one camera. */
  mostViewers: () => number;
  audit: Pick<Audit, "statement">;
}

export const cameraName = z.string().trim().min(1, "give it a name").max(60);
const options = z.record(z.string().max(80), z.unknown());
const machine = z.string().max(2000).nullable().describe("path or id of what it looks at");
const settings = options.describe("those that differ; see /api/cameras/kinds");

export const newCameraShape = z.strictObject({
  name: cameraName,
  kind: z.string().max(40),
  options: options.default({}).describe("see /api/cameras/kinds"),
  settings: settings.optional(),
  machine: machine.optional(),
  enabled: z.boolean().optional(),
}).meta({ id: "NewCamera" });

export const cameraPatchShape = z.strictObject({
  name: cameraName.optional(),
  options: options.optional()
    .describe("all of them; secrets that are left out or *** stay as they are"),
  settings: settings.optional(),
  machine: machine.optional(),
  enabled: z.boolean().optional(),
}).meta({ id: "CameraPatch" });

/** Whether the asker sees where the pictures come from. */
export const seesOptions = ({ who }: Pick<RouteContext, "who">) => who?.role === "admin";

/** The camera while it runs. @throws PerchError `not_found`, `conflict` */
export function runnerOf({ cameras }: Pick<CameraServices, "cameras">, id: string): Runner {
  const { text } = cameras.find(id);
  const runner = cameras.runnerOf(id);
  if (runner !== null) return runner;
  throw new PerchError("conflict", text);
}
