import { createHash } from "node:crypto";
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { Identity } from "../../lib/access/identity.ts";
import { type Accepted, type ExternalEvents } from "../../lib/events/external_events.ts";
import {
  componentField,
  type ExternalEvent,
  externalEventShape,
  externalEventsShape,
  type Reporter,
} from "../../lib/events/external.ts";
import type { ReportLimits } from "../../lib/events/report_limits.ts";
import type { Idempotency } from "../../lib/intake/idempotency.ts";
import { type Components, OVERALL } from "../../lib/live/components.ts";
import type { ReportedComponents } from "../../lib/live/reported.ts";
import { reportShape } from "../../lib/live/reported_shape.ts";
import { componentShape } from "../../lib/live/status_shape.ts";
import { readJson } from "../http/body.ts";
import { auditedBy } from "../http/caller.ts";
import { idempotencyKeyOf } from "../http/idempotency_key.ts";
import { type Route, route } from "../http/route.ts";
import { validate } from "../http/validate.ts";

export interface ReportedServices {
  reported: {
    external: ExternalEvents;
    components: Pick<ReportedComponents, "report" | "remove">;
    limits: Pick<ReportLimits, "admit">;
    idempotency: Idempotency<Accepted>;
  };
  components: Pick<Components, "all" | "overall">;
  audit: Pick<Audit, "statement">;
}

const EVENT_BYTES = 256 * 1024;
const COMPONENT_BYTES = 8 * 1024;
const acceptedShape = z.object({ accepted: z.int() }).meta({ id: "AcceptedEvents" });
const nameParams = z.object({ name: componentField });
const policy = "reporter-or:engineer";
const ownName = { description: "A name of Perch itself, or too many" };
const tooMany = { description: "Too often, or over the day's quota" };

const example = {
  type: "scan",
  message: "Badge 4711 at the north door",
  component: "door-reader",
  details: { badge: 4711 },
};

/** What other programs report: events, and how they are doing. */
export function reportedRoutes({ reported, components, audit }: ReportedServices): Route[] {
  return [
    route({
      method: "post",
      path: "/api/events",
      policy,
      summary: "Report an event or a list; an Idempotency-Key makes repeats harmless",
      tags: ["Events"],
      maxBodyBytes: EVENT_BYTES,
      accepts: {
        "application/json": {
          schema: z.union([externalEventShape, externalEventsShape]),
          example,
        },
      },
      responses: {
        202: { description: "In the event log", schema: acceptedShape },
        409: ownName,
        429: tooMany,
      },
      handler: async ({ c, who }) => {
        const given = await readJson(c.req.raw);
        const several = Array.isArray(given);
        const shape = several ? externalEventsShape : externalEventShape;
        const valid = await validate(shape, given, "body");
        const events = several ? valid as ExternalEvent[] : [valid as ExternalEvent];
        const by = reporterOf(who);
        const key = idempotencyKeyOf(c);
        const idempotency = key === undefined ? undefined : {
          key,
          scope: `events ${by.kind}:${by.id}`,
          requestHash: createHash("sha256").update(JSON.stringify(given)).digest("hex"),
        };
        const answer = await reported.idempotency.once(
          { idempotency },
          (keep) => reported.external.take(events, by, { several, keep }),
        );
        return c.json(answer, 202);
      },
    }),
    route({
      method: "get",
      path: "/api/components",
      policy: "viewer",
      summary: "How the parts of Perch and the programs that report are doing",
      tags: ["Status"],
      responses: {
        200: {
          description: "Parts of Perch first",
          schema: z.object({
            items: z.array(componentShape),
            next: z.null(),
            overall: z.enum(OVERALL),
          }).meta({ id: "Components" }),
        },
      },
      handler: ({ c }) =>
        c.json({ items: components.all(), next: null, overall: components.overall() }),
    }),
    route({
      method: "post",
      path: "/api/components/:name",
      policy,
      summary: "Report how a program is doing",
      tags: ["Status"],
      params: nameParams,
      body: reportShape,
      maxBodyBytes: COMPONENT_BYTES,
      example: {
        params: { name: "sms-gateway" },
        body: { state: "degraded", detail: "Weak signal", expires_s: 300, queue: 12 },
      },
      responses: {
        204: { description: "Taken" },
        409: ownName,
        429: tooMany,
      },
      handler: async ({ who, params, body }) => {
        const by = reporterOf(who);
        reported.limits.admit(by, 1);
        await reported.components.report(params.name, body, by.name);
        return new Response(null, { status: 204 });
      },
    }),
    route({
      method: "delete",
      path: "/api/components/:name",
      policy: "engineer",
      summary: "Forget a program until it reports again",
      tags: ["Status"],
      params: nameParams,
      example: { params: { name: "old-gateway" } },
      responses: {
        204: { description: "Forgotten" },
        404: { description: "No such program" },
      },
      handler: async (context) => {
        await reported.components.remove(context.params.name, auditedBy(audit, context));
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

/** The policy lets nobody in without a name. */
function reporterOf(who: Identity | null): Reporter {
  const { kind, id, name } = who!;
  return { kind, id, name };
}
