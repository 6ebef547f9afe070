import assert from "node:assert/strict";
import type { Database } from "../db/client.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import type { EventDraft } from "./event.ts";
import { createEventLog, type EventLog } from "./events_store.ts";

async function withLog(work: (log: EventLog, db: Database) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-events-" });
  const db = await openTestDatabase(folder);
  try {
    await work(createEventLog(db), db);
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const draft = (change: Partial<EventDraft> = {}): EventDraft => ({
  type: "alarm.raised",
  subject: "alarm:a1",
  severity: "warning",
  tMs: 1000,
  text: "Press 3 is too warm",
  actor: null,
  body: { value: 83.4 },
  route: true,
  ...change,
});

Deno.test("createEventLog keeps events in order, each with its own uid", () =>
  withLog(async (log) => {
    await log.append(draft());
    await log.append(draft({ tMs: 2000, actor: "Ada", body: null }));
    const { items, next } = await log.list({});
    assert.deepEqual(items.map((e) => [e.tMs, e.actor, e.body]), [
      [2000, "Ada", null],
      [1000, null, { value: 83.4 }],
    ]);
    assert.equal(next, null);
    assert.notEqual(items[0].uid, items[1].uid);
    assert.deepEqual(await log.find(items[0].id), items[0]);
    assert.equal(await log.find(99), null);
  }));

Deno.test("createEventLog hands out what waits to be routed until it is marked", () =>
  withLog(async (log, db) => {
    await log.append(draft({ route: false }));
    await log.append(draft());
    await log.append(draft({ tMs: 3000 }));
    const waiting = await log.toRoute(10);
    assert.deepEqual(waiting.map((e) => e.tMs), [1000, 3000]);
    await db.write([log.routed([waiting[0].id])]);
    assert.deepEqual((await log.toRoute(10)).map((e) => e.tMs), [3000]);
  }));
