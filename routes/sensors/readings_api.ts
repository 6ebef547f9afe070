import { z } from "zod";
import type { Clock } from "../../lib/base/clock.ts";
import { type Moment, timeField } from "../../lib/base/epoch.ts";
import { PerchError } from "../../lib/base/errors.ts";
import {
  latestReadingShape,
  rawReadingsShape,
  readingBucketsShape,
} from "../../lib/live/shapes.ts";
import { conversion, sameUnit, symbolOf } from "../../lib/machines/units.ts";
import { type Conversion, shownIn } from "../../lib/words/conversion.ts";
import { type Sensor, type SensorDirectory, shownValue } from "../../lib/machines/sensor.ts";
import {
  FLAG_DEVICE_TIME_REFUSED,
  FLAG_HOST_CLOCK_SUSPECT,
  FLAG_RETAINED,
  isPast,
  isRetained,
} from "../../lib/readings/reading.ts";
import { newestReadings } from "../../lib/readings/newest.ts";
import type { BucketResult, RawResult, ReadingsStore } from "../../lib/readings/store.ts";
import { HOUR_MS } from "../../lib/words/times.ts";
import { csvLine } from "../../lib/words/csv.ts";
import {
  damagedLines,
  damagedOf,
  elsewhereLine,
  elsewhereOf,
  summedLine,
  summedOf,
} from "../machines/gaps.ts";
import { cursorField, listOf, sensorOf, tagField } from "../http/params.ts";
import { streamed } from "../http/streamed.ts";
import { type Route, route } from "../http/route.ts";

export interface ReadingServices {
  sensors: SensorDirectory;
  readings: Pick<ReadingsStore, "raw" | "buckets">;
  clock: Clock;
}

const POINTS_MOST = 10_000;
/** Raw readings per step of an export, and in one JSON answer unless asked otherwise. */
const PAGE = 10_000;
const JSON_MOST = 200_000;
const LATEST_MOST = 1_000;

/** A whole number in a query. */
export const wholeField = (least: number, most: number) =>
  z.string().superRefine((text, issue) => {
    const n = Number(text);
    if (/^\d+$/.test(text) && n >= least && n <= most) return;
    issue.addIssue({
      code: "custom",
      message: `"${text.slice(0, 40)}" is not a whole number from ${least} to ${most}`,
    });
  }).transform(Number);

/** Another unit than the stored one. */
export const unitField = z.string().min(1).max(24).optional()
  .describe("convert into this unit; default as stored");

const Query = z.object({
  sensor: z.string().min(1).optional().describe("id, full name or machine/sensor; or `tag`"),
  tag: tagField,
  from: timeField("default one hour before `to`"),
  to: timeField("exclusive; default now"),
  points: wholeField(0, POINTS_MOST).optional()
    .describe("most buckets; 0 gives the readings themselves; default 500"),
  format: z.enum(["json", "csv", "ndjson"]).optional(),
  limit: wholeField(1, JSON_MOST).optional().describe("most raw readings in a JSON answer"),
  cursor: cursorField(100),
  unit: unitField,
});

interface Range {
  fromMs: number;
  toMs: number;
}

function missingSensor(): never {
  const message = "is missing; give the id, full name or machine/sensor of a sensor";
  throw new PerchError("validation", `query.sensor: ${message}`, {
    errors: [{ path: "query.sensor", message }],
  });
}

