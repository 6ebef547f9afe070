import assert from "node:assert/strict";
import { createAlarmStore } from "../../lib/alarms/alarm_store.ts";
import { openStorage } from "../../lib/app/storage.ts";
import { createImageStore } from "../../lib/cameras/images/image_store.ts";
import { silentLog } from "../../lib/base/log.ts";
import type { Database, SqlStatement } from "../../lib/db/client.ts";
import type { Connection } from "../../lib/db/connection.ts";
import type { EventDraft } from "../../lib/events/event.ts";
import { createEventLog } from "../../lib/events/events_store.ts";
import type { EventQuery } from "../../lib/events/query.ts";
import { createEventSearch } from "../../lib/events/search_store.ts";
import { changesOf } from "../../lib/live/past_store.ts";
import { createDigestStore } from "../../lib/notify/digest_store.ts";
import { createOutboxStore } from "../../lib/notify/outbox_store.ts";
import { countedSummaries, lastEnd, summariesIn } from "../../lib/readings/tiers/summary_store.ts";
import { unindex } from "../../lib/readings/tiers/waterfall.ts";

const EVENT: EventDraft = {
  type: "alarm.raised",
  subject: "alarm:1",
  severity: "info",
  tMs: 5,
  text: "Press 3",
  actor: null,
  body: null,
  route: false,
};

/** Reads that grow with the history unless SQLite takes the index that is made for them. */
const READS: readonly { read(db: Database): Promise<unknown>; index: string }[] = [
  { read: (db) => createAlarmStore(db).live(0), index: "alarms_live" },
  { read: (db) => createEventLog(db).toRoute(10), index: "events_to_route" },
  { read: (db) => searched(db, { fromMs: 1 }), index: "events_by_time" },
  // FTS5 is asked once, by its words and within a range of ids.
  {
    read: (db) => searched(db, { fromMs: 1 }),
    index: "SCAN w VIRTUAL TABLE INDEX \\d+:M1<>\n.*SEARCH e USING INTEGER PRIMARY KEY",
  },
  { read: (db) => createEventLog(db).countsSince(1), index: "COVERING INDEX events_by_time" },
  { read: (db) => createOutboxStore(db).due("c", 1), index: "deliveries_open" },
  { read: (db) => createOutboxStore(db).nextDueMs("c", 1), index: "deliveries_open" },
  { read: (db) => createDigestStore(db).close("c", 1), index: "deliveries_open" },
  { read: (db) => changesOf(db, "m", { fromMs: 1, toMs: 2 }), index: "status_changes_of" },
  { read: (db) => createImageStore(db).list("c", { fromMs: 1 }), index: "camera_images_by_camera" },
  { read: (db) => createImageStore(db).find("c", 1), index: "camera_images_by_camera" },
  { read: (db) => createImageStore(db).oldest({ most: 1 }), index: "camera_images_by_time" },
  {
    read: (db) => createImageStore(db).ofAlarm({ id: "1", machine: "a/b", raised_ms: 1 }),
    index: "camera_images_by_alarm",
  },
];

const SUMMARIES = { sensor: 1, tier: "hour", source: "index", fromMs: 1, toMs: 9 } as const;
const asConnection = (db: Database) => db as unknown as Connection;

/** The same of what was summed up, of which there may be thousands of rows per sensor. */
const SUMMED: typeof READS = [
  { read: (db) => summariesIn(asConnection(db), SUMMARIES), index: "summaries_by_sensor" },
  { read: (db) => lastEnd(asConnection(db), SUMMARIES), index: "summaries_by_sensor" },
  // At each start, of all sensors: never the rows themselves.
  {
    read: (db) => countedSummaries(asConnection(db)),
    index: "COVERING INDEX summaries_by_sensor",
  },
  {
    read: (db) => countedSummaries(asConnection(db), 1),
    index: "SEARCH summaries USING COVERING INDEX summaries_by_sensor",
  },
  {
    read: (db) => db.query(unindex(1, 1, 9)),
    index: "SEARCH summaries USING INDEX summaries_by_sensor",
  },
];

async function searched(db: Database, query: EventQuery): Promise<void> {
  const search = createEventSearch(db);
  const log = createEventLog(db);
  await db.write([log.statement(EVENT)]);
  await search.index();
  await log.list({ search: "press", severities: ["info"], ...query });
}

Deno.test("reads that are made often take the partial index that is there for them", async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-plans-" });
  const { db, close } = await openStorage({ url: `file:${dir}/perch.db`, log: silentLog() });
  try {
    for (const { read, index } of [...READS, ...SUMMED]) {
      const asked: SqlStatement[] = [];
      const query = (statement: SqlStatement) => {
        asked.push(statement);
        return db.query(statement);
      };
      await read({ ...db, query });
      const plans = await Promise.all(
        asked.map(({ sql, args }) => db.query({ sql: `explain query plan ${sql}`, args })),
      );
      const plan = plans.flatMap(({ rows }) => rows.map((row) => String(row[3]))).join("\n");
      assert.match(plan, new RegExp(`\\b${index}\\b`), plan);
    }
  } finally {
    await close();
    await Deno.remove(dir, { recursive: true });
  }
});
