import assert from "node:assert/strict";
import fc from "fast-check";
import { limitJudge } from "../app/judge.ts";
import { directoryOf, groupOf } from "../../tests/support/directory.ts";
import { type FakeClock, fakeClock } from "../../tests/support/fake_clock.ts";
import { newMachine } from "../machines/machine.ts";
import type { Sensor } from "../machines/sensor.ts";
import { DEFAULT_SETTINGS, type SensorSettings } from "../machines/sensor_settings.ts";
import type { MaintenanceWindow } from "../machines/windows.ts";
import { createRecent } from "./recent.ts";
import type { StoredStatus } from "./status_store.ts";
import { createStatuses } from "./statuses.ts";

function setup(
  settings: Partial<SensorSettings>,
  others: Partial<SensorSettings>[] = [],
  before: { stored?: StoredStatus[]; last?: Sensor["last"]; clock?: FakeClock } = {},
) {
  const clock = before.clock ?? fakeClock();
  const sensors = directoryOf(
    [settings, ...others].map((one, i) => ({
      name: `hall/press/s${i}`,
      settings: { ...DEFAULT_SETTINGS, expected_interval_ms: 1000, ...one },
      last: before.last ?? null,
    })),
  );
  const saved: StoredStatus[] = [];
  const machine = newMachine("hall/press", 0, () => false);
  const machines = {
    find: () => machine,
    all: () => [machine],
    deleted: () => [],
    former: () => undefined,
  };
  const startMs = clock.now();
  const recent = createRecent({
    clock,
    sensors,
    rhythmMs: () => null,
    heardSinceMs: () => startMs,
  });
  let window: MaintenanceWindow | null = null;
  const statuses = createStatuses({
    clock,
    sensors,
    machines,
    recent,
    judge: limitJudge,
    windowOf: () => window,
    stored: before.stored,
    save: (changed) => Promise.resolve(void saved.push(...changed)),
  });
  const one = sensors.byNum(1)!;
  return {
    clock,
    statuses,
    machine,
    saved,
    sensor: one,
    sensors,
    maintain: (on: MaintenanceWindow | null) => window = on,
    send(value: number, sensor: Sensor = one) {
      const group = groupOf(sensors, [{ sensor: sensor.name, tMs: clock.now(), value }]);
      sensor.last = { tMs: clock.now(), value };
      recent.add(group);
      statuses.add(group);
      statuses.tick();
      return statuses.sensor(sensor);
    },
  };
}

Deno.test("statuses: a level is held within the hysteresis and left beyond it", () => {
  const { send } = setup({ warning_high: 80, critical_high: 90, hysteresis: 2 });
  assert.deepEqual([79, 80, 78.5, 77.9, 91, 89, 87.9, 70].map((v) => send(v)), [
    "normal",
    "warning",
    "warning",
    "normal",
    "critical",
    "critical",
    "warning",
    "normal",
  ]);
});

Deno.test("statuses: whatever the values, hysteresis keeps a status until the value is back by that much", () => {
  const limits = { warning_low: 20, warning_high: 80, critical_low: 10, critical_high: 90 };
  fc.assert(fc.property(
    fc.double({ min: 0, max: 50, noNaN: true }),
    fc.array(fc.double({ min: -50, max: 150, noNaN: true }), { maxLength: 60 }),
    (hysteresis, values) => {
      const { send } = setup({ ...limits, hysteresis });
      for (const value of values) {
        const status = send(value);
        // Beyond a limit it says so at once; well inside it is normal; in between it may hold.
        if (value >= 90 || value <= 10) assert.equal(status, "critical");
        else if (value >= 80 || value <= 20) assert.notEqual(status, "normal");
        else if (value < 80 - hysteresis && value > 20 + hysteresis) assert.equal(status, "normal");
      }
    },
  ));
});

Deno.test("statuses: noise smaller than the hysteresis changes the status at most once", () => {
  fc.assert(fc.property(
    fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 80 }),
    (noise) => {
      const { send, statuses } = setup({ warning_high: 80, hysteresis: 2.001 });
      send(0);
      for (const one of noise) send(80 + one);
      const changed = statuses.takeChanges().filter((change) => "sensor" in change);
      assert.ok(changed.length <= 1, JSON.stringify(changed));
    },
  ));
});

