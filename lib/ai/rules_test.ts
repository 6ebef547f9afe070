import assert from "node:assert/strict";
import { alarmFact, noFacts, sensorFact } from "../../tests/support/site_facts.ts";
import { answerByRules } from "./chat_rules.ts";
import { digestOf, essenceOf } from "./digest.ts";
import type { MachineFact, SensorFact, SiteFacts } from "./facts.ts";
import { analyseByRules } from "./rules.ts";

const nowMs = 3_600_000;
const press: MachineFact = {
  path: "hall-1/press-3",
  title: "Press 3",
  status: "critical",
  sinceMs: nowMs - 600_000,
};
const limits = { warningLow: null, warningHigh: 75, criticalLow: null, criticalHigh: 80 };
const bearing = sensorFact("Bearing temperature", { value: 83.4, status: "critical", limits });
const vibration = sensorFact("Vibration", {
  value: 9.1,
  unit: "mm/s",
  status: "warning",
  usual: { low: 1, high: 3 },
});
const site = (given: Partial<SiteFacts>): SiteFacts => ({ ...noFacts({ nowMs }), ...given });

Deno.test("analyseByRules: names value, unit, what is usual, the limit, the cause and what to do", () => {
  const facts = site({ machines: [press], sensors: [bearing, vibration] });
  const { overall, summary, issues: [issue], recommendations } = analyseByRules(facts);
  assert.equal(overall, "Critical");
  assert.equal(issue.title, "Press 3: Bearing temperature and Vibration off limits");
  assert.match(
    issue.evidence,
    /^Bearing temperature is 83\.4 °C \(usually 61\.0 to 72\.0 °C\), above the critical limit of 80 °C\. Vibration is 9\.10 mm\/s/,
  );
  assert.match(issue.evidence, /for 10 min\.$/);
  assert.match(issue.cause, /worn or dry bearing/);
  assert.match(recommendations[0], /^Press 3: Check lubrication/);
  assert.match(summary, /0 of 2 sensors are within limits/);
});

Deno.test("analyseByRules: a calm plant is good, and what is near a limit or predicted is said", () => {
  const near = sensorFact("Oil temperature", { value: 74.5, limits });
  const calm = { ...press, status: "normal" as const };
  const outlook = {
    machine: press.path,
    machineTitle: "Press 3",
    class: "warning" as const,
    summary: "Bearing temperature rises",
    action: "Plan an inspection.",
    life: {
      sensorTitle: "Bearing temperature",
      unit: "°C",
      limit: 90,
      remainingMs: 3 * 3_600_000,
      lowMs: 2 * 3_600_000,
      highMs: null,
    },
  };
  const facts = site({ machines: [calm], sensors: [near], outlooks: [outlook] });
  const { overall, issues, insights } = analyseByRules(facts);
  assert.equal(overall, "Good");
  assert.deepEqual(issues.map(({ title, severity }) => [title, severity]), [
    ["Press 3: Oil temperature unusual", "info"],
  ]);
  assert.deepEqual(insights.map(({ text }) => text), [
    "Press 3: Bearing temperature rises. Plan an inspection.",
    "Press 3: Bearing temperature will probably reach its limit of 90 °C in 3 h (between 2 h or much later).",
    "Press 3: Oil temperature is 74.5 °C, outside what is usual and close to its limit of 75 °C.",
  ]);
});

Deno.test("analyseByRules: machines that fall silent together are one issue of the network", () => {
  const machines = ["a", "b", "c"].map((name, i): MachineFact => ({
    path: name,
    title: name,
    status: "offline",
    sinceMs: nowMs - 600_000 + i * 1_000,
  }));
  const sensors = machines.map(({ path }) =>
    sensorFact("x", { id: path, machine: path, machineTitle: path, status: "offline" })
  );
  const { issues, overall } = analyseByRules(site({ machines, sensors }));
  assert.deepEqual([issues.length, overall], [1, "Critical"]);
  assert.match(issues[0].cause, /the broker, a switch, a gateway/);
});

Deno.test("analyseByRules: faults, parts, the host and alarms without a machine are issues too", () => {
  const { issues } = analyseByRules(site({
    alarms: [alarmFact("a1", { severity: "warning", title: "The disk is nearly full" })],
    faults: [{
      id: 1,
      severity: "high",
      component: "codec:pump",
      message: "x is not defined",
      place: "codecs/pump.js:12",
      n: 3,
      sinceMs: 0,
    }],
    parts: [{ name: "gateway", health: "error", detail: "offline", reported: true }],
    host: {
      status: "warning",
      sentence: "warm",
      problems: [{ severity: "warning", text: "It is warm." }],
    },
  }));
  assert.deepEqual(issues.map(({ severity }) => severity), [
    "critical",
    "warning",
    "warning",
    "warning",
  ]);
  assert.match(issues[0].evidence, /x is not defined \(codecs\/pump\.js:12\); seen 3 times/);
});

Deno.test("answerByRules: the questions that are asked most, with the numbers used", () => {
  const silent = sensorFact("Flow", { status: "offline", tMs: 0, value: 3, unit: "l/min" });
  const facts = site({ machines: [press], sensors: [bearing, vibration, silent] });
  const asked: [string, RegExp, string[]][] = [
    ["What is wrong?", /Press 3: Bearing temperature/, [
      "Bearing temperature",
      "Vibration",
      "Flow",
    ]],
    ["How is press 3?", /Press 3 has been critical for 10 min/, [
      "Bearing temperature",
      "Vibration",
      "Flow",
    ]],
    ["latest value of Bearing temperature", /83\.4 °C/, ["Bearing temperature"]],
    ["what is the temperature of Press 3?", /83\.4 °C/, ["Bearing temperature"]],
    ["how is the press doing", /Press 3 has been critical/, [
      "Bearing temperature",
      "Vibration",
      "Flow",
    ]],
    ["Which sensors are offline?", /1 sensor is silent[\s\S]*Flow has been silent for/, ["Flow"]],
    ["What changed today?", /Today 0 alarms were raised/, [
      "Bearing temperature",
      "Vibration",
      "Flow",
    ]],
    ["Who won the cup?", /these questions can be answered.*“How is Press 3\?”/, []],
  ];
  for (const [question, text, used] of asked) {
    const answer = answerByRules(question, facts);
    assert.match(answer.text, text, question);
    assert.deepEqual(answer.used.map(({ title }) => title), used, question);
  }
});

Deno.test("digestOf: what is off and what was asked for come first, and it stays small", () => {
  const many = Array.from(
    { length: 2_000 },
    (_, i): SensorFact => sensorFact(`Sensor with a rather long name ${i}`, { id: `n${i}` }),
  );
  const facts = site({
    machines: [press],
    sensors: [...many, bearing],
    alarms: Array.from({ length: 1_000 }, (_, i) => alarmFact(`a${i}`, { title: "t".repeat(500) })),
  });
  const { digest, refs } = digestOf(facts, new Set(["n1999"]));
  assert.ok(JSON.stringify(digest).length < 17_000, `${JSON.stringify(digest).length}`);
  assert.equal(refs.get("s1")!.id, "n1999");
  assert.equal(refs.get("s2")!.id, bearing.id);
  assert.equal(digest.sensors.length + digest.sensors_left_out, 2_001);
  // Values change all the time; that alone is nothing new.
  const warmer = { ...facts, sensors: [...many, { ...bearing, value: 84 }] };
  assert.deepEqual(essenceOf(warmer), essenceOf(facts));
  assert.notDeepEqual(essenceOf({ ...facts, alarms: [] }), essenceOf(facts));
});
