import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { bodyMoment, momentMs } from "../../lib/base/epoch.ts";
import { formerly, msField, oldMs } from "../../lib/base/wire.ts";
import { isUnder } from "../../lib/machines/machine.ts";
import type { MachinesService } from "../../lib/machines/service.ts";
import { type MaintenanceWindow, spanAt, timingSchema } from "../../lib/machines/windows.ts";
import { auditedBy } from "../http/caller.ts";
import { validate } from "../http/validate.ts";
import { idParams, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

const tags = ["Maintenance"];

/** A maintenance window as the API answers it. */
const windowShape = z.object({
  id: z.string(),
  path: z.string(),
  title: z.string(),
  timing: timingSchema,
  created_ms: msField,
  created: oldMs("created_ms"),
  open: z.boolean().describe("true while it lasts"),
  from_ms: msField.nullable().describe("start of this or the next time; null when it is over"),
  from: formerly(msField.nullable(), "from_ms"),
  to_ms: msField.nullable(),
  to: formerly(msField.nullable(), "to_ms"),
}).meta({ id: "MaintenanceWindow" });

/** When, as it may be asked for: the times of a single one as people write them. */
const [, weekly] = timingSchema.options;
const askedTiming = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("once"), from: bodyMoment, to: bodyMoment }),
  weekly,
]).meta({ id: "MaintenanceAsked" });

/** What a new window is made of. */
export const windowDraftShape = z.strictObject({
  path: z.string().max(2000).describe("a machine, a part of the plant, or empty for all of it"),
  title: z.string().trim().min(1).max(80),
  timing: timingSchema,
}).meta({ id: "MaintenanceDraft" });
export type WindowDraft = z.output<typeof windowDraftShape>;

const askedShape = windowDraftShape.extend({ timing: askedTiming })
  .meta({ id: "MaintenanceOrder" });

/** Times as numbers, and checked. @throws PerchError `validation` */
async function draftOf(
  { timing, ...rest }: z.output<typeof askedShape>,
  nowMs: number,
): Promise<WindowDraft> {
  const times = timing.kind === "weekly"
    ? {}
    : { from: momentMs(timing.from, nowMs), to: momentMs(timing.to, nowMs) };
  const draft = { ...rest, timing: { ...timing, ...times } };
  return await validate(windowDraftShape, draft, "body") as WindowDraft;
}

export interface MaintenanceServices {
  service: Pick<MachinesService, "windows" | "addWindow" | "removeWindow" | "restoreWindow">;
  audit: Pick<Audit, "statement">;
  clock: Clock;
  /** The site's time zone, an IANA name. */
  readonly siteZone: string;
}

/** `/api/maintenance`: one-off and weekly windows. */
export function maintenanceRoutes(services: MaintenanceServices): Route[] {
  const { service, audit, clock } = services;
  const json = ({ createdMs, deletedMs: _, ...window }: MaintenanceWindow) => {
    const nowMs = clock.now();
    const span = spanAt(window.timing, nowMs, services.siteZone);
    return {
      ...window,
      created_ms: createdMs,
      created: createdMs,
      open: span !== null && span.fromMs <= nowMs,
      from_ms: span?.fromMs ?? null,
      from: span?.fromMs ?? null,
      to_ms: span?.toMs ?? null,
      to: span?.toMs ?? null,
    };
  };
  return [
    route({
      method: "get",
      path: "/api/maintenance",
      policy: "viewer",
      summary: "Maintenance windows, newest first",
      tags,
      query: z.object({
        machine: z.string().max(2000).optional().describe("those that concern this machine"),
      }),
      responses: {
        200: {
          description: "All windows",
          schema: listOf(windowShape),
        },
      },
      handler: ({ query }) => {
        const { machine } = query;
        const items = service.windows().filter((window) =>
          machine === undefined || isUnder(machine, window.path)
        );
        return Response.json({ items: items.toReversed().map(json), next: null });
      },
    }),
    route({
      method: "post",
      path: "/api/maintenance",
      policy: "engineer",
      summary: "Add a window, once or weekly in the site's time zone",
      tags,
      body: askedShape,
      example: {
        body: {
          path: "hall-1",
          title: "Cleaning",
          timing: { kind: "weekly", days: ["sat", "sun"], start: "22:00", end: "06:00" },
        },
      },
      responses: { 201: { description: "The window", schema: windowShape } },
      handler: async (context) => {
        const draft = await draftOf(context.body, context.nowMs);
        const window = await service.addWindow(draft, auditedBy(audit, context));
        return Response.json(json(window), { status: 201 });
      },
    }),
    route({
      method: "delete",
      path: "/api/maintenance/:id",
      policy: "engineer",
      summary: "Remove a window; it can be restored for 30 days",
      tags,
      params: idParams(),
      responses: { 204: { description: "Removed" } },
      handler: async (context) => {
        await service.removeWindow(context.params.id, auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "post",
      path: "/api/maintenance/:id/restore",
      policy: "engineer",
      summary: "Bring a removed window back",
      tags,
      params: idParams(),
      responses: {
        200: { description: "The window", schema: windowShape },
        404: { description: "There is no such window" },
      },
      handler: async (context) =>
        Response.json(
          json(await service.restoreWindow(context.params.id, auditedBy(audit, context))),
        ),
    }),
  ];
}
