import assert from "node:assert/strict";
import type { ScriptFault } from "../../scripts/script.ts";
import { covers, filtersOf, matches, TopicIndex } from "./filters.ts";
import { FailureJudge } from "./judge.ts";
import { codecInput, createCodecPaths, decodedOf } from "./values.ts";

const fault = (type: ScriptFault["type"]): ScriptFault => ({
  ...{ type, message: "", line: null, column: null },
});

Deno.test("matches knows MQTT's wildcards", () => {
  const cases: [string, string, boolean][] = [
    ["a/b", "a/b", true],
    ["a/b", "a/b/c", false],
    ["a/+", "a/b", true],
    ["a/+", "a", false],
    ["a/+", "a/b/c", false],
    ["a/#", "a/b/c", true],
    ["a/#", "a", true],
    ["+/b", "a/b", true],
    ["a/+/c", "a//c", true],
    ["#", "$SYS/a", false],
    ["+/a", "$SYS/a", false],
  ];
  for (const [filter, topic, is] of cases) assert.equal(matches(filter, topic), is, filter + topic);
});

Deno.test("covers says whether a subscription brings all that another does", () => {
  const cases: [string, string, boolean][] = [
    ["a/#", "a/b", true],
    ["a/#", "a/+/c", true],
    ["a/#", "a/#", true],
    ["a/+", "a/#", false],
    ["a/b", "a/+", false],
    ["a/+", "a/b", true],
    ["+/b", "a/+", false],
    ["#", "a", true],
  ];
  for (const [outer, inner, is] of cases) assert.equal(covers(outer, inner), is, outer + inner);
});

Deno.test("filtersOf takes filters and says what is none", () => {
  assert.deepEqual(filtersOf(["a/+/b", "c/#"]), ["a/+/b", "c/#"]);
  for (const wrong of [[], "a/b", ["a/#/b"], ["a+"], [""], ["$share/x/a"], [1], ["a\0"], null]) {
    assert.equal(typeof filtersOf(wrong), "string", JSON.stringify(wrong));
  }
});

Deno.test("TopicIndex gives a topic to the first by name", () => {
  const index = new TopicIndex([{ name: "b", topics: ["x/#"] }, { name: "a", topics: ["x/+"] }]);
  assert.equal(index.find("x/1")?.name, "a");
  assert.equal(index.find("x/1/2")?.name, "b");
  assert.equal(index.find("x/1")?.name, "a");
  assert.equal(index.find("y"), null);
});

Deno.test("FailureJudge pauses after five in a row, beyond a fifth, and at once where it will happen again", () => {
  const judge = new FailureJudge();
  for (let i = 0; i < 4; i++) assert.equal(judge.failed(fault("runtime")), null);
  assert.match(judge.failed(fault("shape"))!, /5 messages in a row/);
  judge.reset();
  let failed = 0;
  for (let i = 0;; i++) {
    if (i % 4 > 0) judge.worked();
    else if (++failed && judge.failed(fault("runtime")) !== null) break;
  }
  assert.equal(failed, 11, "more than a fifth of 50");
  for (const type of ["time", "memory", "contract", "syntax"] as const) {
    assert.notEqual(new FailureJudge().failed(fault(type)), null);
  }
  judge.reset();
  for (let i = 0; i < 10_000; i++) {
    if (i % 10 === 0) assert.equal(judge.failed(fault("runtime")), null);
    else judge.worked();
  }
});

Deno.test("decodedOf makes drafts below the topic's path, of each value for itself", () => {
  const path = createCodecPaths(["factory/#"], ["meters/+/raw", "sensors/+/x"]);
  assert.equal(path("factory/hall/press"), "hall/press");
  assert.equal(path("meters/m1/raw"), "m1/raw");
  assert.equal(path("sensors/s1/x"), "s1/x");
  const decoded = decodedOf([
    { sensor: "flow", value: 1.5, unit: "l/min", ts_ms: 1_700_000_000_123 },
    { sensor: "other/machine/on", value: true },
    { sensor: "mode", value: "idle" },
    { sensor: "text", value: "21.5" },
    { sensor: "none", value: null },
    { sensor: "a+b", value: 1 },
    { sensor: "", value: 1 },
    { sensor: "wrong", value: { a: 1 } },
    { sensor: "late", value: 1, ts_ms: 5 },
  ], "m1");
  assert.ok("drafts" in decoded);
  assert.deepEqual(decoded.drafts, [
    { sensor: "m1/flow", value: 1.5, unit: "l/min", tMs: 1_700_000_000_123 },
    { sensor: "other/machine/on", value: true },
    { sensor: "m1/mode", value: "idle" },
    { sensor: "m1/text", value: 21.5 },
    { sensor: "m1/a_b", spelled: "m1/a+b", value: 1 },
    { sensor: "m1/late", value: 1, noTime: "5" },
  ]);
  assert.deepEqual(decoded.rejects.map(({ code }) => code), ["bad_name", "bad_value"]);
});

Deno.test("decodedOf takes another form for the codec's failure", () => {
  const wrong = [
    undefined,
    {},
    "x",
    [1],
    [null],
    [[]],
    [{ value: 1 }],
    [{ sensor: 1, value: 1 }],
    [{ sensor: "a" }],
    new Array(10_001).fill({ sensor: "a", value: 1 }),
  ];
  for (const answer of wrong) {
    const read = decodedOf(answer, "m");
    assert.ok("type" in read && read.type === "shape", JSON.stringify(answer)?.slice(0, 40));
  }
  const most = decodedOf(new Array(10_000).fill({ sensor: "a", value: 1 }), "m");
  assert.ok("drafts" in most && most.drafts.length === 10_000);
});

Deno.test("codecInput gives bytes to a codec that takes them", () => {
  const message = { topic: "t", payload: new Uint8Array([0x41, 0xff]) };
  assert.deepEqual(codecInput(message, 5, false), { topic: "t", text: "A\ufffd", received_ms: 5 });
  assert.deepEqual(codecInput(message, 5, true).bytes, [0x41, 0xff]);
});
