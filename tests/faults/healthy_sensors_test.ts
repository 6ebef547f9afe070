/**
 * Sensors with which nothing is wrong, as people have them, and nothing is configured: no alarm, and nobody is
 * offline. What detection, alarms and statuses make of them, by a clock that the test moves.
 * `SABOTAGE=healthy_rules` brings the former rules back (stuck after an hour for every number; silent after
 * three mean intervals, two hours at most, for every sensor): each test must then be red.
 */
import assert from "node:assert/strict";
import { createRecent } from "../../lib/live/recent.ts";
import { silence } from "../../lib/detect/detectors/silence.ts";
import { stuck } from "../../lib/detect/detectors/stuck.ts";
import type { Watch } from "../../lib/detect/runner/watched.ts";
import type { SensorKind } from "../../lib/readings/reading.ts";
import { directoryOf, groupOf } from "../support/directory.ts";
import { fakeClock } from "../support/fake_clock.ts";
import { faultsOf, playHouse } from "../support/house.ts";
import { OfflineSite } from "../support/offline_site.ts";
import { sabotaged } from "../support/sabotage.ts";

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const NAME = "place/machine/sensor";
const broken = sabotaged("healthy_rules");

/** The former rules, where they are asked for; `meanMs`: of the sensor's readings. */
function formerRules(meanMs: number): (watches: Watch[]) => Watch[] {
  const expectedMs = Math.round(Math.min(40 * MINUTE, Math.max(5 * SECOND, meanMs)));
  return (watches) => [
    ...watches.filter(({ detector }) => detector.name !== "silence"),
    { detector: stuck, options: stuck.options.parse({}) },
    { detector: silence, options: silence.options.parse({ expectedMs }) },
  ];
}

/** One sensor of a site. */
function one(kind: SensorKind, meanMs: number) {
  const clock = fakeClock(Date.UTC(2026, 2, 2, 12));
  const site = new OfflineSite(broken ? { replan: formerRules(meanMs) } : {});
  const sensor = site.sensor(NAME, null, kind);
  const sensors = directoryOf([{ name: NAME, kind }]);
  const registered = sensors.find(NAME)!;
  const startMs = clock.now();
  const recent = createRecent({
    clock,
    sensors,
    rhythmMs: () => site.allowedMs(sensor),
    heardSinceMs: () => startMs,
  });
  return {
    /** A reading of this age. */
    say(value: number, ageMs = 0) {
      const tMs = clock.now() - ageMs;
      registered.last = { tMs, value };
      site.read(sensor, tMs, value, clock.now());
      recent.add(groupOf(sensors, [{ sensor: NAME, tMs, value }]));
    },
    async pass(ms: number) {
      const stepMs = Math.max(10 * SECOND, ms / 1000);
      for (let left = ms; left > 0; left -= stepMs) {
        await clock.advance(Math.min(stepMs, left));
        site.tick(clock.now());
      }
    },
    status: () => recent.status(registered),
    alarms: () => [...site.alarms.values()].map(({ alarm }) => alarm.title),
  };
}

Deno.test("healthy: an inverter that says 0 W all night raises nothing", async () => {
  const inverter = one("number", MINUTE);
  for (let minute = 80; minute > 0; minute--) inverter.say(0, minute * MINUTE);
  for (let minute = 0; minute < 8 * 60; minute++) {
    inverter.say(0);
    await inverter.pass(MINUTE);
  }
  assert.deepEqual(inverter.alarms(), []);
  assert.equal(inverter.status(), "normal");
});

for (const kind of ["binary", "text", "number"] as const) {
  Deno.test(`healthy: ten openings (${kind}) and then nothing for hours are no silence`, async () => {
    const door = one(kind, 1200);
    for (let i = 0; i < 10; i++) {
      door.say(i % 3);
      await door.pass(1200);
    }
    await door.pass(MINUTE);
    assert.equal(door.status(), "normal");
    await door.pass(5 * HOUR);
    assert.equal(door.status(), "normal");
    assert.deepEqual(door.alarms(), []);
  });
}

Deno.test("healthy: a daily meter is offline three days after its last reading, not before", async () => {
  const meter = one("number", DAY);
  for (let day = 8; day >= 0; day--) meter.say(100 - 0.2 * day, day * DAY);
  await meter.pass(2.5 * HOUR);
  assert.equal(meter.status(), "normal");
  await meter.pass(3 * DAY - 3 * HOUR);
  assert.equal(meter.status(), "normal");
  assert.deepEqual(meter.alarms(), []);
  await meter.pass(HOUR);
  assert.equal(meter.status(), "offline");
  assert.match(meter.alarms().join(), /no reading for 3 days/);
});

Deno.test("healthy: what spoke once has no rhythm", async () => {
  const scale = one("number", HOUR);
  scale.say(81.4);
  await scale.pass(30 * DAY);
  assert.equal(scale.status(), "normal");
  assert.deepEqual(scale.alarms(), []);
});

Deno.test("healthy: nine days of a house and a plant without a word, then ten faults, all found in time", () => {
  const replan = broken ? formerRules(HOUR) : undefined;
  const report = playHouse({ seed: 77, days: 14, faults: faultsOf(77), replan });
  assert.ok(report.sensors >= 60, String(report.sensors));
  assert.deepEqual(report.falseWarnings.slice(0, 20), []);
  assert.ok(report.hintsMost <= 1, `${report.hintsMost} hints of one sensor in a week`);
  const missed = report.found.filter(({ minutes }) => minutes === null);
  assert.deepEqual(missed.map(({ fault }) => `${fault.kind} of ${fault.machine}`), []);
});