/** `GET /api/readings`: buckets with exact min, mean, max and count, or the readings themselves. */
export function readingRoutes(services: ReadingServices): Route[] {
  const { sensors, readings, clock } = services;
  return [
    route({
      method: "get",
      path: "/api/readings",
      policy: "viewer",
      summary: "Readings of a sensor: buckets (points=N) or raw (points=0); JSON, CSV or NDJSON",
      tags: ["Readings"],
      query: Query,
      example: { query: { sensor: "hall-1/press-3/temperature", points: "100" } },
      responses: {
        200: {
          description: "Columns: t with min, mean, max and n, or t with v",
          schema: z.union([readingBucketsShape, rawReadingsShape]),
        },
        400: { description: "A field is wrong; it is named" },
        404: { description: "There is no such sensor" },
      },
      handler: async ({ query }) => {
        const sensor = sensorOf(sensors, query) ?? missingSensor();
        const range = rangeOf(query, sensor, clock.now());
        const asked = inUnit(sensor, query.unit);
        const { points = 500, format = "json", limit = JSON_MOST, cursor } = query;
        if (points === 0) {
          if (format === "json") return rawJson(sensor, range, limit, cursor, asked);
          return download(sensor, format, rawLines(sensor, range, format, asked));
        }
        const buckets = await readings.buckets({ sensor: sensor.num, ...range, points });
        if (format === "json") return Response.json(bucketColumns(sensor, buckets, asked));
        return download(sensor, format, bucketLines(sensor, buckets, format, asked));
      },
    }),
    route({
      method: "get",
      path: "/api/readings/latest",
      policy: "viewer",
      summary: "The newest readings of all sensors, newest first",
      tags: ["Readings"],
      query: z.object({
        limit: wholeField(1, LATEST_MOST).optional().describe("default 100"),
      }),
      example: { query: { limit: "20" } },
      responses: {
        200: {
          description: "Readings with the sensors they are of",
          schema: listOf(latestReadingShape),
        },
      },
      handler: async ({ query }) => {
        const spoke = sensors.all().flatMap(({ num, last }) =>
          last === null ? [] : [{ num, lastMs: last.tMs }]
        );
        const newest = await newestReadings(readings, spoke, query.limit ?? 100);
        const items = newest.map(({ sensor: num, tMs, value }) => {
          const sensor = sensors.byNum(num)!;
          return {
            sensor: sensor.name,
            sensor_id: sensor.id,
            machine: sensor.machine,
            unit: sensor.unit,
            ts: tMs,
            value: shownValue(sensor, value),
          };
        });
        return Response.json({ items, next: null });
      },
    }),
  ];

  async function rawJson(
    sensor: Sensor,
    range: Range,
    limit: number,
    cursor: string | undefined,
    { unit, convert }: InUnit,
  ): Promise<Response> {
    const raw = await readings.raw({ sensor: sensor.num, ...range, limit, cursor });
    return Response.json({
      sensor: sensor.name,
      unit,
      t: [...raw.tMs],
      v: Array.from(raw.value, (value) => shownValue(sensor, shownIn(convert, value))),
      ...(raw.flags.some(isNoted) ? { notes: Array.from(raw.flags, noteOf) } : {}),
      next: raw.next,
      ...summedOf(raw.summedUntilMs),
      ...damagedOf(raw.damaged),
      ...elsewhereOf(raw.elsewhere),
    });
  }

  /** The readings of a range as text, page by page: memory stays that of a page. */
  async function* rawLines(
    sensor: Sensor,
    range: Range,
    format: "csv" | "ndjson",
    { unit, convert }: InUnit,
  ): AsyncGenerator<string> {
    if (format === "csv") yield csvLine(["ts", "time", "sensor", "value", "unit", "note"]);
    let cursor: string | undefined;
    const damaged = damagedLines(sensor, format, 6);
    do {
      const page: RawResult = await readings.raw({
        sensor: sensor.num,
        ...range,
        limit: PAGE,
        cursor,
      });
      let text = "";
      if (cursor === undefined && page.summedUntilMs !== null) {
        const summed = { fromMs: range.fromMs, untilMs: page.summedUntilMs };
        text += summedLine(sensor, format, 6, summed);
      }
      text += elsewhereLine(sensor, format, 6, range.fromMs, page.elsewhere);
      text += damaged(page.damaged);
      for (let i = 0; i < page.tMs.length; i++) {
        const ts = page.tMs[i];
        const value = shownValue(sensor, shownIn(convert, page.value[i]));
        const note = noteOf(page.flags[i]);
        text += format === "csv"
          ? csvLine([ts, iso(ts), sensor.name, value, unit, note])
          : JSON.stringify({ sensor: sensor.name, ts, value, note: note ?? undefined }) + "\n";
      }
      yield text;
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
  }
}

const isNoted = (flags: number) =>
  (flags & (FLAG_DEVICE_TIME_REFUSED | FLAG_HOST_CLOCK_SUSPECT | FLAG_RETAINED)) !== 0;

/** Why a reading's time is neither the device's nor simply that of its arrival; null for the usual reading. */
function noteOf(flags: number): "device_clock" | "host_clock" | "retained" | null {
  if (isRetained(flags)) return "retained";
  if (flags & FLAG_DEVICE_TIME_REFUSED) return "device_clock";
  return flags & FLAG_HOST_CLOCK_SUSPECT && !isPast(flags) ? "host_clock" : null;
}

/** The range of a query: the last hour, unless it names another. @throws PerchError `validation` */
export function rangeOf(
  query: { from?: Moment; to?: Moment },
  sensor: Sensor,
  nowMs: number,
): Range {
  // A device's clock may run ahead of ours: without `to`, its latest reading belongs to the answer.
  const toMs = query.to?.(nowMs) ?? Math.max(nowMs, sensor.last?.tMs ?? 0) + 1;
  const fromMs = query.from?.(nowMs) ?? Math.max(0, toMs - HOUR_MS);
  if (fromMs < toMs) return { fromMs, toMs };
  throw new PerchError("validation", `query.from: ${fromMs} is not before \`to\` (${toMs})`, {
    errors: [{ path: "query.from", message: `${fromMs} is not before \`to\` (${toMs})` }],
  });
}

/** Buckets as columns. */
export function bucketColumns(
  sensor: Sensor,
  buckets: BucketResult,
  { unit, convert }: InUnit = inUnit(sensor, undefined),
) {
  const columnOf = (values: Float64Array) => plain(values, (v) => shownIn(convert, v));
  return {
    sensor: sensor.name,
    unit,
    kind: sensor.kind,
    ...(sensor.kind === "text" ? { states: sensor.states } : {}),
    bucket_ms: buckets.bucketMs,
    tier: buckets.tier,
    ...summedOf(buckets.summedUntilMs),
    t: plain(buckets.tMs),
    min: columnOf(buckets.min),
    mean: columnOf(buckets.mean),
    max: columnOf(buckets.max),
    n: plain(buckets.n),
    ...damagedOf(buckets.damaged),
    ...elsewhereOf(buckets.elsewhere),
  };
}

/** As JSON knows it. With `Array.from` the whole answer would take 1.7 times as long to write. */
function plain(
  values: Float64Array | Uint32Array,
  shown: (value: number) => number = (value) => value,
): number[] {
  const column = new Array<number>(values.length);
  for (let i = 0; i < column.length; i++) column[i] = shown(values[i]);
  return column;
}

function* bucketLines(
  sensor: Sensor,
  buckets: BucketResult,
  format: "csv" | "ndjson",
  { unit, convert }: InUnit,
) {
  if (format === "csv") {
    yield csvLine(["ts", "time", "sensor", "min", "mean", "max", "n", "unit", "note"]);
  }
  yield elsewhereLine(sensor, format, 9, buckets.tMs[0] ?? 0, buckets.elsewhere);
  yield damagedLines(sensor, format, 9)(buckets.damaged);
  for (let i = 0; i < buckets.tMs.length; i++) {
    const [ts, min, mean, max, n] = [
      buckets.tMs[i],
      shownIn(convert, buckets.min[i]),
      shownIn(convert, buckets.mean[i]),
      shownIn(convert, buckets.max[i]),
      buckets.n[i],
    ];
    yield format === "csv"
      ? csvLine([ts, iso(ts), sensor.name, min, mean, max, n, unit, null])
      : JSON.stringify({ sensor: sensor.name, ts, min, mean, max, n }) + "\n";
  }
}

/** The unit of an answer, and what its values are converted by. */
export interface InUnit {
  unit: string | null;
  convert: Conversion | null;
}

/** @throws PerchError `validation` where the sensor's unit cannot be converted into it */
export function inUnit({ name, unit, kind }: Sensor, asked: string | undefined): InUnit {
  if (asked === undefined) return { unit, convert: null };
  const same = unit !== null && sameUnit(unit, asked);
  const convert = unit === null || kind !== "number" || same ? null : conversion(unit, asked);
  if (same || convert !== null) return { unit: symbolOf(asked), convert };
  const message = unit === null
    ? `${name} has no unit that could be converted`
    : `${unit} cannot be converted into ${asked}`;
  throw new PerchError("validation", `query.unit: ${message}`, {
    errors: [{ path: "query.unit", message }],
  });
}

function iso(tMs: number): string {
  return new Date(tMs).toISOString();
}

/** An answer that is written as fast as it is read. */
function download(
  sensor: Sensor,
  format: "csv" | "ndjson",
  lines: AsyncGenerator<string> | Generator<string>,
): Response {
  const name = sensor.name.replaceAll(/[^\w.-]+/g, "_").slice(-100);
  return new Response(streamed(lines), {
    headers: {
      "content-type": format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson",
      "content-disposition": `attachment; filename="${name}.${format}"`,
    },
  });
}
