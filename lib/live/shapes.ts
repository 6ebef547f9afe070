/** Machines, sensors and their readings as the API and the pages show them, with their status of now. */
import { z } from "zod";
import { formerly, msField, oldMs } from "../base/wire.ts";
import { sensorSettingsSchema } from "../machines/sensor_settings.ts";
import { MACHINE_STATUSES, SENSOR_STATUSES } from "./status_words.ts";

export const kindField = z.enum(["number", "binary", "text"]);
export const reviewField = z.enum(["new", "confirmed"]);
const valueField = z.union([z.number(), z.string()]);

/** A machine. */
export const machineShape = z.object({
  id: z.string(),
  path: z.string(),
  name: z.string().nullable(),
  area: z.string().describe("where it stands: its path without the last level"),
  tags: z.array(z.string()),
  notes: z.string(),
  photo: z.object({
    url: z.string().describe("where the picture is, for those who are signed in"),
    type: z.string(),
    bytes: z.number(),
    width: z.number(),
    height: z.number(),
    alt: z.string(),
  }).nullable(),
  former_paths: z.array(z.string())
    .describe("paths it had before; readings that come under them are its own"),
  review: reviewField,
  created_ms: msField,
  created: oldMs("created_ms"),
  deleted_ms: msField.nullable(),
  deleted: formerly(msField.nullable(), "deleted_ms"),
  status: z.enum(MACHINE_STATUSES),
  condition: z.enum(MACHINE_STATUSES)
    .describe("its status; where that is normal, the severity of its worst open alarm"),
  since_ms: msField.describe("since when it has this status"),
  since: oldMs("since_ms"),
  worst: z.enum(SENSOR_STATUSES).describe("worst of its sensors, maintenance or not"),
  sensors: z.object({
    normal: z.number(),
    warning: z.number(),
    critical: z.number(),
    offline: z.number(),
  }).describe("how many of its sensors have each status"),
  maintenance: z.object({ id: z.string(), title: z.string() }).nullable(),
  clock_behind_ms: z.number().nullable()
    .describe("its own times behind their arrival, negative: ahead; null: it gives none"),
}).meta({ id: "Machine" });

/** A sensor as it stands in a list. */
export const sensorShape = z.object({
  id: z.string(),
  name: z.string(),
  machine: z.string(),
  sensor: z.string(),
  unit: z.string().nullable(),
  unit_guessed: z.boolean().optional()
    .describe("true: from its name; no device and no person has said it"),
  kind: kindField,
  status: z.enum(SENSOR_STATUSES),
  since_ms: msField.describe("since when it has this status"),
  since: oldMs("since_ms"),
  review: reviewField,
  display_name: sensorSettingsSchema.shape.display_name,
  decimals: sensorSettingsSchema.shape.decimals,
  last: z.object({ value: z.union([z.number(), z.string()]), ts: z.number() }).nullable(),
  other_units: z.array(z.object({
    unit: z.string(),
    since_ms: msField,
    since: oldMs("since_ms"),
    choice: z.enum(["asked", "convert", "new_sensor"]).describe("asked: nobody has chosen yet"),
    sensor: z.string().nullable().describe("where readings in this unit are kept apart"),
    convertible: z.boolean(),
  })).optional().describe("units that its device reported beside the sensor's; left out when none"),
}).meta({ id: "Sensor" });

/** A sensor with all of its settings. */
export const sensorDetailShape = sensorShape.extend({
  ...sensorSettingsSchema.shape,
  created_ms: msField,
  created: oldMs("created_ms"),
  deleted_ms: msField.nullable(),
  deleted: formerly(msField.nullable(), "deleted_ms"),
  interval_ms: z.number().nullable().describe("learned from its readings"),
  range: z.object({
    low: z.number().nullable(),
    high: z.number().nullable(),
    guessed: z.boolean().describe("true: from its unit and name; its device does not say it"),
  }).nullable().describe("between which values it can be; nothing is judged by it"),
  states: z.array(z.string()).optional(),
  many_texts: z.boolean().optional().describe("its texts change too often to be states"),
  no_number: z.object({ text: z.string(), ts: z.number() }).optional()
    .describe("the latest text of a sensor that otherwise sends numbers"),
}).meta({ id: "SensorDetail" });

/** A stretch of time in which stored readings are damaged. */
export const damagedPartShape = z.object({
  from_ms: msField,
  from: oldMs("from_ms"),
  to_ms: msField.describe("exclusive"),
  to: oldMs("to_ms"),
  readings: z.number().nullable().describe("how many are damaged; null: not known"),
  reason: z.string(),
}).meta({ id: "DamagedPart" });

export type DamagedPart = z.output<typeof damagedPartShape>;

const damagedField = z.array(damagedPartShape).optional()
  .describe("where readings are missing because they are damaged; absent: nowhere");

const summedField = msField.optional()
  .describe("before it readings were summed up; left out: none of the range");

const elsewhereField = z.object({
  until_ms: msField.describe("before it the history server is asked"),
  failure: z.string().nullable().describe("why it did not answer; null: its readings are in"),
}).optional().describe("what the history server has to do with it");

/** Readings in buckets, as columns. */
export const readingBucketsShape = z.object({
  sensor: z.string(),
  unit: z.string().nullable(),
  kind: kindField,
  states: z.array(z.string()).optional().describe("of text sensors: the texts by number"),
  bucket_ms: z.number(),
  tier: z.enum(["raw", "minute", "hour"]).describe("the coarsest that it is from"),
  summed_until_ms: summedField,
  t: z.array(z.number()),
  min: z.array(z.number()),
  mean: z.array(z.number()),
  max: z.array(z.number()),
  n: z.array(z.number()),
  damaged: damagedField,
  history_server: elsewhereField,
}).meta({ id: "ReadingBuckets" });

