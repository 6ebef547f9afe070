/** A report that is made again and again, and mailed. */
import { z } from "zod";
import { msField } from "../../base/wire.ts";
import { JOB_WORDS } from "../../words/jobs.ts";
import { contentShape } from "../asked.ts";
import { REPORT_RANGES } from "../range.ts";

const STATES = Object.keys(JOB_WORDS) as (keyof typeof JOB_WORDS)[];

/** What each of its reports holds. */
export const scheduledShape = contentShape.extend({
  range: z.enum(REPORT_RANGES).default("last_week"),
}).meta({ id: "ScheduledReport" });
export type Scheduled = z.output<typeof scheduledShape>;

const fields = {
  name: z.string().trim().min(1).max(80),
  cron: z.string().trim().max(100).describe("in the site's zone, such as `0 6 * * 1`"),
  report: scheduledShape,
  channels: z.array(z.string().min(1).max(40)).min(1, "choose at least one").max(20)
    .describe("ids of mail channels that it goes to"),
  enabled: z.boolean(),
};

export const newScheduleShape = z.strictObject({ ...fields, enabled: fields.enabled.default(true) })
  .meta({ id: "NewReportSchedule" });
export type NewSchedule = z.output<typeof newScheduleShape>;

export const scheduleChangeShape = z.strictObject(fields).partial()
  .meta({ id: "ReportScheduleChange" });
export type ScheduleChange = z.output<typeof scheduleChangeShape>;

export interface Schedule extends NewSchedule {
  id: string;
  createdMs: number;
  /** Nothing that was due before is made: it was new, paused, or at other times then. */
  sinceMs: number;
  /** The time that its last report was for. */
  lastDueMs: number | null;
}

export const scheduleShape = z.object({
  id: z.string(),
  ...fields,
  created_ms: msField,
  next_ms: msField.nullable().describe("null: never, or it is paused"),
  last_due_ms: msField.nullable(),
  last: z.object({ id: z.string(), state: z.enum(STATES) }).nullable()
    .describe("the job of its last report, while that is kept"),
  trouble: z.string().nullable().describe("why the one that is due is not made yet"),
}).meta({ id: "ReportSchedule" });
export type ScheduleJson = z.output<typeof scheduleShape>;
