import { z } from "zod";
import { alarmDetailShape, alarmShape } from "../../lib/alarms/alarm.ts";
import type { AlarmEvidence } from "../../lib/alarms/alarms.ts";
import type { Command } from "../../lib/alarms/commands.ts";
import type { Condition } from "../../lib/alarms/record.ts";
import { momentInBody } from "../../lib/base/epoch.ts";
import { anomalyOf } from "../../lib/detect/anomaly.ts";
import { eventOf } from "../../lib/events/event.ts";
import { cameraImageShape } from "../../lib/cameras/images/image.ts";
import type { SensorDirectory } from "../../lib/machines/sensor.ts";
import { VERDICTS } from "../../lib/words/verdict.ts";
import { byOf } from "../http/caller.ts";
import { idParams, judgementShape, listOf } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import {
  actOnAll,
  alarmFilterShape,
  type AlarmServices,
  commandOf,
  queryOf,
  raisedAlarmShape,
} from "./request.ts";

const BULK_MOST = 500;
const HISTORY_MOST = 200;
const tags = ["Alarms"];

const params = idParams(20);
const version = z.number().int().min(1).optional()
  .describe("the version you saw: refused when it has changed since");
const note = z.string().trim().max(2000).nullish();
const shelf = {
  minutes: z.number().int().min(1).max(43_200).optional().describe("from now"),
  until_ms: momentInBody.describe("at most 30 days ahead, such as +2h"),
  reason: note,
};

const moveShape = z.strictObject({ version }).meta({ id: "AlarmMove" });
const resolveShape = z.strictObject({ note, verdict: z.enum(VERDICTS).nullish(), version })
  .meta({ id: "AlarmResolve" });
const shelveShape = z.strictObject({ ...shelf, version }).meta({ id: "AlarmShelve" });
const bulkShape = z.strictObject({
  ids: z.array(z.string().max(20)).min(1).max(BULK_MOST),
  action: z.enum(["ack", "resolve", "shelve", "unshelve"]),
  note,
  verdict: z.enum(VERDICTS).nullish(),
  ...shelf,
}).meta({ id: "AlarmBulk" });
const resultShape = z.object({
  id: z.string(),
  ok: z.boolean(),
  code: z.string().optional(),
  message: z.string().optional(),
  alarm: alarmShape.optional(),
}).meta({ id: "AlarmResult" });

const detailShape = alarmDetailShape.extend({
  pictures: z.array(cameraImageShape).describe("of cameras that look at its machine, oldest first"),
}).meta({ id: "AlarmDetail" });

const answers = {
  200: { description: "The alarm", schema: alarmShape },
  404: { description: "There is no such alarm" },
};