/** The readings themselves, as columns. */
export const rawReadingsShape = z.object({
  sensor: z.string(),
  unit: z.string().nullable(),
  t: z.array(z.number()),
  v: z.array(valueField),
  notes: z.array(z.enum(["device_clock", "host_clock", "retained"]).nullable()).optional()
    .describe("where a time is not the device's own, and why; left out when none is"),
  next: z.string().nullable(),
  summed_until_ms: summedField,
  damaged: damagedField,
  history_server: elsewhereField,
}).meta({ id: "RawReadings" });

/** A reading with its sensor. */
export const latestReadingShape = z.object({
  sensor: z.string(),
  sensor_id: z.string(),
  machine: z.string(),
  unit: z.string().nullable(),
  ts: z.number(),
  value: valueField,
}).meta({ id: "LatestReading" });

/** A sensor over time: columns by bucket, and its status by stretch of time. */
export const trendShape = readingBucketsShape.extend({
  from_ms: msField,
  from: oldMs("from_ms"),
  to_ms: msField,
  to: oldMs("to_ms"),
  limits: z.object({
    warning_low: z.number().nullable(),
    warning_high: z.number().nullable(),
    critical_low: z.number().nullable(),
    critical_high: z.number().nullable(),
  }),
  status: z.array(z.object({
    from_ms: msField,
    from: oldMs("from_ms"),
    to_ms: msField,
    to: oldMs("to_ms"),
    status: z.enum(["normal", "warning", "critical", "none", "unknown"])
      .describe("none: no readings; unknown: it was not recorded"),
  })).describe("as it was judged then; empty for a sensor of texts"),
  statistics: z.object({
    min: z.number(),
    mean: z.number(),
    max: z.number(),
    count: z.number(),
  }).nullable(),
  status_ms: z.object({
    normal: z.number(),
    warning: z.number(),
    critical: z.number(),
    none: z.number(),
    unknown: z.number(),
  }),
  out_of_range_ms: z.number().describe("warning and critical together"),
}).meta({ id: "Trend" });

export type Trend = z.output<typeof trendShape>;

/** Points of a sparkline. */
export const sparkShape = z.object({
  lo: z.number(),
  hi: z.number(),
  points: z.array(z.number()).describe("0 to 99 between lo and hi, oldest first; -1: nothing"),
  step_ms: z.number().describe("time that one point stands for"),
  stepMs: oldMs("step_ms").optional(),
  newest: z.number().describe("number (time / step_ms) of the newest point"),
}).meta({ id: "Spark" });

export type Spark = z.output<typeof sparkShape>;

/** A sensor's row on a page: its value of now and a sparkline. */
export const sensorRowShape = z.object({
  id: z.string(),
  name: z.string().describe("full name"),
  title: z.string().describe("the last level of its name, or more where machines mix"),
  unit: z.string().nullable().describe("that it is shown in"),
  convert: z.object({ factor: z.number(), offset: z.number() }).nullable().optional()
    .describe("values × factor + offset are in `unit`; null: they are as they stand here"),
  guessed: z.boolean().optional().describe("its unit was guessed from its name"),
  kind: kindField,
  decimals: z.number().nullable().describe("as it was set; null: as fits the value"),
  status: z.enum(SENSOR_STATUSES),
  last: z.object({
    ts: z.number().describe("time of the reading, by its device"),
    value: valueField,
    seen_ms: msField.describe("when it arrived, by the server's clock"),
    seenMs: oldMs("seen_ms").optional(),
  }).nullable(),
  silence_ms: z.number().describe("a sensor that is silent for longer is shown as silent"),
  silenceMs: oldMs("silence_ms").optional(),
  spark: sparkShape.nullable(),
  usual: z.string().nullable().optional().describe("what its values usually are, in words"),
  nowMs: z.number().optional().meta({ deprecated: true, description: "time of the answer" }),
  zone: z.string().optional().meta({ deprecated: true, description: "the site's time zone" }),
}).meta({ id: "SensorRow" });

export type SensorRowData = Omit<z.output<typeof sensorRowShape>, "nowMs" | "zone">;

/** A machine that needs attention, as the overview shows it. */
export const attentionCardShape = z.object({
  machine: z.string().describe("path"),
  title: z.string(),
  href: z.string(),
  status: z.enum(MACHINE_STATUSES)
    .describe("its condition: where its sensors are normal, the worst of its open alarms"),
  text: z.string().describe("the same in words"),
  since_ms: msField.describe("since when it is so"),
  sinceMs: oldMs("since_ms").optional(),
  rows: z.array(sensorRowShape).describe("its sensors that are not normal, the worst first"),
  more: z.number().describe("how many more of them there are"),
  words: z.string().nullable().describe("what is predicted; null when it runs as usual"),
  life: z.string().nullable().describe("when a limit will probably be reached"),
  why: z.string().nullable().describe("page of the prediction"),
  alarm: z.object({
    id: z.string(),
    title: z.string(),
    waits: z.boolean().describe("nobody has acknowledged or shelved it"),
  }).nullable().describe("its worst open alarm"),
}).meta({ id: "AttentionCard" });

export type AttentionCard = z.output<typeof attentionCardShape>;

/** What the overview shows first. */
export const attentionShape = z.object({
  cards: z.array(attentionCardShape),
  more: z.number().describe("machines that need attention and have no card"),
}).meta({ id: "Attention" });
