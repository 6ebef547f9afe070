import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { ALARM_SOURCES, ALARM_STATES } from "../../lib/alarms/alarm.ts";
import type { AlarmQuery } from "../../lib/alarms/alarm_store.ts";
import type { AlarmEvidence, Alarms } from "../../lib/alarms/alarms.ts";
import type { Command } from "../../lib/alarms/commands.ts";
import type { Condition } from "../../lib/alarms/record.ts";
import { timeField } from "../../lib/base/epoch.ts";
import { messageOf, PerchError } from "../../lib/base/errors.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { anomalyOf } from "../../lib/detect/anomaly.ts";
import { EVENT_TYPES, type LoggedEvent } from "../../lib/events/event.ts";
import type { EventLog } from "../../lib/events/events_store.ts";
import type { MachineDirectory, SensorDirectory } from "../../lib/machines/sensor.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { MINUTE_MS } from "../../lib/words/times.ts";
import { type Verdict, VERDICTS } from "../../lib/words/verdict.ts";
import type { Recent } from "../../lib/live/recent.ts";
import type { ReadingsStore } from "../../lib/readings/store.ts";
import type { Tickets } from "../../lib/tickets/tickets.ts";
import type { DiscussionServices } from "../discussion/api.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { byOf } from "../http/caller.ts";
import { anomalyShape } from "../sensors/anomalies_api.ts";
import { findSensor, list } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

/** What is asked and done about alarms. */
export interface AlarmServices {
  alarms: Pick<Alarms, "list" | "find" | "evidence" | "act">;
  events: Pick<EventLog, "list">;
  sensors: SensorDirectory;
  machines: MachineDirectory;
  audit: Pick<Audit, "statement">;
  clock: Clock;
}

/** What the pages about alarms take. */
export interface AlarmPageParts extends PageParts, AlarmServices, DiscussionServices {
  alarms: Pick<Alarms, "list" | "find" | "evidence" | "act" | "counts" | "open">;
  readings: Pick<ReadingsStore, "buckets">;
  recent: Recent;
  tickets: Pick<Tickets, "ofAlarm">;
}

const BULK_MOST = 500;
const HISTORY_MOST = 200;
const tags = ["Alarms"];

const ms = z.number().describe("epoch ms");
export const alarmShape = z.object({
  id: z.string(),
  cause: z.string().describe("what it was raised for: one open alarm each"),
  source: z.enum(ALARM_SOURCES),
  severity: z.enum(SEVERITIES),
  state: z.enum(ALARM_STATES),
  title: z.string(),
  machine: z.string().nullable().describe("path; null: Perch itself"),
  machine_id: z.string().nullable(),
  machine_name: z.string().nullable(),
  sensor: z.string().nullable(),
  sensor_id: z.string().nullable(),
  unit: z.string().nullable(),
  value: z.number().nullable().describe("at the last occurrence"),
  limit: z.number().nullable().describe("what was crossed"),
  count: z.number().describe("times that what it was raised for has come"),
  present: z.boolean().describe("the condition still stands"),
  flapping: z.boolean(),
  maintenance: z.boolean().describe("the machine was in a maintenance window: recorded, not sent"),
  raised_ms: ms,
  last_ms: ms,
  cleared_ms: ms.nullable(),
  acknowledged_ms: ms.nullable(),
  acknowledged_by: z.string().nullable(),
  shelved_until_ms: ms.nullable(),
  resolved_ms: ms.nullable(),
  resolved_by: z.string().nullable().describe("null: by itself"),
  note: z.string().nullable(),
  verdict: z.enum(VERDICTS).nullable(),
  escalated: z.number(),
  version: z.number(),
});

const conditionShape = z.object({
  key: z.string(),
  source: z.enum(ALARM_SOURCES),
  severity: z.enum(SEVERITIES),
  text: z.string(),
  sensor: z.string().nullable(),
  present: z.boolean(),
  count: z.number(),
  first_ms: ms,
  last_ms: ms,
});

const eventShape = z.object({
  id: z.number(),
  uid: z.string(),
  type: z.enum(Object.keys(EVENT_TYPES) as [string, ...string[]]),
  severity: z.enum(SEVERITIES),
  ts: ms,
  text: z.string(),
  actor: z.string().nullable(),
  note: z.string().nullable(),
});

const detailShape = alarmShape.extend({
  conditions: z.array(conditionShape).describe("what it tells of; the first raised it"),
  evidence: z.array(anomalyShape).describe("what the detectors found, newest first"),
  history: z.array(eventShape).describe("newest first"),
});

const Query = z.strictObject({
  state: list(z.enum(ALARM_STATES)).optional(),
  open: z.stringbool().optional().describe("true: not resolved; false: resolved"),
  severity: list(z.enum(SEVERITIES)).optional(),
  source: list(z.enum(ALARM_SOURCES)).optional(),
  machine: z.string().min(1).max(2000).optional().describe("path or id of a machine, or an area"),
  sensor: z.string().min(1).max(2000).optional().describe("id, full name or machine/sensor"),
  search: z.string().max(200).optional().describe("part of the title, the machine or the sensor"),
  from: timeField("raised at or after"),
  to: timeField("raised before"),
  limit: z.coerce.number().int().min(1).max(500).optional().describe("default 50"),
  cursor: z.string().max(20).optional().describe("`next` of the answer before"),
});
export type AlarmFilter = z.output<typeof Query>;

