import assert from "node:assert/strict";
import { trainingDue } from "./schedule.ts";

const HOUR = 3_600_000, DAY = 24 * HOUR;
const at = (nowMs: number, retrainDays = 7, kind: "normal" | "warning" = "normal") => ({
  nowMs,
  retrainDays,
  kind,
});
/** Trained at 0 on the hours before. */
const model = (hours: number) => ({ createdMs: 0, fromMs: -hours * HOUR, toMs: 0 });

Deno.test("trainingDue: a machine without a model, whatever its state", () => {
  assert.match(trainingDue(null, at(0, 0, "warning"))!, /no model/);
});

Deno.test("trainingDue: a young model when its history has doubled, not before an hour", () => {
  assert.equal(trainingDue(model(5), at(4 * HOUR)), null);
  assert.match(trainingDue(model(5), at(5 * HOUR))!, /twice as long/);
  assert.equal(trainingDue(model(0.2), at(0.5 * HOUR)), null);
});

Deno.test("trainingDue: an old one after the days that are set, never with 0", () => {
  assert.equal(trainingDue(model(56), at(6 * DAY)), null);
  assert.match(trainingDue(model(56), at(7 * DAY))!, /7 days old/);
  assert.equal(trainingDue(model(1), at(400 * DAY, 0)), null);
});

Deno.test("trainingDue: not while the machine is unusual", () => {
  assert.equal(trainingDue(model(1), at(30 * DAY, 7, "warning")), null);
});

Deno.test("trainingDue: what was called a false alarm at once, a real fault when it is over", () => {
  const judged = { ms: 10, falseAlarmMs: 10 };
  const unusual = at(20, 7, "warning");
  assert.match(trainingDue(model(1), { ...unusual, judged })!, /false alarm/);
  const real = { ms: 10, falseAlarmMs: 0 };
  assert.equal(trainingDue(model(1), { ...unusual, judged: real }), null);
  assert.match(trainingDue(model(1), { ...at(20), judged: real })!, /real fault/);
  assert.equal(trainingDue(model(1), { ...at(20, 0), judged }), null, "never by itself");
  const before = { ms: -5, falseAlarmMs: -5 };
  assert.equal(trainingDue(model(1), { ...at(20), judged: before }), null, "taken in already");
});