Deno.test("statuses: the delay runs between readings too, and starts anew after a return", async () => {
  const { clock, send, statuses, sensor } = setup({
    warning_high: 80,
    delay_ms: 5000,
    expected_interval_ms: 60_000,
  });
  assert.equal(send(81), "normal");
  await clock.advance(4000);
  assert.equal(send(70), "normal");
  await clock.advance(2000);
  assert.equal(send(85), "normal");
  await clock.advance(5000);
  statuses.tick();
  assert.equal(statuses.sensor(sensor), "warning");
});

Deno.test("statuses: silent for three expected intervals is offline; critical stays critical", async () => {
  const { clock, send, statuses, sensor, sensors } = setup({ critical_high: 90 }, [{}]);
  send(50);
  await clock.advance(3000);
  assert.equal(statuses.sensor(sensor), "normal");
  await clock.advance(1);
  assert.equal(statuses.sensor(sensor), "offline");
  send(95);
  await clock.advance(60_000);
  statuses.tick();
  assert.equal(statuses.sensor(sensor), "critical");
  assert.equal(statuses.sensor(sensors.byNum(2)!), "offline");
});

Deno.test("statuses: a machine is as its worst sensor; maintenance covers it and says what is below", () => {
  const { send, statuses, sensors, maintain } = setup({ warning_high: 80 }, [{ critical_low: 5 }]);
  send(50);
  send(10, sensors.byNum(2)!);
  statuses.takeChanges();
  assert.equal(statuses.machine("hall/press").status, "normal");
  send(85);
  assert.equal(statuses.machine("hall/press").status, "warning");
  send(4, sensors.byNum(2)!);
  assert.equal(statuses.machine("hall/press").status, "critical");
  maintain({
    id: "w",
    path: "",
    title: "w",
    timing: { kind: "once", from: 0, to: 1 },
    createdMs: 0,
    deletedMs: null,
  });
  statuses.tick();
  const { status, worst, sensors: counts } = statuses.machine("hall/press");
  assert.deepEqual([status, worst, counts.critical, counts.warning], [
    "maintenance",
    "critical",
    1,
    1,
  ]);
  const told = statuses.takeChanges().filter((change) => "machine" in change);
  assert.deepEqual(told.map((change) => [change.before, change.status]), [
    ["normal", "warning"],
    ["warning", "critical"],
    ["critical", "maintenance"],
  ]);
});

Deno.test("statuses: changed limits count at once, from the last value", () => {
  const { send, statuses, sensor } = setup({ warning_high: 80 });
  assert.equal(send(70), "normal");
  sensor.settings = { ...sensor.settings, warning_high: 60 };
  statuses.renew(sensor);
  assert.equal(statuses.sensor(sensor), "warning");
});

Deno.test("statuses: a restart goes on: since when, a level held by hysteresis or delay, silence", async () => {
  const limits = { warning_high: 80, hysteresis: 5, delay_ms: 60_000 };
  const first = setup(limits);
  first.send(85);
  await first.clock.advance(61_000);
  first.send(78);
  first.send(85);
  await first.clock.advance(60_000);
  first.send(84);
  assert.equal(first.send(77), "warning", "held by the hysteresis");
  await first.statuses.store();
  const { clock, saved, sensor, machine } = first;
  const sinceMs = first.statuses.sinceOf(sensor);
  const shown = saved.filter(({ kind }) => kind === "sensor");
  assert.deepEqual(shown, [{ kind: "sensor", id: sensor.id, status: "warning", sinceMs }]);
  const { last } = sensor;

  await clock.advance(2 * 86_400_000);
  const again = setup(limits, [], { stored: saved, last, clock });
  again.statuses.tick();
  assert.equal(again.statuses.sensor(again.sensor), "warning", "neither silent at once nor left");
  assert.equal(again.statuses.sinceOf(again.sensor), sinceMs);
  assert.equal(
    again.statuses.machine(machine.path).sinceMs,
    first.statuses.machine(machine.path).sinceMs,
  );
  assert.deepEqual(again.statuses.takeChanges(), []);
  await clock.advance(4000);
  again.statuses.tick();
  assert.equal(again.statuses.sensor(again.sensor), "offline", "silent since the start");
  assert.equal(again.send(77), "warning");
  assert.equal(again.send(74), "normal");

  const silent: StoredStatus[] = [{ kind: "sensor", id: sensor.id, status: "offline", sinceMs: 7 }];
  const third = setup({ expected_interval_ms: null }, [], { stored: silent, last, clock });
  third.statuses.tick();
  assert.deepEqual(
    [third.statuses.sensor(third.sensor), third.statuses.sinceOf(third.sensor)],
    ["offline", 7],
  );
  assert.equal(third.send(60), "normal");
});
