import assert from "node:assert/strict";
import { WELL } from "../../tests/support/alarm_service.ts";
import { SYSTEM_RULES, type SystemFacts } from "./system_rules.ts";

function judge(key: string, facts: Partial<SystemFacts>): string {
  const judged = SYSTEM_RULES.find((rule) => rule.key === key)!.judge({ ...WELL, ...facts });
  return judged === null || judged === "well" ? `${judged}` : judged.text;
}

Deno.test("the rule about refused data judges messages, not what they hold", () => {
  // A battery sensor: each of 30 messages is good, whatever one of its fields is.
  assert.equal(judge("rejected", { intake: { rejected: 0, taken: 30 } }), "well");
  assert.equal(judge("rejected", { intake: { rejected: 19, taken: 0 } }), "well");
  assert.match(
    judge("rejected", { intake: { rejected: 25, taken: 75 } }),
    /^25 % of the messages were refused \(25 of 100\)$/,
  );
});

Deno.test("the rule about new sensors tells that the most of an hour is reached", () => {
  assert.equal(judge("sensor-cap", { refusedNew: 0 }), "well");
  assert.match(judge("sensor-cap", { refusedNew: 3 }), /3 readings.*new_sensors_per_hour/);
});

Deno.test("the rule about the quarantine tells as long as a message stands there", () => {
  assert.equal(judge("quarantine", { quarantine: { count: 0, latest: null } }), "well");
  assert.match(
    judge("quarantine", { quarantine: { count: 1, latest: "factory/a/b" } }),
    /1 message .* from factory\/a\/b/,
  );
});
