import assert from "node:assert/strict";
import { openAlarms } from "../../tests/support/alarm_service.ts";
import { NOW_MS } from "../../tests/support/alarm_observations.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import { failingWrites } from "../../tests/support/failing_writes.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { HOUR_MS, MINUTE_MS } from "../words/times.ts";
import type { PastAlarm } from "./past_alarm.ts";

const PAST: PastAlarm = {
  ...{ cause: "system:site-alarm:north/7", severity: "critical", title: "it leaks" },
  ...{ machine: "north/hall/press", value: 9, limit: 8, count: 2 },
  ...{ raisedMs: NOW_MS - 3 * HOUR_MS, resolvedMs: NOW_MS - 2 * HOUR_MS },
  ...{ acknowledgedBy: "Bea at north", resolvedBy: null },
};

Deno.test("createAlarmTask keeps an alarm that is over elsewhere once, as it was in the end, and tells nobody", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-past-" });
  const real = await openTestDatabase(folder);
  try {
    const log: { id: number; past: PastAlarm | null }[] = [
      { id: 3, past: null },
      { id: 5, past: { ...PAST, count: 1, resolvedMs: NOW_MS - 2.5 * HOUR_MS } },
      { id: 8, past: PAST },
    ];
    const pasts = {
      after: (id: number, limit: number) =>
        Promise.resolve(log.filter((one) => one.id > id).slice(0, limit)),
    };
    const clock = fakeClock(NOW_MS);
    const { db, failAfter } = failingWrites(real);
    const service = await openAlarms(db, clock, { keeper: { db }, alarms: { pasts } });
    const round = async () => {
      const stopping = new AbortController();
      const task = service.alarms.task.run(stopping.signal);
      for (let i = 0; i < 10; i++) await clock.advance(MINUTE_MS / 60);
      stopping.abort();
      await task;
    };
    failAfter(0);
    await assert.rejects(
      service.alarms.task.run(new AbortController().signal),
      /does not answer/,
    );
    assert.deepEqual((await service.alarms.list({ limit: 10 })).items, []);
    await round();
    // It is forwarded again, as an event of another number.
    log.push({ id: 11, past: PAST });
    await round();
    const { items } = await service.alarms.list({ limit: 10 });
    assert.deepEqual(
      items.map((one) => [one.title, one.state, one.count, one.raised_ms, one.resolved_ms]),
      [["it leaks", "resolved", 2, PAST.raisedMs, PAST.resolvedMs]],
    );
    assert.deepEqual(await service.events.toRoute(10), []);
    assert.equal(service.alarms.open().length, 0);
    const { rows } = await real.query({ sql: "select id from alarm_cursors where name = 'sites'" });
    assert.equal(rows[0][0], 11);
    // The next one that is raised has a number of its own.
    const by = { name: "Ada", audited: () => ({ sql: "select 1" }) };
    const raised = await service.alarms.raise(
      { machine: "hall/press", severity: "warning", text: "it rattles" },
      by,
    );
    assert.notEqual(raised.id, items[0].id);
  } finally {
    await real.close();
    await Deno.remove(folder, { recursive: true });
  }
});
