import assert from "node:assert/strict";
import { CRITICAL_SCORE, WARNING_SCORE } from "../forest/explain.ts";
import { limitsSchema } from "../limits.ts";
import { judgeByRules, raisedByLimits } from "./rules.ts";

const past = Float64Array.from({ length: 300 }, (_, i) => 60 + Math.sin(i));
const limits = limitsSchema.parse({ warningHigh: 65, criticalHigh: 70 });

Deno.test("judgeByRules: a usual value is normal, and says that rules judged", () => {
  const judged = judgeByRules([{ name: "a", value: 60.2, past, limits: null }]);
  assert.equal(judged.class, "normal");
  assert.match(judged.summary, /judged by rules/);
  assert.ok(judged.confidence > 0 && judged.confidence < 0.6);
});

Deno.test("judgeByRules: three deviations warn, six are critical, the farthest sensor leads", () => {
  const deviation = Math.SQRT1_2;
  const at = (z: number) =>
    judgeByRules([
      { name: "calm", value: 60, past, limits: null },
      { name: "odd", value: 60 + z * deviation, past, limits: null },
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
  const judged = judgeByRules([{ name: "a", value: 71, past: new Float64Array(), limits }]);
  assert.equal(judged.class, "critical");
  assert.match(judged.summary, /beyond its critical limit/);
});

Deno.test("judgeByRules: without past and limits it is honest", () => {
  for (const value of [5, NaN]) {
    const judged = judgeByRules([{ name: "a", value, past: new Float64Array(3), limits: null }]);
    assert.equal(judged.class, "normal");
    assert.equal(judged.confidence, 0);
    assert.match(judged.summary, /Too little is known/);
  }
});

Deno.test("raisedByLimits: a model does not overrule a limit, and a limit lowers nothing", () => {
  const calm = judgeByRules([{ name: "a", value: 60, past, limits: null }]);
  const raised = raisedByLimits(calm, [{ name: "a", value: 66, limits }]);
  assert.equal(raised.class, "warning");
  assert.equal(raised.score, WARNING_SCORE);
  assert.match(raised.summary, /a at 66 is above its warning limit/);
  const odd = { ...calm, score: 0.9, class: "critical" as const };
  assert.equal(raisedByLimits(odd, [{ name: "a", value: 71, limits }]), odd);
  assert.ok(CRITICAL_SCORE < 0.9);
});
