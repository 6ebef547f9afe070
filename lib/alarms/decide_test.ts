import assert from "node:assert/strict";
import { site } from "../../tests/support/alarm_site.ts";
import {
  ended,
  found,
  NOW_MS,
  observation,
  odd,
  predicted,
  silent,
} from "../../tests/support/alarm_observations.ts";
import { MINUTE_MS } from "../words/times.ts";
import { shifted } from "./record.ts";

Deno.test("decide raises an alarm, counts nothing twice and resolves it with its condition", () => {
  const one = site();
  one.observe(found());
  one.observe(found());
  assert.equal(one.only().count, 1, "raised again while it stands is no occurrence");
  one.observe(found({ severity: "critical", value: 91 }));
  assert.deepEqual([one.only().severity, one.only().value], ["critical", 91]);
  one.observe(ended());
  assert.deepEqual(one.steps, ["raised", "changed", "resolved"]);
  assert.deepEqual([one.only().state, one.only().resolvedBy], ["resolved", null]);
  one.observe(ended());
  assert.equal(one.steps.length, 3, "over once");
});

Deno.test("decide opens the same alarm again within the time of repeats, and a new one after it", () => {
  const one = site();
  one.observe(found());
  one.observe(ended());
  one.after(4 * MINUTE_MS);
  one.observe(found());
  assert.deepEqual([one.only().count, one.only().state], [2, "active"]);
  assert.deepEqual(one.steps, ["raised", "resolved", "reopened"]);
  one.observe(ended());
  one.after(6 * MINUTE_MS);
  one.observe(found());
  assert.deepEqual(one.alarms().map((a) => [a.id, a.count, a.state]), [
    [1, 2, "resolved"],
    [2, 1, "active"],
  ]);
});

Deno.test("decide recognises flapping, stays open and silent, and ends when it rests", () => {
  const one = site();
  for (let i = 0; i < 10; i++) {
    one.observe(found());
    one.after(1000);
    one.observe(ended());
    one.after(1000);
  }
  assert.deepEqual(one.steps, [
    "raised",
    "resolved",
    "reopened",
    "resolved",
    "reopened",
    "resolved",
    "flapping",
  ]);
  const { count, state, flapping, present } = one.only();
  assert.deepEqual({ count, state, flapping, present }, {
    count: 10,
    state: "active",
    flapping: true,
    present: false,
  });
  one.after(5 * MINUTE_MS);
  assert.equal(one.steps.at(-1), "resolved");
  assert.equal(one.only().flapping, false);
});

Deno.test("decide says both when an alarm gets worse with the signal with which it begins to flap", () => {
  const one = site({ resolveWhenClear: "acknowledged" });
  for (let i = 0; i < 3; i++) {
    one.observe(found());
    one.after(1000);
    one.observe(ended());
    one.after(1000);
  }
  one.observe(found({ severity: "critical", value: 91 }));
  assert.deepEqual(one.steps.slice(-2), ["changed", "flapping"]);
  assert.deepEqual([one.only().severity, one.only().flapping], ["critical", true]);
});

Deno.test("decide keeps an alarm that is over until somebody acknowledged it, when that is wanted", () => {
  const one = site({ resolveWhenClear: "acknowledged" });
  one.observe(found());
  one.observe(ended());
  assert.deepEqual([one.only().state, one.only().present], ["active", false]);
  one.observe(found());
  one.observe(ended());
  assert.equal(one.only().count, 2);
  one.do({ kind: "acknowledge" });
  assert.deepEqual(one.steps, ["raised", "cleared", "cleared", "acknowledged", "resolved"]);

  const two = site({ resolveWhenClear: "acknowledged" });
  two.observe(found());
  two.do({ kind: "acknowledge" });
  two.observe(ended());
  assert.deepEqual(two.steps, ["raised", "acknowledged", "resolved"]);
});

