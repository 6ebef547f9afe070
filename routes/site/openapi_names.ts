import type { z } from "zod";
import { ROLES } from "../../lib/access/identity.ts";
import { SCOPES } from "../../lib/access/policy.ts";
import { ALARM_SOURCES, ALARM_STATES } from "../../lib/alarms/alarm.ts";
import { kindField, reviewField } from "../../lib/live/shapes.ts";
import { MACHINE_STATUSES, SENSOR_STATUSES } from "../../lib/live/status_words.ts";
import { someSettingsShape } from "../../lib/machines/sensor_settings.ts";
import { channelStateShape } from "../../lib/notify/channel_view.ts";
import { DELIVERY_STATES } from "../../lib/notify/delivery.ts";
import { ruleFieldsShape } from "../../lib/notify/rule.ts";
import { PRIORITIES, TICKET_STATES } from "../../lib/tickets/ticket.ts";
import { WEEKDAYS } from "../../lib/words/names.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { VERDICTS } from "../../lib/words/verdict.ts";

/** Names of enumerations in the API document; generated clients have types of these names. */
export const ENUMERATIONS: Readonly<Record<string, readonly string[]>> = {
  AlarmSource: ALARM_SOURCES,
  AlarmState: ALARM_STATES,
  DeliveryState: DELIVERY_STATES,
  MachineStatus: MACHINE_STATUSES,
  Priority: PRIORITIES,
  Review: reviewField.options,
  Role: ROLES,
  Scope: SCOPES,
  SensorKind: kindField.options,
  SensorStatus: SENSOR_STATUSES,
  Severity: SEVERITIES,
  TicketState: TICKET_STATES,
  Verdict: VERDICTS,
  Weekday: WEEKDAYS,
};

/** What several shapes hold and none is by itself. */
export const PARTS: readonly z.ZodType[] = [
  channelStateShape,
  ruleFieldsShape,
  someSettingsShape,
];
