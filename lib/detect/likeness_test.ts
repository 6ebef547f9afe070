import assert from "node:assert/strict";
import type { Judged, Reason } from "./detector.ts";
import { isCalledFalse, JUDGED_MOST, judgedOf } from "./likeness.ts";

/** A value that is `point` tens of surprise too high. */
const high = (point: number, component = "point"): Reason => ({
  text: "far away",
  value: 9,
  component,
  numbers: { point, relative: 1, level: 1, activity: 1, still: 0, expected: 5 },
});
const low = (point: number): Reason => ({ ...high(point), value: 1 });
const said = (...reasons: Reason[]): Judged[] =>
  reasons.map((reason) => judgedOf(reason, "false_alarm"));

Deno.test("isCalledFalse: what is like two false alarms is one; what is far greater, of the other side or of another part is not", () => {
  assert.equal(isCalledFalse(high(3), []), false);
  assert.equal(isCalledFalse(high(3.2), said(high(3))), false, "one word says little");
  const judged = said(high(3), high(3.3));
  assert.equal(isCalledFalse(high(3.1), judged), true);
  assert.equal(isCalledFalse(high(4.8), judged), false);
  assert.equal(isCalledFalse(low(3.1), judged), false);
  assert.equal(isCalledFalse(high(3.1, "activity"), judged), false);
});

Deno.test("isCalledFalse: real ones that are as like outweigh false alarms", () => {
  const judged = [...said(high(3), high(3.3)), judgedOf(high(3.1), "real")];
  assert.equal(isCalledFalse(high(3.1), judged), false);
});

Deno.test("isCalledFalse takes findings of older versions, with fewer numbers", () => {
  const old: Reason = { text: "", component: "still" };
  assert.equal(isCalledFalse(old, said(old)), true);
  assert.ok(JUDGED_MOST >= 50);
});
