import { z } from "zod";
import { formerly, msField, oldMs } from "../../lib/base/wire.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { ClockNotes } from "../../lib/intake/clock_notes.ts";
import type { Faults } from "../../lib/faults/faults.ts";
import { pauseJson, pauseShape } from "../../lib/faults/shapes.ts";
import type { RejectCount, RejectRecord } from "../../lib/intake/rejects.ts";
import type { Components } from "../../lib/live/components.ts";
import type { StatusBoard } from "../../lib/live/status.ts";
import { type Figures, figuresShape } from "../../lib/live/figures.ts";
import { componentShape, statusShape } from "../../lib/live/status_shape.ts";
import type { StoreStats, TierStats } from "../../lib/readings/store.ts";
import { sourceOf, sourceShape, type SourceState } from "../../lib/sources/source.ts";
import { type Route, route } from "../http/route.ts";

export interface StatusRouteServices {
  status: Pick<StatusBoard, "now">;
  components: Pick<Components, "all">;
  faults: Pick<Faults, "paused">;
  stored: () => Promise<StoreStats>;
  figures: () => Promise<Figures>;
  sources: () => SourceState[];
  rejects: { counts(): RejectCount[]; sample(): RejectRecord[]; total(): number };
  clockNotes: Pick<ClockNotes, "list">;
  clock: Pick<Clock, "now">;
  version: string;
  uptimeS: () => number;
}

const snapshotShape = statusShape.extend({
  version: z.string(),
  uptime_s: z.number(),
  components: z.array(componentShape),
  paused: z.array(pauseShape).describe("parts that are paused, by people or because of faults"),
  sources: z.array(sourceShape),
  queues: figuresShape.shape.queues,
  deliveries: figuresShape.shape.deliveries,
  events: figuresShape.shape.events.omit({ by_type: true }),
  activity: figuresShape.shape.activity,
}).meta({ id: "Snapshot" });

const tierShape = z.object({
  readings: z.number().describe("that it holds or stands for"),
  bytes: z.number(),
  oldest_ms: msField.nullable(),
}).meta({ id: "TierStatistics" });

const statisticsShape = z.object({
  at_ms: msField,
  ts: oldMs("at_ms"),
  uptime_s: z.number(),
  sensors: statusShape.shape.sensors,
  readings: statusShape.shape.readings.extend({
    oldest_ms: msField.nullable(),
    oldest: formerly(msField.nullable(), "oldest_ms"),
  }),
  storage: z.object({
    database_bytes: z.number(),
    chunks: z.number(),
    chunk_bytes: z.number(),
    journal_rows: z.number(),
    journal_bytes: z.number(),
    tail_readings: z.number().describe("not in a chunk yet"),
    tiers: z.object({ raw: tierShape, minute: tierShape, hour: tierShape }),
    disk_used: statusShape.shape.disk_used,
  }),
}).meta({ id: "Statistics" });

const sourcesShape = z.object({
  items: z.array(sourceShape),
  next: z.null(),
  clocks: z.array(z.object({
    machine: z.string(),
    source: z.string(),
    fault: z.enum(["unset", "ahead", "unreadable"]),
    written: z.string().describe("the latest such time, as it was sent"),
    ahead_ms: z.number(),
    count: z.number(),
    first_ms: msField,
    last_ms: msField,
    first: oldMs("first_ms"),
    last: oldMs("last_ms"),
  })).describe(
    "machines whose devices give impossible times: those readings have their time of arrival",
  ),
  rejected: z.object({
    total: z.number(),
    counts: z.array(z.object({
      source: z.string(),
      code: z.string(),
      count: z.number(),
      last_ms: msField,
      last: oldMs("last_ms"),
    })),
    latest: z.array(z.object({
      at_ms: msField,
      ts: oldMs("at_ms"),
      source: z.string(),
      topic: z.string(),
      code: z.string(),
      message: z.string(),
      payload: z.string(),
    })),
  }),
}).meta({ id: "Sources" });

