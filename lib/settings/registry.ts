/** The registry: every setting that can be changed while Perch runs, in the order of the settings page. */
import type { z } from "zod";
import { ACCESS_SETTINGS } from "./registry/access.ts";
import { AI_SETTINGS } from "./registry/ai.ts";
import { ALARM_SETTINGS } from "./registry/alarms.ts";
import { BACKUP_SETTINGS } from "./registry/backup.ts";
import { CAMERA_SETTINGS } from "./registry/cameras.ts";
import { CODEC_SETTINGS } from "./registry/codecs.ts";
import { DEVICE_SETTINGS } from "./registry/devices.ts";
import { EVENT_SETTINGS } from "./registry/events.ts";
import { FAULT_SETTINGS } from "./registry/faults.ts";
import { HISTORY_SETTINGS } from "./registry/history.ts";
import { HOST_SETTINGS } from "./registry/host.ts";
import { JOB_SETTINGS } from "./registry/jobs.ts";
import { LOG_SETTINGS } from "./registry/logs.ts";
import { MACHINE_SETTINGS } from "./registry/machines.ts";
import { NOTIFY_SETTINGS } from "./registry/notify.ts";
import { OUTGOING_SETTINGS } from "./registry/outgoing.ts";
import { PRESENCE_SETTINGS } from "./registry/presence.ts";
import { READING_SETTINGS } from "./registry/readings.ts";
import { REPORT_SETTINGS } from "./registry/reports.ts";
import { SPARKPLUG_SETTINGS } from "./registry/sparkplug.ts";
import { STATUS_PAGE_SETTINGS } from "./registry/status_page.ts";
import { TICKET_SETTINGS } from "./registry/tickets.ts";
import { UNIT_SETTINGS } from "./registry/units.ts";
import { UPSTREAM_SETTINGS } from "./registry/upstream.ts";

export const SETTINGS = {
  ...READING_SETTINGS,
  ...HISTORY_SETTINGS,
  ...MACHINE_SETTINGS,
  ...UNIT_SETTINGS,
  ...ALARM_SETTINGS,
  ...NOTIFY_SETTINGS,
  ...TICKET_SETTINGS,
  ...ACCESS_SETTINGS,
  ...REPORT_SETTINGS,
  ...OUTGOING_SETTINGS,
  ...PRESENCE_SETTINGS,
  ...STATUS_PAGE_SETTINGS,
  ...BACKUP_SETTINGS,
  ...CAMERA_SETTINGS,
  ...JOB_SETTINGS,
  ...EVENT_SETTINGS,
  ...HOST_SETTINGS,
  ...FAULT_SETTINGS,
  ...LOG_SETTINGS,
  ...CODEC_SETTINGS,
  ...DEVICE_SETTINGS,
  ...SPARKPLUG_SETTINGS,
  ...AI_SETTINGS,
  ...UPSTREAM_SETTINGS,
} as const;

export type SettingKey = keyof typeof SETTINGS;
export type SettingValue<K extends SettingKey> = z.output<typeof SETTINGS[K]["schema"]>;