Deno.test("decide makes one alarm of everything that tells of the same trouble", () => {
  const one = site();
  one.observe(odd());
  one.observe(found({ severity: "critical" }));
  one.observe(predicted({ severity: "critical", drivers: [1] }));
  one.observe(found({ key: "sensor:s1:rate", detector: "rate", source: "detector" }));
  one.observe(odd({ key: "sensor:s2:streaming", sensor: 2 }));
  const alarm = one.only();
  assert.deepEqual(one.steps, ["raised", "changed"]);
  assert.equal(alarm.cause, "sensor:s1:streaming", "its own cause stays");
  assert.equal(alarm.title, "bearing 83.4 °C is above warning 80 °C", "the worst leads");
  assert.equal(alarm.conditions.length, 5);
  // Its prediction came first: what it named belongs to it, another sensor's limit does not.
  const two = site();
  two.observe(predicted({ drivers: [1] }));
  two.observe(found());
  two.observe(found({ key: "sensor:s9:threshold", sensor: 9 }));
  assert.deepEqual(two.open().map((a) => a.cause), [
    "machine:m1:prediction",
    "sensor:s9:threshold",
  ]);
  // Machines do not mix.
  two.observe(predicted({ key: "machine:m2:prediction", machine: "hall/mixer" }));
  assert.equal(two.open().length, 3);
});

Deno.test("decide resolves when all that stands is over; odd readings alone need quiet", () => {
  const one = site();
  one.observe(found());
  one.observe(odd());
  one.observe(predicted());
  one.observe(ended());
  assert.deepEqual([one.only().state, one.only().title], ["active", "the press is unusual"]);
  one.observe(predicted({ present: false }));
  assert.equal(one.only().state, "resolved");
  // The way back to normal is odd as well.
  one.observe(odd());
  assert.deepEqual([one.only().state, one.steps], ["resolved", ["raised", "resolved"]]);

  const two = site();
  two.observe(odd());
  two.after(59 * MINUTE_MS);
  two.observe(odd());
  two.after(59 * MINUTE_MS);
  assert.deepEqual([two.only().state, two.only().count], ["active", 2]);
  two.do({ kind: "acknowledge" });
  assert.equal(two.only().state, "acknowledged");
  two.after(2 * MINUTE_MS);
  assert.deepEqual([two.only().state, two.only().note], ["resolved", "nothing more for 60 min"]);
});

Deno.test("decide takes odd readings as a hint, however many and of however many sensors", () => {
  const one = site();
  for (let minute = 0; minute < 12; minute++) {
    one.after(MINUTE_MS);
    const tMs = NOW_MS + minute * MINUTE_MS;
    for (const sensor of [1, 2, 3]) {
      one.observe(odd({ key: `sensor:s${sensor}:streaming`, sensor, severity: "info", tMs }));
    }
  }
  assert.equal(one.only().severity, "info");
  assert.deepEqual(one.steps, ["raised"]);
});

Deno.test("decide makes a warning of a hint when the sensor's departure lasts", () => {
  const one = site();
  one.observe(odd({ severity: "info" }));
  one.observe(found({ key: "sensor:s1:departure", source: "detector", detector: "departure" }));
  assert.equal(one.only().severity, "warning");
  assert.deepEqual(one.steps, ["raised", "changed"]);
});

Deno.test("decide takes a model's guess as evidence of an alarm, and raises none of it", () => {
  const one = site();
  one.observe(predicted({ severity: "info" }));
  assert.equal(one.open().length, 0);
  one.observe(found({ key: "sensor:s1:departure", source: "detector", detector: "departure" }));
  one.observe(predicted({ severity: "info", drivers: [1] }));
  assert.deepEqual(one.only().conditions.map(({ source }) => source), ["detector", "prediction"]);
});

Deno.test("decide makes one alarm of the silent sensors of a machine", () => {
  const one = site();
  for (const sensor of [1, 2, 3, 4, 5]) one.observe(silent(sensor));
  assert.equal(
    one.only().title,
    "5 sensors do not report: sensor 1, sensor 2 and 3 more",
  );
  assert.equal(one.only().count, 1);
  for (const sensor of [1, 2, 3, 4]) one.observe(silent(sensor, { present: false }));
  assert.equal(one.only().title, "sensor 5: no reading for 30 s, expected every 1 s");
  one.observe(found());
  assert.equal(one.open().length, 2, "a limit is another trouble");
  one.observe(silent(5, { present: false }));
  assert.deepEqual(one.steps, ["raised", "raised", "resolved"]);
});

Deno.test("decide does not raise again what somebody resolved while it stands, unless it gets worse", () => {
  const one = site();
  one.observe(predicted());
  one.do({ kind: "resolve", note: "known", verdict: null });
  one.after(10 * MINUTE_MS);
  one.observe(predicted());
  assert.equal(one.open().length, 0);
  one.observe(predicted({ severity: "critical" }));
  assert.deepEqual(one.open().map((a) => [a.id, a.severity]), [[2, "critical"]]);

  const two = site();
  two.observe(found());
  two.do({ kind: "resolve", note: null, verdict: "real" });
  two.observe(ended());
  two.observe(found());
  assert.equal(two.open()[0].id, 2, "a person ended the first: this is another");
});

