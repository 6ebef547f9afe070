import assert from "node:assert/strict";
import { createOrm, eq } from "./orm.ts";
import { alarmCursors, alarms } from "./schema/alarms.ts";

/** An Orm over a database that answers every question with `rows`. */
const answering = (...rows: (string | number | null)[][]) =>
  createOrm({ query: () => Promise.resolve({ columns: [], rows, rowsAffected: 0 }) });

Deno.test("orm: rows of columns come with the values that their kinds decode", async () => {
  const { id, present, timing, dueMs } = alarms;
  const orm = answering([1, 0, '{"movedMs":2}', null], [2, 1, "[]", 7]);
  const rows = [
    { id: 1, present: false, timing: { movedMs: 2 }, dueMs: null },
    { id: 2, present: true, timing: [], dueMs: 7 },
  ];
  const select = () => orm.select({ id, present, timing, dueMs }).from(alarms);
  assert.deepEqual(await select(), rows);
  assert.deepEqual(await select().get(), rows[0]);
  assert.deepEqual(await select().prepare().all(), rows);
});

Deno.test("orm: a row of two tables keeps them apart, and what was not joined is null", async () => {
  const orm = answering([1, "findings", 5], [2, null, null]);
  const rows = await orm.select({ id: alarms.id, cursor: alarmCursors })
    .from(alarms).leftJoin(alarmCursors, eq(alarmCursors.id, alarms.id));
  assert.deepEqual(rows, [
    { id: 1, cursor: { name: "findings", id: 5 } },
    { id: 2, cursor: null },
  ]);
});
