/** What the API and the pages about alarms share: what they take, filters, commands. */
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { ALARM_SOURCES, ALARM_STATES } from "../../lib/alarms/alarm.ts";
import type { AlarmQuery } from "../../lib/alarms/alarm_store.ts";
import type { Alarms } from "../../lib/alarms/alarms.ts";
import type { Command } from "../../lib/alarms/commands.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { momentMs, timeField } from "../../lib/base/epoch.ts";
import { messageOf, PerchError } from "../../lib/base/errors.ts";
import type { Cameras } from "../../lib/cameras/cameras.ts";
import type { CameraImages } from "../../lib/cameras/images/images.ts";
import type { EventLog } from "../../lib/events/events_store.ts";
import type { Recent } from "../../lib/live/recent.ts";
import type { MachineDirectory, SensorDirectory } from "../../lib/machines/sensor.ts";
import type { ReadingsStore } from "../../lib/readings/store.ts";
import type { Tickets } from "../../lib/tickets/tickets.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { MINUTE_MS } from "../../lib/words/times.ts";
import type { Verdict } from "../../lib/words/verdict.ts";
import type { DiscussionServices } from "../discussion/request.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { byOf } from "../http/caller.ts";
import { cursorField, findSensor, flagField, limitField, list } from "../http/params.ts";
import type { RouteContext } from "../http/route.ts";

/** What is asked and done about alarms. */
export interface AlarmServices {
  alarms: Pick<Alarms, "list" | "find" | "evidence" | "act" | "raise">;
  events: Pick<EventLog, "list">;
  sensors: SensorDirectory;
  machines: MachineDirectory;
  cameraImages: Pick<CameraImages, "ofAlarm">;
  audit: Pick<Audit, "statement">;
  clock: Clock;
}

/** What the pages about alarms take. */
export interface AlarmPageParts extends PageParts, AlarmServices, DiscussionServices {
  alarms: Pick<Alarms, "list" | "find" | "evidence" | "act" | "raise" | "counts" | "open">;
  readings: Pick<ReadingsStore, "buckets">;
  recent: Recent;
  tickets: Pick<Tickets, "ofAlarm">;
  cameras: Pick<Cameras, "all">;
}

// Control characters, line ends, and the marks that turn text around: a title goes into lists, mails and chats.
// deno-lint-ignore no-control-regex
const TURNED = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** What a person says who raises an alarm. */
export const raisedAlarmShape = z.strictObject({
  machine: z.string().trim().min(1).max(2000).describe("path, its end, or what people call it"),
  severity: z.enum(SEVERITIES).describe("info is listed, and sent to nobody"),
  text: z.string().trim().min(1).max(200).refine(
    (text) => !TURNED.test(text),
    "one line, without control characters",
  ),
}).meta({ id: "RaisedAlarm" });

export const alarmFilterShape = z.strictObject({
  state: list(z.enum(ALARM_STATES)).optional(),
  open: flagField("true: not resolved; false: resolved"),
  severity: list(z.enum(SEVERITIES)).optional(),
  source: list(z.enum(ALARM_SOURCES)).optional(),
  machine: z.string().min(1).max(2000).optional().describe("path or id of a machine, or an area"),
  sensor: z.string().min(1).max(2000).optional().describe("id, full name or machine/sensor"),
  search: z.string().max(200).optional().describe("words of the title, the machine or the sensor"),
  from: timeField("raised at or after"),
  to: timeField("raised before"),
  limit: limitField(500, 50),
  cursor: cursorField(20),
});
export type AlarmFilter = z.output<typeof alarmFilterShape>;

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
    until_ms?: number | string;
    reason?: string | null;
  },
  nowMs: number,
): Command {
  const written = (text: string | null | undefined) => text === "" ? null : text ?? null;
  switch (action) {
    case "ack":
      return { kind: "acknowledge" };
    case "unshelve":
      return { kind: "unshelve" };
    case "resolve":
      return { kind: "resolve", note: written(given.note), verdict: given.verdict ?? null };
    case "shelve": {
      const { minutes, reason } = given;
      const untilMs = momentMs(given.until_ms, nowMs);
      if ((minutes === undefined) === (untilMs === undefined)) {
        throw new PerchError("validation", "minutes: give either minutes or until_ms", {
          errors: [{ path: "minutes", message: "give either minutes or until_ms" }],
        });
      }
      return {
        kind: "shelve",
        untilMs: untilMs ?? nowMs + minutes! * MINUTE_MS,
        note: written(reason),
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
