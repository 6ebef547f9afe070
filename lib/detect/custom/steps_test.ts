import assert from "node:assert/strict";
import type { ScriptAnswer } from "../../scripts/script.ts";
import { groupOf } from "../../../tests/support/storage.ts";
import { readExports, readFindings } from "./contract.ts";
import { Draft, emptyMemory } from "./memory.ts";
import { decodeMemory, encodeMemory } from "./saved.ts";
import { judge, type Judged, stepsOf } from "./steps.ts";

const START_MS = Date.UTC(2026, 0, 1);

function group(groupId: number, values: number[]) {
  const tMs = START_MS + groupId * 6000;
  return { ...groupOf(values.map((value, i) => ({ sensor: i + 1, tMs, value }))), groupId };
}

const finding = (more: Record<string, unknown>) => ({
  phase: "raised",
  severity: "warning",
  text: "warm",
  ...more,
});

Deno.test("readFindings takes what is allowed and names what is not", () => {
  const reads = (given: unknown) => {
    const read = readFindings(given);
    return "fault" in read ? read.fault.message : read.findings;
  };
  assert.deepEqual(reads(null), []);
  assert.deepEqual(reads([finding({ text: " a\u202eb\n", expected_high: 4, numbers: { z: 1 } })]), [
    { phase: "raised", severity: "warning", text: "a b", expectedHigh: 4, numbers: { z: 1 } },
  ]);
  assert.deepEqual(reads([{ phase: "cleared", text: "well" }]), [
    { phase: "cleared", severity: "info", text: "well" },
  ]);
  const wrong: [unknown, RegExp][] = [
    [5, /^findings: invalid input: expected array/],
    [[finding({ severity: "bad" })], /^findings\[0\]\.severity: /],
    [[{ phase: "raised", text: "x" }], /^findings\[0\]\.severity: has to be one of info, /],
    [[finding({ text: "x".repeat(301) })], /^findings\[0\]\.text: too big/],
    [[finding({ text: "\n" })], /^findings\[0\]\.text: too small/],
    [[finding({ value: "1" })], /^findings\[0\]\.value: /],
    [[finding({ more: 1 })], /^findings\[0\]: unrecognized key/],
    [[finding({ numbers: { "a b": 1 } })], /^findings\[0\]\.numbers/],
    [Array(5).fill(finding({})), /^findings: too big/],
  ];
  for (const [given, message] of wrong) assert.match(String(reads(given)), message);
});

Deno.test("readExports matches paths as MQTT filters, or all of them", () => {
  const matching = (sensors: unknown, path: string) => {
    const read = readExports({ sensors });
    return "fault" in read ? read.fault.message : read.exports.matches(path);
  };
  const cases: [string, boolean][] = [
    ["*", true],
    ["#", true],
    ["hall/+/temperature", true],
    ["hall/press/temperature", true],
    ["hall/#", true],
    ["+/+", false],
    ["hall/press", false],
    ["hall/press/temperature/#", true],
    ["yard/#", false],
  ];
  for (const [pattern, is] of cases) {
    assert.equal(matching(["x/y", pattern], "hall/press/temperature"), is, pattern);
  }
  for (const wrong of [[], "*", ["a/#/b"], ["a+/b"], ["a/*/b"], [""], [5], ["a//b"]]) {
    assert.match(String(matching(wrong, "a/b")), /^it exports sensors/, JSON.stringify(wrong));
  }
});

Deno.test("what was raised is raised once, changes, and ends once; five failures in a row stop it", () => {
  const memory = emptyMemory();
  const phases: string[] = [];
  const step = (groupId: number, ...answers: ScriptAnswer[]): Judged => {
    const draft = new Draft(memory, groupId - 1, 10_000);
    const steps = stepsOf(draft, group(groupId, answers.map(() => 1)), Infinity, () => true)
      .filter(({ kind }) => kind === "reading");
    const judged = judge(draft, "warm", steps, answers)!;
    draft.commit();
    phases.push(...judged.found.map(({ finding }) => `${finding.phase} ${finding.severity}`));
    return judged;
  };
  const says = (...given: unknown[]) => ({ ok: { findings: given } });
  step(1, says({ phase: "cleared", text: "well" }, finding({})));
  step(2, says(finding({}), finding({ severity: "critical" })));
  step(3, says(finding({ phase: "changed", severity: "critical" })));
  step(4, says({ phase: "cleared", text: "well" }, { phase: "cleared", text: "well" }));
  assert.deepEqual(phases, ["raised warning", "changed critical", "cleared info"]);

  const fails = { fault: { type: "runtime" as const, message: "no", line: 1, column: null } };
  assert.equal(step(5, fails, fails, fails, fails, { ok: null }).fatal, null);
  assert.equal(step(6, fails, fails, fails, fails, fails).fatal, fails.fault);
  const slow = { fault: { ...fails.fault, type: "time" as const } };
  assert.equal(step(7, { ok: null }, slow).fatal, slow.fault);
  const many = says(...Array(4).fill(finding({ phase: "point" })));
  let held = 0;
  for (let i = 0; i < 20; i++) held += step(8, ...Array(10).fill(many)).heldBack;
  assert.equal(held, 3 + 800 - 600, "600 in a minute");
});

Deno.test("ticks come once in ten seconds for every sensor that was met, by the sensor's own clock", () => {
  const memory = emptyMemory();
  const kinds = [1, 2, 3, 4].map((groupId) => {
    const draft = new Draft(memory, groupId - 1, 10_000);
    const steps = stepsOf(draft, group(groupId, [1, 2]), Infinity, (num) => num === 2);
    draft.commit();
    return steps.map(({ kind, sensor, tMs }) => `${kind} ${sensor} ${(tMs - START_MS) / 1000}`);
  });
  assert.deepEqual(kinds, [
    ["reading 2 6"],
    ["tick 2 6", "reading 2 12"],
    ["reading 2 18"],
    ["tick 2 18", "reading 2 24"],
  ]);
});

Deno.test("a memory comes back as it was saved, without sensors that are gone; damaged bytes are refused", async () => {
  const memory = emptyMemory("2");
  const draft = new Draft(memory, 0, 10_000);
  stepsOf(draft, group(1, [1, 2]), Infinity, () => true);
  Object.assign(draft.edit(1), { state: '{"n":1}', open: "critical" });
  draft.commit();
  const bytes = await encodeMemory(memory, (num) => num === 1);
  assert.deepEqual(decodeMemory(bytes), {
    ...memory,
    entries: new Map([...memory.entries].slice(0, 1)),
  });
  assert.equal(decodeMemory(bytes.subarray(0, bytes.length - 3)), null);
  assert.equal(decodeMemory(new Uint8Array(0)), null);
});