/** `/api/status` (the whole picture), `/api/stats` (numbers of the storage), `/api/sources`. */
export function statusRoutes(services: StatusRouteServices): Route[] {
  const sources = () => services.sources().map(sourceOf);
  return [
    route({
      method: "get",
      path: "/api/status",
      policy: "viewer",
      summary:
        "The complete snapshot: parts, sensors, flow of readings, storage, sources, what waits",
      tags: ["Status"],
      responses: { 200: { description: "The snapshot", schema: snapshotShape } },
      handler: async ({ c }) => {
        const [status, figures] = await Promise.all([services.status.now(), services.figures()]);
        const { queues, deliveries, activity, events: { today, last_hour } } = figures;
        return c.json({
          version: services.version,
          uptime_s: Math.floor(services.uptimeS()),
          ...status,
          components: services.components.all(),
          paused: services.faults.paused().map(pauseJson),
          sources: sources(),
          queues,
          deliveries,
          events: { today, last_hour },
          activity,
        });
      },
    }),
    route({
      method: "get",
      path: "/api/stats",
      policy: "viewer",
      summary: "Numbers of sensors, readings and storage",
      tags: ["Status"],
      responses: { 200: { description: "Counts and bytes", schema: statisticsShape } },
      handler: async ({ c }) => {
        const [status, stored] = await Promise.all([services.status.now(), services.stored()]);
        return c.json({
          at_ms: status.at_ms,
          ts: status.ts,
          uptime_s: Math.floor(services.uptimeS()),
          sensors: status.sensors,
          readings: {
            ...status.readings,
            stored: stored.readings,
            oldest_ms: stored.oldestMs,
            oldest: stored.oldestMs,
          },
          storage: {
            database_bytes: stored.databaseBytes,
            chunks: stored.chunks,
            chunk_bytes: stored.chunkBytes,
            journal_rows: stored.journalRows,
            journal_bytes: stored.journalBytes,
            tail_readings: stored.tailReadings,
            tiers: {
              raw: tierOf(stored.tiers.raw),
              minute: tierOf(stored.tiers.minute),
              hour: tierOf(stored.tiers.hour),
            },
            disk_used: status.disk_used,
          },
        });
      },
    }),
    route({
      method: "get",
      path: "/api/sources",
      policy: "viewer",
      summary: "What arrives where, and what was refused and why (counts and the latest examples)",
      tags: ["Sources"],
      responses: {
        200: {
          description: "Sources, counts of refusals by source and reason, the latest refusals",
          schema: sourcesShape,
        },
      },
      handler: ({ c }) => {
        const { rejects } = services;
        return c.json({
          items: sources(),
          next: null,
          clocks: services.clockNotes.list(services.clock.now()).map((note) => ({
            machine: note.machine,
            source: note.source,
            fault: note.fault,
            written: note.written,
            ahead_ms: note.aheadMs,
            count: note.count,
            first_ms: note.firstMs,
            last_ms: note.lastMs,
            first: note.firstMs,
            last: note.lastMs,
          })),
          rejected: {
            total: rejects.total(),
            counts: rejects.counts().map(({ lastMs, ...count }) => ({
              ...count,
              last_ms: lastMs,
              last: lastMs,
            })),
            latest: rejects.sample().map((record) => ({
              at_ms: record.tsMs,
              ts: record.tsMs,
              source: record.source,
              topic: record.topic,
              code: record.code,
              message: record.message,
              payload: payloadText(record.payload),
            })),
          },
        });
      },
    }),
  ];
}

/** The beginning of a refused payload as text; bytes that are none are shown as `�`. */
export function payloadText(payload: Uint8Array): string {
  // deno-lint-ignore no-control-regex
  const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g;
  return new TextDecoder().decode(payload.subarray(0, 512)).replace(control, "\ufffd");
}

function tierOf({ readings, bytes, oldestMs }: TierStats) {
  return { readings, bytes, oldest_ms: oldestMs };
}
