import assert from "node:assert/strict";
import { answerOf } from "./overview_answer.tsx";

const none = { total: 5, normal: 5, warning: 0, critical: 0, offline: 0, maintenance: 0 };
const alarms = { info: 0, warning: 0, critical: 0, waiting: 0, waiting_critical: 0 };
const sensors = (offline: number, total = 38) => ({ total, offline, unreviewed: 0 });

Deno.test("answerOf says that all is well, for one and for many", () => {
  const { sentence, worst } = answerOf({ sensors: sensors(0), machines: none, alarms });
  assert.deepEqual([sentence, worst], ["All 38 sensors are reporting", null]);
  const one = answerOf({ sensors: sensors(0, 1), machines: { ...none, total: 1 }, alarms });
  assert.equal(one.sentence, "The one sensor is reporting");
});

Deno.test("answerOf counts machines first, the worst colour leads, silence stands below", () => {
  const both = answerOf({
    sensors: sensors(3),
    machines: { ...none, critical: 1, offline: 1 },
    alarms: { ...alarms, warning: 1, critical: 1, waiting: 2 },
  });
  assert.deepEqual(both, {
    sentence: "2 machines need attention",
    worst: "critical",
    details: "1 critical, 1 with silent sensors. 3 of 38 sensors are silent.",
    more: "2 alarms not acknowledged",
  });
  const warning = answerOf({ sensors: sensors(0), machines: { ...none, warning: 1 }, alarms });
  assert.deepEqual([warning.sentence, warning.worst], ["1 machine needs attention", "warning"]);
});

Deno.test("answerOf leaves machines in maintenance alone, and says that their sensors are silent", () => {
  const answer = answerOf({ sensors: sensors(1), machines: { ...none, maintenance: 1 }, alarms });
  assert.deepEqual([answer.sentence, answer.worst], ["1 of 38 sensors is silent", null]);
});

Deno.test("answerOf does not say that all is well over an alarm that nobody has acknowledged", () => {
  const warning = { ...alarms, warning: 1, waiting: 1 };
  assert.deepEqual(answerOf({ sensors: sensors(0), machines: none, alarms: warning }), {
    sentence: "1 alarm not acknowledged",
    worst: "warning",
    details: "All 38 sensors are reporting.",
    more: "Show alarms",
  });
});