const params = z.object({ id: z.string().max(20) });
const version = z.number().int().min(1).optional()
  .describe("the version you saw: refused when the alarm has changed since");
const note = z.string().trim().max(2000).nullish();
const shelf = {
  minutes: z.number().int().min(1).max(43_200).optional().describe("from now"),
  until_ms: z.number().int().optional().describe("epoch ms; at most 30 days ahead"),
  reason: note,
};

const answers = {
  200: { description: "The alarm", schema: alarmShape },
  404: { description: "There is no such alarm" },
  409: { description: "Somebody was faster; the detail says who and when" },
};

/** `/api/alarms` (`/api/alerts` is the same): what people are told of, and what they do with it. */
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
      path: "/api/alarms/bulk",
      policy: "engineer",
      summary: "Do the same with several alarms; each has its own result",
      tags,
      body: z.strictObject({
        ids: z.array(z.string().max(20)).min(1).max(BULK_MOST),
        action: z.enum(["ack", "resolve", "shelve", "unshelve"]),
        note,
        verdict: z.enum(VERDICTS).nullish(),
        ...shelf,
      }),
      example: { body: { ids: ["1", "2"], action: "ack" } },
      responses: {
        200: {
          description: "A result for each, in order",
          schema: z.object({
            results: z.array(z.object({
              id: z.string(),
              ok: z.boolean(),
              code: z.string().optional(),
              message: z.string().optional(),
              alarm: alarmShape.optional(),
            })),
          }),
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
      body: z.strictObject({ version }),
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
      body: z.strictObject({ note, verdict: z.enum(VERDICTS).nullish(), version }),
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
      body: z.strictObject({ verdict: z.enum(VERDICTS) }),
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
      body: z.strictObject({ ...shelf, version }),
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
      summary: "End the shelf now",
      tags,
      params,
      body: z.strictObject({ version }),
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
      query: Query,
      example: { query: { open: "true", severity: "critical", limit: "20" } },
      responses: {
        200: {
          description: "A page of alarms",
          schema: z.object({ items: z.array(alarmShape), next: z.string().nullable() }),
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
        const [evidence, history] = await Promise.all([
          alarms.evidence(id),
          events.list({ subject: `alarm:${id}`, limit: HISTORY_MOST }),
        ]);
        return Response.json({
          ...alarm,
          ...evidenceJson(services.sensors, evidence),
          history: history.items.map(eventJson),
        });
      },
    }),
  ];
}

/** A filter of the API and of the page as the service takes it, asked at `nowMs`. @throws PerchError `not_found` */
export function queryOf(
  { sensors, machines }: Pick<AlarmServices, "sensors" | "machines">,
  { state, open, severity, source, machine, sensor, from, to, ...rest }: AlarmFilter,
  nowMs: number,
): AlarmQuery {
  const states = open === undefined
    ? state
    : (state ?? ALARM_STATES).filter((one) => (one !== "resolved") === open);
  return {
    ...rest,
    states,
    severities: severity,
    sources: source,
    machine: machine === undefined ? undefined : machines.find(machine)?.path ?? machine,
    sensor: sensor === undefined ? undefined : findSensor(sensors, sensor).num,
    fromMs: from?.(nowMs),
    toMs: to?.(nowMs),
  };
}

/** What was asked for, as a command. @throws PerchError `validation` */
export function commandOf(
  action: "ack" | "resolve" | "shelve" | "unshelve",
  given: {
    note?: string | null;
    verdict?: Verdict | null;
    minutes?: number;
    until_ms?: number;
    reason?: string | null;
  },
  nowMs: number,
): Command {
  const said = (text: string | null | undefined) => text === "" ? null : text ?? null;
  switch (action) {
    case "ack":
      return { kind: "acknowledge" };
    case "unshelve":
      return { kind: "unshelve" };
    case "resolve":
      return { kind: "resolve", note: said(given.note), verdict: given.verdict ?? null };
    case "shelve": {
      const { minutes, until_ms: untilMs, reason } = given;
      if ((minutes === undefined) === (untilMs === undefined)) {
        throw new PerchError("validation", "minutes: give either minutes or until_ms", {
          errors: [{ path: "minutes", message: "give either minutes or until_ms" }],
        });
      }
      return {
        kind: "shelve",
        untilMs: untilMs ?? nowMs + minutes! * MINUTE_MS,
        note: said(reason),
      };
    }
  }
}

/** Carries out a command on each, one after the other; one that is refused stops no other. */
export async function actOnAll(
  services: AlarmServices,
  context: RouteContext,
  ids: readonly string[],
  command: Command,
) {
  const results = [];
  for (const id of new Set(ids)) {
    try {
      const alarm = await services.alarms.act(id, command, byOf(services.audit, context));
      results.push({ id, ok: true, alarm });
    } catch (thrown) {
      const error = await context.explained(thrown);
      if (!(error instanceof PerchError)) throw error;
      results.push({ id, ok: false, code: error.code, message: messageOf(error) });
    }
  }
  return results;
}

export function eventJson({ id, uid, type, severity, tMs, text, actor, body }: LoggedEvent) {
  const said = (body as { note?: string | null } | null)?.note ?? null;
  return { id, uid, type, severity, ts: tMs, text, actor, note: said };
}

function evidenceJson(sensors: SensorDirectory, { conditions, findings }: AlarmEvidence) {
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