Deno.test("decide asks again when it gets worse: acknowledged and shelved were for less", () => {
  const one = site();
  one.observe(found());
  one.do({ kind: "acknowledge" });
  one.do({ kind: "shelve", untilMs: NOW_MS + 60 * MINUTE_MS, note: null });
  one.observe(found({ severity: "critical" }));
  const { state, shelvedUntilMs, acknowledgedBy } = one.only();
  assert.deepEqual([state, shelvedUntilMs, acknowledgedBy], ["active", null, null]);
});

Deno.test("pass ends a shelf, also over alarms that come and go meanwhile", () => {
  const one = site();
  one.observe(found());
  one.do({ kind: "shelve", untilMs: NOW_MS + 60 * MINUTE_MS, note: "part is ordered" });
  one.observe(ended());
  one.after(30 * MINUTE_MS);
  one.observe(found());
  assert.equal(one.only().count, 2, "the same alarm, still shelved");
  one.after(31 * MINUTE_MS);
  assert.deepEqual(one.steps, ["raised", "shelved", "resolved", "reopened", "unshelved"]);
  assert.throws(() => one.do({ kind: "unshelve" }), /not shelved/);
  assert.throws(
    () => one.do({ kind: "shelve", untilMs: NOW_MS, note: null }),
    /must be in the future/,
  );
});

Deno.test("pass escalates step by step until somebody acknowledges", () => {
  const one = site({ escalationMinutes: () => [10, 30] });
  one.observe(found());
  one.after(9 * MINUTE_MS);
  assert.deepEqual(one.steps, ["raised"]);
  one.after(2 * MINUTE_MS);
  assert.deepEqual(one.steps, ["raised", "escalated"]);
  one.do({ kind: "acknowledge" });
  one.after(60 * MINUTE_MS);
  assert.deepEqual(one.steps, ["raised", "escalated", "acknowledged"]);
});

Deno.test("pass tells of an alarm that outlasts its maintenance", () => {
  const one = site({ escalationMinutes: () => [1] });
  one.observe(found(), true);
  assert.equal(one.only().maintenance, true);
  one.after(10 * MINUTE_MS, { maintenance: true });
  assert.deepEqual(one.steps, ["raised"], "no escalation meanwhile");
  one.after(MINUTE_MS);
  assert.deepEqual([one.steps.at(-1), one.only().maintenance], ["unshelved", false]);
});

Deno.test("withdraw resolves with its reason what nobody watches any more", () => {
  const one = site({ resolveWhenClear: "acknowledged" });
  one.observe(found());
  one.withdraw("the limit was removed");
  assert.deepEqual([one.only().state, one.only().note], ["resolved", "the limit was removed"]);
});

Deno.test("obey tells the slower of two who was faster", () => {
  const one = site();
  one.observe(found());
  one.do({ kind: "acknowledge" }, "Ada");
  one.after(3000);
  assert.throws(
    () => one.do({ kind: "acknowledge" }, "Bob"),
    /^PerchError: Ada acknowledged it 3 s ago$/,
  );
  one.do({ kind: "resolve", note: "greased", verdict: "real" }, "Bob");
  one.after(5000);
  assert.throws(
    () => one.do({ kind: "resolve", note: null, verdict: null }, "Ada"),
    (error: Error & { code?: string }) =>
      error.code === "conflict" && error.message === "Bob resolved it 5 s ago",
  );
  const later = one.do({ kind: "judge", verdict: "false_alarm" }, "Ada");
  assert.deepEqual([later.verdict, later.resolvedBy], ["false_alarm", "Bob"]);
});

Deno.test("shifted moves every timer with the host's clock", () => {
  const one = site({ escalationMinutes: () => [10] });
  one.observe(observation());
  const alarm = one.do({ kind: "shelve", untilMs: NOW_MS + MINUTE_MS, note: null });
  const moved = shifted(alarm, 1e9);
  assert.equal(moved.shelvedUntilMs, NOW_MS + MINUTE_MS + 1e9);
  assert.equal(moved.dueMs, alarm.dueMs! + 1e9);
  assert.equal(moved.raisedMs, alarm.raisedMs, "what was shown stays");
});
