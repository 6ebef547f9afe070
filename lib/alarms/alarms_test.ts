import assert from "node:assert/strict";
import { openAlarms, sensorOf, WELL } from "../../tests/support/alarm_service.ts";
import { NOW_MS } from "../../tests/support/alarm_observations.ts";
import { openTestDatabase } from "../../tests/support/database.ts";
import { failingWrites } from "../../tests/support/failing_writes.ts";
import { type FakeClock, fakeClock } from "../../tests/support/fake_clock.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { NamedFinding } from "../detect/findings_store.ts";
import type { FindingPhase } from "../detect/detector.ts";
import type { Severity } from "../words/severity.ts";
import { MINUTE_MS } from "../words/times.ts";
import { createAlarmStore } from "./alarm_store.ts";

async function withDatabase(
  work: (db: Database, clock: FakeClock) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-alarms-" });
  const db = await openTestDatabase(folder);
  try {
    await work(db, fakeClock(NOW_MS));
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

let groups = 0;
function threshold(
  sensor: number,
  phase: FindingPhase,
  severity: Severity = phase === "cleared" ? "info" : "warning",
): NamedFinding {
  const reason = { text: "9 is at or above the warning limit 8", value: 9, numbers: { limit: 8 } };
  const finding = { detector: "threshold", tMs: NOW_MS, phase, severity, score: 0.6, reason };
  return { sensor, groupId: ++groups, item: 0, finding };
}

/** Runs the task of a service while `work` lasts. */
async function running(
  service: Awaited<ReturnType<typeof openAlarms>>,
  clock: FakeClock,
  work: (until: (look: () => boolean) => Promise<void>) => Promise<void>,
): Promise<void> {
  const stopping = new AbortController();
  const task = service.alarms.task.run(stopping.signal);
  try {
    await work(async (look) => {
      for (let i = 0; !look(); i++) {
        assert.ok(i < 500, "it did not happen");
        service.alarms.wake();
        await clock.advance(2);
        await new Promise((r) => setTimeout(r, 1));
      }
    });
  } finally {
    stopping.abort();
    await task;
  }
}

const by = { name: "Ada", audited: () => ({ sql: "select 1" }) as SqlStatement };

Deno.test("createAlarms goes on after a restart: open alarms, timers, counts and cursors", () =>
  withDatabase(async (db, clock) => {
    const first = await openAlarms(db, clock);
    await running(first, clock, async (until) => {
      await first.findings.add([threshold(1, "raised"), threshold(2, "raised", "critical")]);
      await until(() => first.alarms.open().length === 2);
      const untilMs = clock.now() + 30 * MINUTE_MS;
      await first.alarms.act("1", { kind: "shelve", untilMs, note: null }, by);
    });
    await first.findings.add([threshold(2, "cleared")]);
    const second = await openAlarms(db, clock);
    assert.deepEqual(second.alarms.counts(), {
      ...{ info: 0, warning: 1, critical: 1 },
      waiting: 1,
      waiting_critical: 1,
    });
    await running(second, clock, async (until) => {
      await until(() => second.alarms.open().length === 1);
      await clock.advance(31 * MINUTE_MS);
      await until(() => second.alarms.counts().waiting === 1);
    });
    const types = second.told.flatMap((told) => told.transitions.map((t) => t.type));
    assert.deepEqual(types, ["alarm.resolved", "alarm.unshelved"]);
    await second.findings.add([threshold(3, "raised")]);
    const third = await openAlarms(db, clock);
    await running(third, clock, (until) => until(() => third.alarms.open().length === 2));
    assert.deepEqual(third.alarms.open().map(({ id }) => id), ["3", "1"], "no id is used twice");
  }));

Deno.test("createKeeper leaves no trace of a change that was not written, and reads it again", () =>
  withDatabase(async (db, clock) => {
    let full = true;
    const failing: Pick<Database, "write"> = {
      write: (statements) => full ? Promise.reject(new Error("disk full")) : db.write(statements),
    };
    const service = await openAlarms(db, clock, { keeper: { db: failing } });
    await service.findings.add([threshold(1, "raised")]);
    await assert.rejects(service.alarms.task.run(new AbortController().signal), /disk full/);
    assert.deepEqual(service.alarms.open(), []);
    assert.deepEqual(service.told, []);
    full = false;
    await running(service, clock, (until) => until(() => service.alarms.open().length === 1));
    assert.deepEqual(service.alarms.open().map(({ id, count }) => [id, count]), [["1", 1]]);
    full = true;
    await assert.rejects(service.alarms.act("1", { kind: "acknowledge" }, by), /disk full/);
    assert.equal(service.alarms.open()[0].state, "active");
  }));

Deno.test("createKeeper shows a change when it is committed, and not before", () =>
  withDatabase(async (real, clock) => {
    const { db, holdNext } = failingWrites(real);
    const service = await openAlarms(real, clock, { keeper: { db } });
    await running(service, clock, async (until) => {
      await service.findings.add([threshold(1, "raised")]);
      await until(() => service.alarms.open().length === 1);
    });
    for (const fail of [true, false]) {
      const release = holdNext();
      const acted = service.alarms.act("1", { kind: "acknowledge" }, by).then(
        () => "done",
        () => "failed",
      );
      await new Promise((r) => setTimeout(r, 20));
      assert.equal(service.alarms.open()[0].state, "active", "under way");
      assert.equal((await service.alarms.find("1")).state, "active", "under way");
      assert.equal(service.alarms.counts().waiting, 1);
      release(fail);
      assert.equal(await acted, fail ? "failed" : "done");
      const { rows } = await real.query({ sql: "select state from alarms" });
      assert.equal(service.alarms.open()[0].state, rows[0][0], "memory and disk");
    }
    assert.equal(service.alarms.counts().waiting, 0);
  }));

Deno.test("createKeeper: a machine that is moved while a change fails stays moved", () =>
  withDatabase(async (real, clock) => {
    const { db, holdNext } = failingWrites(real);
    const service = await openAlarms(real, clock, { keeper: { db } });
    await running(service, clock, async (until) => {
      await service.findings.add([threshold(1, "raised")]);
      await until(() => service.alarms.open().length === 1);
    });
    for (const fail of [true, false]) {
      const release = holdNext();
      const command = { kind: "shelve", untilMs: clock.now() + MINUTE_MS, note: null } as const;
      const acted = service.alarms.act("1", command, by).catch(() => {});
      await new Promise((r) => setTimeout(r, 20));
      const { machine } = service.keeper.book.get(1)!;
      const move = service.alarms.move(machine!, `${machine}2`);
      await real.write(move.statements);
      move.moved();
      release(fail);
      await acted;
      const { rows } = await real.query({ sql: "select machine from alarms" });
      assert.equal(service.keeper.book.get(1)!.machine, `${machine}2`);
      assert.equal(rows[0][0], `${machine}2`);
    }
  }));

Deno.test("createAlarms repeats what a failed write kept it from: a recheck, a clock that was set", () =>
  withDatabase(async (real, clock) => {
    const { db, failAfter } = failingWrites(real);
    let gone: string | null = null;
    const service = await openAlarms(real, clock, {
      options: { escalationMinutes: () => [10] },
      keeper: { db },
      alarms: { gone: () => gone },
    });
    await running(service, clock, async (until) => {
      await service.findings.add([threshold(1, "raised")]);
      await until(() => service.alarms.open().length === 1);
    });
    const failing = async () => {
      failAfter(0);
      const stopping = new AbortController();
      const ended = assert.rejects(service.alarms.task.run(stopping.signal), /does not answer/);
      await ended;
    };
    clock.jump(365 * 86_400_000);
    await failing();
    await running(service, clock, async (until) => {
      await until(() => true);
      await clock.advance(9 * MINUTE_MS);
      await until(() => true);
    });
    assert.equal(service.alarms.open()[0].escalated, 0, "the timer moved with the clock");
    gone = "the sensor was deleted";
    service.alarms.recheck(1);
    await failing();
    await running(service, clock, (until) => until(() => service.alarms.open().length === 0));
  }));

Deno.test("createKeeper writes what stands alongside and what an act brings in the same transaction", () =>
  withDatabase(async (db, clock) => {
    await db.write([{ sql: "create table beside (what text)" }]);
    const row = (what: string) => ({ sql: "insert into beside values (?)", args: [what] });
    const service = await openAlarms(db, clock, {
      keeper: { alongside: (steps) => Promise.resolve(steps.map(({ type }) => row(type))) },
    });
    await running(service, clock, async (until) => {
      await service.findings.add([threshold(1, "raised")]);
      await until(() => service.alarms.open().length === 1);
      await service.alarms.act("1", { kind: "acknowledge" }, by, { also: [row("also")] });
      await assert.rejects(
        service.alarms.act("1", { kind: "resolve", note: null, verdict: null }, by, {
          also: [{ sql: "insert into nowhere values (1)" }],
        }),
      );
    });
    const { rows } = await db.query({ sql: "select what from beside" });
    assert.deepEqual(rows.flat(), ["alarm.raised", "alarm.acknowledged", "also"]);
    assert.equal((await service.alarms.find("1")).state, "acknowledged");
  }));

Deno.test("createAlarms lets timers wait as long as before when the host's clock is set", () =>
  withDatabase(async (db, clock) => {
    const service = await openAlarms(db, clock, {
      options: { escalationMinutes: () => [10] },
    });
    await running(service, clock, async (until) => {
      await service.findings.add([threshold(1, "raised")]);
      await until(() => service.alarms.open().length === 1);
      clock.jump(365 * 86_400_000);
      await until(() => service.told.some((told) => told.updated.length > 0));
      await clock.advance(9 * MINUTE_MS);
      await until(() => true);
      assert.equal(service.alarms.open()[0].escalated, 0);
      await clock.advance(2 * MINUTE_MS);
      await until(() => service.alarms.open()[0].escalated === 1);
    });
  }));

Deno.test("createAlarms withdraws what can no longer be judged, also after a restart", () =>
  withDatabase(async (db, clock) => {
    const first = await openAlarms(db, clock);
    await running(first, clock, async (until) => {
      await first.findings.add([threshold(1, "raised"), threshold(2, "raised")]);
      await until(() => first.alarms.open().length === 2);
    });
    const second = await openAlarms(db, clock, {
      alarms: { gone: ({ sensor }) => sensor === 1 ? "the sensor was deleted" : null },
    });
    await running(second, clock, (until) => until(() => second.alarms.open().length === 1));
    const ended = await second.alarms.find("1");
    assert.deepEqual([ended.state, ended.note], ["resolved", "the sensor was deleted"]);
  }));

Deno.test("createAlarms judges Perch itself and says when it is well again", () =>
  withDatabase(async (db, clock) => {
    let facts = { ...WELL, diskUsed: 0.97, outboxQueued: 51 };
    const service = await openAlarms(db, clock, {
      alarms: { facts: () => Promise.resolve(facts) },
    });
    await running(service, clock, async (until) => {
      await until(() => service.alarms.open().length === 2);
      const titles = service.alarms.open().map((alarm) => [alarm.severity, alarm.title]);
      assert.deepEqual(titles, [
        ["critical", "the data disk is 97 % full"],
        ["warning", "51 deliveries wait to be sent, more than 50"],
      ]);
      facts = { ...facts, diskUsed: 0.5, outboxQueued: null as never };
      await clock.advance(10_000);
      await until(() => service.alarms.open().length === 1);
      assert.equal(service.alarms.open()[0].cause, "system:outbox-queue", "not known: it stands");
    });
  }));

Deno.test("createAlarmStore purges no alarm that opens again in the same moment", () =>
  withDatabase(async (db, clock) => {
    const service = await openAlarms(db, clock);
    await running(service, clock, async (until) => {
      await service.findings.add([threshold(1, "raised"), threshold(1, "cleared")]);
      await until(() =>
        service.told.some(({ transitions }) =>
          transitions.some(({ type }) => type === "alarm.resolved")
        )
      );
    });
    const reopening: Database = {
      ...db,
      async query(statement) {
        const result = await db.query(statement);
        await db.write([{ sql: "update alarms set state = 'active', resolved_ms = null" }]);
        return result;
      },
    };
    await createAlarmStore(reopening).purge(clock.now() + 1, 10);
    assert.equal((await service.alarms.list({})).items.length, 1);
  }));

Deno.test("createAlarmStore purges old resolved alarms with their events, in steps", () =>
  withDatabase(async (db, clock) => {
    const service = await openAlarms(db, clock);
    await running(service, clock, async (until) => {
      await service.findings.add(
        [1, 2, 3].flatMap((sensor) => [threshold(sensor, "raised"), threshold(sensor, "cleared")]),
      );
      await service.findings.add([threshold(4, "raised")]);
      await until(() => service.alarms.open().length === 1);
    });
    const routed = await service.events.toRoute(100);
    await db.write([service.events.routed(routed.map(({ id }) => id))]);
    const store = createAlarmStore(db);
    assert.equal(await store.purge(NOW_MS, 2), 0, "not old enough");
    assert.equal(await store.purge(clock.now() + 1, 2), 2);
    assert.equal(await store.purge(clock.now() + 1, 2), 1);
    assert.equal(await store.purge(clock.now() + 1, 2), 0);
    assert.deepEqual((await service.alarms.list({})).items.map(({ sensor }) => sensor), [
      `hall/press/${sensorOf(4).sensor}`,
    ]);
    assert.equal((await service.events.list({})).items.length, 1);
  }));