/** `/api/alarms` (`/api/alerts` is the same): what people are notified of, and what they do about it. */
export function alarmRoutes(services: AlarmServices): Route[] {
  const { alarms } = services;
  const act = async (context: RouteContext, id: string, command: Command, seen?: number) =>
    Response.json(
      await alarms.act(id, command, byOf(services.audit, context), {
        version: seen,
      }),
    );
  const reading = ["/api/alarms", "/api/alerts"].flatMap((path) => readRoutes(services, path));
  return [
    ...reading,
    route({
      method: "post",
      path: "/api/alarms",
      policy: "engineer",
      summary: "Raise an alarm for what no sensor sees; it stands until a person resolves it",
      tags,
      body: raisedAlarmShape,
      example: { body: { machine: "hall-1/press-3", severity: "warning", text: "oil below it" } },
      responses: { 201: { description: "The alarm", schema: alarmShape } },
      handler: async (context) => {
        const by = byOf(services.audit, context);
        return Response.json(await alarms.raise(context.body, by), { status: 201 });
      },
    }),
    route({
      method: "post",
      path: "/api/alarms/bulk",
      policy: "engineer",
      summary: "Do the same with several alarms; each has its own result",
      tags,
      body: bulkShape,
      example: { body: { ids: ["1", "2"], action: "ack" } },
      responses: {
        200: {
          description: "A result for each, in order",
          schema: z.object({ results: z.array(resultShape) }),
        },
      },
      handler: async (context) => {
        const { ids, action, ...given } = context.body;
        const command = commandOf(action, given, services.clock.now());
        return Response.json({ results: await actOnAll(services, context, ids, command) });
      },
    }),
    route({
      method: "post",
      path: "/api/alarms/:id/ack",
      policy: "engineer",
      summary: "Acknowledge: you take it on; escalation ends",
      tags,
      params,
      body: moveShape,
      example: { params: { id: "1" }, body: {} },
      responses: answers,
      handler: (context) =>
        act(
          context,
          context.params.id,
          { kind: "acknowledge" },
          context.body.version,
        ),
    }),
    route({
      method: "post",
      path: "/api/alarms/:id/resolve",
      policy: "engineer",
      summary: "Resolve, with a note and whether it was real; detectors learn from that",
      tags,
      params,
      body: resolveShape,
      example: { params: { id: "1" }, body: { note: "bearing greased", verdict: "real" } },
      responses: answers,
      handler: (context) => {
        const { version: seen, ...given } = context.body;
        const command = commandOf("resolve", given, services.clock.now());
        return act(context, context.params.id, command, seen);
      },
    }),
    route({
      method: "post",
      path: "/api/alarms/:id/verdict",
      policy: "engineer",
      summary: "Say later whether an alarm was real; detectors learn from it",
      tags,
      params,
      body: judgementShape,
      example: { params: { id: "1" }, body: { verdict: "false_alarm" } },
      responses: answers,
      handler: (context) => act(context, context.params.id, { kind: "judge", ...context.body }),
    }),
    route({
      method: "post",
      path: "/api/alarms/:id/shelve",
      policy: "engineer",
      summary: "Shelve: quiet until a time; a worse severity ends it",
      tags,
      params,
      body: shelveShape,
      example: { params: { id: "1" }, body: { minutes: 60, reason: "part is ordered" } },
      responses: { ...answers, 400: { description: "Neither minutes nor until_ms, or both" } },
      handler: (context) => {
        const { version: seen, ...given } = context.body;
        const command = commandOf("shelve", given, services.clock.now());
        return act(context, context.params.id, command, seen);
      },
    }),
    route({
      method: "post",
      path: "/api/alarms/:id/unshelve",
      policy: "engineer",
      summary: "Unshelve now",
      tags,
      params,
      body: moveShape,
      example: { params: { id: "1" }, body: {} },
      responses: answers,
      handler: (context) =>
        act(context, context.params.id, { kind: "unshelve" }, context.body.version),
    }),
  ];
}

function readRoutes(services: AlarmServices, path: string): Route[] {
  const { alarms, events } = services;
  const documented = path === "/api/alarms";
  return [
    route({
      method: "get",
      path,
      policy: "viewer",
      summary: documented ? "Alarms, newest first (`/api/alerts` is the same)" : null,
      tags,
      query: alarmFilterShape,
      example: { query: { open: "true", severity: "critical", limit: "20" } },
      responses: {
        200: {
          description: "A page of alarms",
          schema: listOf(alarmShape),
        },
        404: { description: "There is no such sensor" },
      },
      handler: async ({ query, nowMs }) =>
        Response.json(await alarms.list(queryOf(services, query, nowMs))),
    }),
    route({
      method: "get",
      path: `${path}/:id`,
      policy: "viewer",
      summary: documented ? "An alarm with its conditions, evidence and history" : null,
      tags,
      params,
      responses: {
        200: { description: "The alarm", schema: detailShape },
        404: { description: "There is no such alarm" },
      },
      handler: async ({ params: { id } }) => {
        const alarm = await alarms.find(id);
        const [evidence, history, pictures] = await Promise.all([
          alarms.evidence(id),
          events.list({ subject: `alarm:${id}`, limit: HISTORY_MOST }),
          services.cameraImages.ofAlarm(alarm),
        ]);
        return Response.json({
          ...alarm,
          ...evidenceOf(services.sensors, evidence),
          history: history.items.map(eventOf),
          pictures,
        });
      },
    }),
  ];
}

function evidenceOf(sensors: SensorDirectory, { conditions, findings }: AlarmEvidence) {
  return {
    conditions: conditions.map((one: Condition) => ({
      key: one.key,
      source: one.source,
      severity: one.severity,
      text: one.text,
      sensor: one.sensor === null ? null : sensors.byNum(one.sensor)?.name ?? null,
      present: one.present,
      count: one.count,
      first_ms: one.firstMs,
      last_ms: one.lastMs,
    })),
    evidence: findings.map((found) => anomalyOf(found, sensors)),
  };
}
