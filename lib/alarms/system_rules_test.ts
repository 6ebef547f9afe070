import assert from "node:assert/strict";
import { WELL } from "../../tests/support/alarm_service.ts";
import type { SystemFacts, Wrong } from "./system_facts.ts";
import { SYSTEM_RULES } from "./system_rules.ts";

function judge(key: string, facts: Partial<SystemFacts>): string {
  const judged = SYSTEM_RULES.find((rule) => rule.key === key)!.judge({ ...WELL, ...facts });
  if (judged === null || judged === "well") return `${judged}`;
  if ("severity" in judged) return judged.text;
  return judged.size === 0 ? "well" : Array.from(judged, ([name, { text }]) => `${name}: ${text}`)
    .join("\n");
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

Deno.test("the rule about what waits for the history server is critical once that was away for a day", () => {
  const severity = (away: boolean) => {
    const { judge } = SYSTEM_RULES.find(({ key }) => key === "history-backlog")!;
    return (judge({ ...WELL, historyBacklog: { text: "much waits", away } }) as Wrong).severity;
  };
  assert.equal(judge("history-backlog", {}), "well");
  assert.equal(judge("history-backlog", { historyBacklog: { text: "much", away: true } }), "much");
  assert.deepEqual([severity(false), severity(true)], ["warning", "critical"]);
});

Deno.test("the rule about the quarantine tells as long as a message stands there", () => {
  assert.equal(judge("quarantine", { quarantine: { count: 0, latest: null } }), "well");
  assert.match(
    judge("quarantine", { quarantine: { count: 1, latest: "factory/a/b" } }),
    /1 message .* from factory\/a\/b/,
  );
});

Deno.test("the rules about other programs have the limits of Perch's own deliveries, and judge each by itself", () => {
  const program = (name: string, change: Partial<SystemFacts["programs"][number]> = {}) => ({
    name,
    state: "online" as const,
    detail: "",
    queue: null,
    failed: null,
    tries: null,
    successes: null,
    ...change,
  });
  const of = (key: string, ...changes: Parameters<typeof program>[1][]) =>
    judge(key, { programs: changes.map((change, i) => program(`p${i}`, change)) });
  assert.equal(of("program-queue", { queue: 50 }, {}), "well");
  assert.equal(
    of("program-queue", { queue: 51 }, { queue: 3 }, { queue: 70 }),
    "p0: 51 wait at p0, more than 50\np2: 70 wait at p2, more than 50",
  );
  assert.equal(of("program-failed", { failed: 10 }), "well");
  assert.match(of("program-failed", { failed: 11 }), /^p0: 11 failed at p0 and were given up/);
  assert.equal(of("program-success", { tries: 10, successes: 0 }), "well");
  assert.equal(of("program-success", { tries: 20, successes: 16 }), "well");
  assert.match(
    of("program-success", { tries: 20, successes: 15 }),
    /^p0: only 75 % of 20 tries of p0/,
  );
  assert.equal(of("program-state", { state: "degraded", detail: "slow" }, {}), "well");
  assert.equal(
    of("program-state", { state: "offline", detail: "not heard from since noon" }),
    "p0: p0 is offline: not heard from since noon",
  );
});

Deno.test("the rule about sources judges each by itself", () => {
  const sources = ["mqtt", "broker", "poller"].map((name, i) => ({
    name,
    ok: i === 1,
    detail: "refused",
  }));
  assert.equal(
    judge("source", { sources }),
    "mqtt: the source mqtt does not work: refused\npoller: the source poller does not work: refused",
  );
});

Deno.test("the rule about cameras judges each by itself, says what to do, and a frozen one is never critical", () => {
  const camera = (name: string, change: Partial<SystemFacts["cameras"][number]>) => ({
    ...{ name, state: "lost" as const, lastingMs: 61_000, failures: 3, why: null },
    ...{ warningAfter: 5, criticalAfter: 10 },
    ...change,
  });
  const of = (...cameras: SystemFacts["cameras"]) => {
    const judged = SYSTEM_RULES.find(({ key }) => key === "camera")!.judge({ ...WELL, cameras });
    return Array.from(judged as ReadonlyMap<string, Wrong>, ([name, one]) => [name, one.severity]);
  };
  assert.deepEqual(of(), []);
  const good = (["live", "starting", "off"] as const).map((state) =>
    camera(state, { state, failures: 20 })
  );
  assert.deepEqual(of(...good, camera("young", { lastingMs: 20_000 })), []);
  assert.deepEqual(
    of(
      camera("a", { lastingMs: 20_000, failures: 5 }),
      camera("b", { failures: 10 }),
      camera("c", { state: "black", failures: 10 }),
      camera("d", { state: "frozen", failures: 20 }),
      camera("e", { state: "covered", failures: 0 }),
    ),
    [["a", "warning"], ["b", "critical"], ["c", "critical"], ["d", "warning"], ["e", "warning"]],
  );
  assert.equal(
    judge("camera", { cameras: [camera("Door", { why: "Nobody answers." })] }),
    "Door: the camera Door gives no pictures: Nobody answers; " +
      "see to its power and its network, or switch it off and on",
  );
});
