/** What an edge sends to its centre and what the centre answers; the same over HTTPS and MQTT. */
import { z } from "zod";
import { SEVERITIES } from "../words/severity.ts";

/** The version of this exchange. An edge that speaks a newer one than its centre is told so and keeps everything. */
export const PROTOCOL = 1;

/** Readings of one message: a group of the journal goes in one. */
export const READINGS_MOST = 50_000;
export const EVENTS_MOST = 200;
export const SENSORS_MOST = 500;
const OPEN_ALARMS_MOST = 500;

const seq = z.int().min(0);
const time = z.number();
const numbers = (most: number) => z.array(z.number()).max(most);

/**
 * Readings of the groups after `after` up to `to`: columns of equal length. Texts stand as texts; `t` are differences,
 * the first from 0.
 */
export const readingsShape = z.strictObject({
  after: seq,
  to: seq,
  sensors: z.array(z.string().max(1_600)).max(READINGS_MOST),
  s: numbers(READINGS_MOST).describe("place in `sensors`"),
  t: numbers(READINGS_MOST),
  v: z.array(z.union([z.number(), z.string().max(1_000)])).max(READINGS_MOST),
  f: numbers(READINGS_MOST).describe("flags"),
  q: z.array(z.number().nullable()).max(READINGS_MOST).optional().describe("seq of devices"),
});

export const sentSensorShape = z.strictObject({
  /** Its id at the site: by it the centre knows it, whatever its name is. */
  id: z.string().max(64),
  name: z.string().max(1_600),
  unit: z.string().max(80).nullable(),
  kind: z.enum(["number", "binary", "text"]),
  settings: z.record(z.string(), z.unknown()),
});
export const sentMachineShape = z.strictObject({
  path: z.string().max(1_500),
  was: z.array(z.string().max(1_500)).max(50),
  name: z.string().max(200).nullable(),
  tags: z.array(z.string().max(100)).max(100),
  notes: z.string().max(10_000),
});
export const sentAlarmShape = z.strictObject({
  id: z.string().max(40),
  severity: z.enum(SEVERITIES),
  title: z.string().max(1_000),
  machine: z.string().max(1_500).nullable(),
  value: z.number().nullable(),
  limit: z.number().nullable(),
  acknowledged_by: z.string().max(200).nullable(),
  raised_ms: time.optional(),
});

/** An alarm that is over, with the event that says so. */
export const endedAlarmShape = sentAlarmShape.extend({
  count: z.int().min(1),
  raised_ms: time,
  resolved_ms: time,
  resolved_by: z.string().max(200).nullable(),
});

const eventShape = z.strictObject({
  uid: z.string().max(64),
  type: z.string().max(80),
  subject: z.string().max(300),
  severity: z.enum(SEVERITIES),
  t: time,
  text: z.string().max(4_000),
  actor: z.string().max(200).nullable(),
  ended: endedAlarmShape.optional(),
});

export const forwardShape = z.strictObject({
  protocol: z.int().min(1),
  perch: z.string().max(60),
  /** The plant, the start of its Perch, and the hardware it runs on. */
  node: z.string().max(64),
  instance: z.string().max(64),
  host: z.string().max(200),
  hardware: z.string().max(64),
  sent_ms: time,
  epoch: z.string().max(64),
  readings: readingsShape.optional(),
  events: z.strictObject({ after: seq, to: seq, items: z.array(eventShape).max(EVENTS_MOST) })
    .optional(),
  registry: z.strictObject({
    version: z.string().max(64).nullable().describe(
      "what the centre has after this; null: more comes",
    ),
    machines: z.array(sentMachineShape).max(SENSORS_MOST),
    sensors: z.array(sentSensorShape).max(SENSORS_MOST),
  }).optional(),
  /** All that are open, when that has changed. */
  alarms: z.strictObject({
    version: z.string().max(64),
    items: z.array(sentAlarmShape).max(OPEN_ALARMS_MOST),
  }).optional(),
  /** The newest values, ahead of what waits before them: shown, not stored. */
  live: z.array(z.tuple([z.string().max(1_600), time, z.number()])).max(SENSORS_MOST).optional(),
  lag: z.strictObject({
    readings: z.number().nullable(),
    oldest_ms: time.nullable(),
    lost: z.number(),
  }),
  /** What was given up, as it was too old or too much: the centre continues after it. */
  lost_to: z.strictObject({ readings: seq.optional(), events: seq.optional() }).optional(),
  /** Orders that were carried out. */
  done: z.array(z.int()).max(100),
}).meta({ id: "Forward" });
export type Forward = z.output<typeof forwardShape>;

export const forwardedShape = z.strictObject({
  protocol: z.int(),
  perch: z.string(),
  now_ms: time,
  /** Up to where all is on disk here, of this epoch; null: nothing of it yet. */
  readings: seq.nullable(),
  events: seq.nullable(),
  registry: z.string().nullable(),
  alarms: z.string().nullable(),
  /** The node is to begin an epoch of its own: what it numbered is not what is stored here under these numbers. */
  fresh_epoch: z.boolean(),
  commands: z.array(z.strictObject({
    id: z.int(),
    kind: z.literal("acknowledge"),
    alarm: z.string(),
    by: z.string(),
  })),
}).meta({ id: "Forwarded" });
export type Forwarded = z.output<typeof forwardedShape>;
export type SentReadings = z.output<typeof readingsShape>;
export type SentEvent = z.output<typeof eventShape>;
export type SentAlarm = z.output<typeof sentAlarmShape>;
export type EndedAlarm = z.output<typeof endedAlarmShape>;
export type SentSensor = z.output<typeof sentSensorShape>;
export type SentMachine = z.output<typeof sentMachineShape>;
export type SiteCommand = Forwarded["commands"][number];
