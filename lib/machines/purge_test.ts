import assert from "node:assert/strict";
import { openTestDatabase } from "../../tests/support/database.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { silentLog } from "../base/log.ts";
import type { AuditChange } from "../events/audit_change.ts";
import { DAY_MS } from "../words/times.ts";
import { purgeTask, UNDO_DAYS } from "./purge.ts";
import { createRegistry } from "./registry.ts";
import { createMachinesService } from "./service.ts";
import { loadRegistry, loadWindows } from "./store.ts";

Deno.test("purgeTask removes what was deleted 30 days ago, writes to the audit log, and not on a clock jump", async () => {
  const dir = await Deno.makeTempDir({ prefix: "perch-purge-" });
  const db = await openTestDatabase(dir);
  const clock = fakeClock();
  let noted: string[] = [];
  const audit = ({ action, resource }: AuditChange) => {
    noted.push(`${action} ${resource}`);
    return { sql: "select 1" };
  };
  const forgotten: number[] = [];
  const registry = createRegistry({ clock, rows: { ...await loadRegistry(db), last: [] } });
  const service = createMachinesService({
    db,
    clock,
    registry,
    windows: [],
    limitFaults: () => [],
    // The second one's readings cannot be deleted yet.
    onPurge: ({ num }) => Promise.resolve(num === 2 ? null : (forgotten.push(num), [])),
  });
  await service.addSensor({ name: "hall/press/a" }, audit);
  await service.addSensor({ name: "hall/press/b" }, audit);
  await service.addSensor({ name: "hall/mixer/c" }, audit);
  await service.addSensor({ name: "hall/mixer/d" }, audit);
  for (const path of ["hall/press", "hall/mixer"]) {
    await service.addMachine({ path }, audit).catch(() => {});
  }
  const timing = { kind: "once", from: 1, to: 2 } as const;
  const window = await service.addWindow({ path: "", title: "w", timing }, audit);
  const startMs = clock.now();
  let trustedMs = startMs;
  const stop = new AbortController();
  const running = purgeTask({
    clock,
    log: silentLog(),
    service,
    deletionMs: () => trustedMs,
    audited: audit,
  }).run(stop.signal).catch(() => {});
  const days = async (n: number) => {
    for (let i = 0; i < n; i++) {
      trustedMs += DAY_MS;
      await clock.advance(DAY_MS);
      // The writes of the purge take real time.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await service.removeMachine("hall/press", audit);
  await service.removeSensor("hall/mixer/d", audit);
  await service.removeWindow(window.id, audit);
  noted = [];
  clock.jump(3650 * DAY_MS);
  await days(UNDO_DAYS - 1);
  assert.equal(noted.length, 0, "29 days, whatever the host's clock says");
  await days(3);
  assert.deepEqual(noted.map((line) => line.split(" ")[0]).sort(), [
    "maintenance.purge",
    "sensor.purge",
    "sensor.purge",
  ]);
  assert.deepEqual(forgotten, [1, 4]);
  await assert.rejects(service.restoreSensor("hall/mixer/d", audit), /no deleted sensor/);
  await assert.rejects(service.restoreWindow(window.id, audit), /no maintenance window/);
  const { sensors, machines } = await loadRegistry(db);
  assert.deepEqual(sensors.map(({ name }) => name), ["hall/press/b", "hall/mixer/c"]);
  // A machine stays as long as one of its sensors does.
  assert.deepEqual(machines.map(({ path }) => path).sort(), ["hall/mixer", "hall/press"]);
  assert.deepEqual(await loadWindows(db), []);
  await service.restoreMachine("hall/press", audit);
  assert.equal(registry.find("press/b")?.num, 2);
  stop.abort();
  await running;
  await db.close();
  await Deno.remove(dir, { recursive: true });
});
