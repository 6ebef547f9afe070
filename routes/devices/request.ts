/** What the API and the pages about probes share. */
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { Polls } from "../../lib/sources/polls/polls.ts";
import type { PollView } from "../../lib/sources/polls/poll_view.ts";
import type { PollSensors } from "../../lib/sources/polls/sensors.ts";
import type { Uptime } from "../../lib/sources/polls/uptime.ts";
import type { RouteContext } from "../http/route.ts";

export interface ProbeServices {
  polls: Polls;
  pollSensors: Pick<PollSensors, "find">;
  /** The share of its checks at which it was up. */
  pollUptime(view: PollView): Promise<Uptime>;
  clock: Clock;
  audit: Pick<Audit, "statement">;
  /** Of pages and the API, as others reach them; null: as the asker does. */
  publicUrl: string | null;
}

export const probeName = z.string().trim().min(1, "give it a name").max(60);
const options = z.record(z.string().max(80), z.unknown());
const settings = options.describe("those that differ; see /api/probes/kinds");

export const newProbeShape = z.strictObject({
  name: probeName,
  kind: z.string().max(40),
  options: options.default({}).describe("see /api/probes/kinds"),
  settings: settings.optional(),
  machine: z.string().max(2000).nullable().optional().describe("default probes/NAME"),
  enabled: z.boolean().optional(),
}).meta({ id: "NewProbe" });

export const probePatchShape = z.strictObject({
  name: probeName.optional(),
  options: options.optional()
    .describe("all of them; secrets that are left out or *** stay as they are"),
  settings: settings.optional(),
  enabled: z.boolean().optional(),
}).meta({ id: "ProbePatch" });

/** Whether the asker sees where it connects to. */
export const seesOptions = ({ who }: Pick<RouteContext, "who">) => who?.role === "admin";

/** Where a heartbeat reports to. */
export function heartbeatAddress(
  { publicUrl }: Pick<ProbeServices, "publicUrl">,
  { c }: Pick<RouteContext, "c">,
  secret: string,
): string {
  return `${(publicUrl ?? new URL(c.req.url).origin).replace(/\/$/, "")}/api/heartbeat/${secret}`;
}
