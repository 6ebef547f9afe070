import assert from "node:assert/strict";
import { CRITICAL_SCORE, WARNING_SCORE } from "../forest/explain.ts";
import { limitsSchema } from "../limits.ts";
import { isLearning, judgeByRules, LEARNED_MS, learnedOf, raisedByLimits } from "./rules.ts";

const past = Float64Array.from({ length: 300 }, (_, i) => 60 + Math.sin(i));
const learnedMs = LEARNED_MS;
const limits = limitsSchema.parse({ warningHigh: 65, criticalHigh: 70 });

Deno.test("judgeByRules: a usual value is normal, and says that rules judged", () => {
  const judged = judgeByRules([{ name: "a", value: 60.2, past, learnedMs, limits: null }]);
  assert.equal(judged.class, "normal");
  assert.match(judged.summary, /judged by rules/);
  assert.ok(judged.confidence > 0 && judged.confidence < 0.6);
});

Deno.test("judgeByRules: three deviations warn, six are critical, the farthest sensor leads", () => {
  const deviation = Math.SQRT1_2;
  const at = (z: number) =>
    judgeByRules([
      { name: "calm", value: 60, past, learnedMs, limits: null },
      { name: "odd", value: 60 + z * deviation, past, learnedMs, limits: null },
    ]);
  assert.equal(at(2.5).class, "normal");
  assert.equal(at(4).class, "warning");
  const critical = at(8);
  assert.equal(critical.class, "critical");
  assert.equal(critical.sensors[0].name, "odd");
  assert.ok(critical.sensors[0].contribution > 0.9 && critical.sensors[0].outside);
  assert.match(critical.action, /Inspect what odd measures; consider stopping/);
});

Deno.test("judgeByRules: a limit counts without any past", () => {
  const judged = judgeByRules([{
    name: "a",
    value: 71,
    past: new Float64Array(),
    learnedMs: 0,
    limits,
  }]);
  assert.equal(judged.class, "critical");
  assert.match(judged.summary, /beyond its critical limit/);
});

Deno.test("judgeByRules: without past and limits it is honest", () => {
  for (const value of [5, NaN]) {
    const judged = judgeByRules([{
      name: "a",
      value,
      past: new Float64Array(3),
      learnedMs: 0,
      limits: null,
    }]);
    assert.equal(judged.class, "normal");
    assert.equal(judged.confidence, 0);
    assert.match(judged.summary, /Still learning what is usual: 3 h of readings are needed, none/);
    assert.ok(isLearning({ ...judged, source: "rules" }));
  }
});

Deno.test("judgeByRules: before three hours nothing is called unusual, but a limit counts", () => {
  const input = { name: "a", value: 90, past, learnedMs: LEARNED_MS / 2, limits: null };
  const judged = judgeByRules([input]);
  assert.deepEqual([judged.class, judged.score, judged.confidence], ["normal", 0, 0]);
  assert.match(judged.summary, /90 min so far; until then only limits count/);
  const limited = judgeByRules([{ ...input, limits }]);
  assert.deepEqual([limited.class, limited.confidence], ["critical", 0.6]);
  assert.match(limited.summary, /beyond its critical limit/);
  const learned = judgeByRules([{ ...input, learnedMs }]);
  assert.deepEqual([learned.class, learned.confidence], ["critical", 0.3]);
  assert.equal(learnedOf([0, 60_000, 120_000, 36_000_000]), 1_920_000, "gaps teach nothing");
});

Deno.test("raisedByLimits: a model does not overrule a limit, and a limit lowers nothing", () => {
  const calm = judgeByRules([{ name: "a", value: 60, past, learnedMs, limits: null }]);
  const raised = raisedByLimits(calm, [{ name: "a", value: 66, limits }]);
  assert.equal(raised.class, "warning");
  assert.equal(raised.score, WARNING_SCORE);
  assert.match(raised.summary, /a at 66 is above its warning limit/);
  const odd = { ...calm, score: 0.9, class: "critical" as const };
  assert.equal(raisedByLimits(odd, [{ name: "a", value: 71, limits }]), odd);
  assert.ok(CRITICAL_SCORE < 0.9);
});
