import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { timeField } from "../../lib/base/epoch.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { SqlStatement } from "../../lib/db/client.ts";
import { anomalyOf, anomalyShape, detectorField } from "../../lib/detect/anomaly.ts";
import type { FindingQuery, FindingStore, StoredFinding } from "../../lib/detect/findings_store.ts";
import type { SensorDirectory } from "../../lib/machines/sensor.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import type { Verdict } from "../../lib/words/verdict.ts";
import { caller } from "../http/caller.ts";
import {
  cursorField,
  idParams,
  judgementShape,
  limitField,
  listOf,
  sensorOf,
  tagField,
} from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

export interface AnomalyServices {
  sensors: SensorDirectory;
  findings: Pick<FindingStore, "list" | "page" | "find">;
  /** Stores the verdict of a person, with the audit row in the same transaction. */
  judge(
    finding: StoredFinding,
    verdict: Verdict,
    by: string,
    extra: readonly SqlStatement[],
  ): Promise<void>;
  audit: Pick<Audit, "statement">;
}

/** Sensors of one machine that a question may cover. */
const SENSORS_MOST = 500;
const tags = ["Anomalies"];

const Query = z.strictObject({
  sensor: z.string().min(1).max(2000).optional().describe("id, full name or machine/sensor"),
  tag: tagField,
  machine: z.string().min(1).max(2000).optional().describe("path of a machine"),
  detector: detectorField.optional(),
  severity: z.enum(SEVERITIES).optional(),
  from: timeField("of the first"),
  to: timeField("exclusive"),
  limit: limitField(500, 100),
  cursor: cursorField(20),
});

/** `/api/anomalies`: what the detectors found, and verdicts on it. */
export function anomalyRoutes(services: AnomalyServices): Route[] {
  const { sensors, findings } = services;
  return [
    route({
      method: "get",
      path: "/api/anomalies",
      policy: "viewer",
      summary: "What the detectors found, newest first, each with its reason",
      tags,
      query: Query,
      example: { query: { sensor: "hall-1/press-3/temperature", limit: "20" } },
      responses: {
        200: {
          description: "A page of anomalies",
          schema: listOf(anomalyShape),
        },
        404: { description: "There is no such sensor or machine" },
      },
      handler: async ({ query, nowMs }) => {
        const { limit = 100, cursor, from, to, detector, severity } = query;
        const { items, next } = await findings.page({
          sensors: sensorsOf(query, sensors),
          detector,
          severity,
          fromMs: from?.(nowMs),
          toMs: to?.(nowMs),
          limit,
          cursor,
        });
        return Response.json({ items: items.map((one) => anomalyOf(one, sensors)), next });
      },
    }),
    route({
      method: "post",
      path: "/api/anomalies/:id/feedback",
      policy: "engineer",
      summary:
        "Say whether an anomaly was real or a false alarm; the streaming detector learns from it",
      tags,
      params: idParams(20),
      body: judgementShape,
      example: { params: { id: "1" }, body: { verdict: "false_alarm" } },
      responses: {
        200: { description: "The anomaly", schema: anomalyShape },
        404: { description: "There is no such anomaly" },
      },
      handler: async (context) => {
        const found = await judgeAnomaly(
          services,
          context,
          context.params.id,
          context.body.verdict,
        );
        return Response.json(anomalyOf((await findings.find(found.id))!, sensors));
      },
    }),
  ];
}

/** Stores the caller's verdict on an anomaly, audited. @throws PerchError `not_found` */
export async function judgeAnomaly(
  { findings, judge, audit }: AnomalyServices,
  context: RouteContext,
  id: string,
  verdict: Verdict,
): Promise<StoredFinding> {
  const found = /^\d{1,15}$/.test(id) ? await findings.find(Number(id)) : null;
  if (found === null) throw new PerchError("not_found", `there is no anomaly "${id}"`);
  const actor = caller(context);
  await judge(found, verdict, actor.name, [
    audit.statement({
      actor,
      action: "anomaly.feedback",
      resource: `anomaly:${found.id}`,
      before: { verdict: found.verdict },
      after: { verdict },
    }),
  ]);
  return found;
}

function sensorsOf(
  query: z.output<typeof Query>,
  sensors: SensorDirectory,
): FindingQuery["sensors"] {
  const { machine } = query;
  const one = sensorOf(sensors, query);
  if (machine === undefined) return one && [one.num];
  const of = sensors.all().filter((s) => s.machine === machine);
  if (of.length === 0) {
    throw new PerchError("not_found", `there is no machine "${machine.slice(0, 200)}"`, {
      errors: [{ path: "query.machine", message: "must be the path of a machine" }],
    });
  }
  if (of.length > SENSORS_MOST) {
    throw new PerchError("validation", `query.machine: it has more than ${SENSORS_MOST} sensors`, {
      errors: [{ path: "query.machine", message: "ask for its sensors one by one" }],
    });
  }
  return of.filter((s) => one === undefined || s.num === one.num).map((s) => s.num);
}
