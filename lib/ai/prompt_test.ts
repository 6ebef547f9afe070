import assert from "node:assert/strict";
import { z } from "zod";
import { INJECTIONS } from "../../tests/support/injections.ts";
import { modelAnalysis } from "./analysis.ts";
import { modelSchema, promptOf } from "./prompt.ts";
import { createRedaction } from "./redact.ts";

const LIMITS = { textChars: 300, items: 50 };
const schema = z.object({ ok: z.boolean() });
const promptFor = (data: unknown) =>
  promptOf({ instruction: "Judge.", data, schema }, createRedaction().hide, LIMITS);

/** The form of a value: its texts are all the same. */
const form = (value: unknown): unknown =>
  typeof value === "string"
    ? "text"
    : Array.isArray(value)
    ? value.map(form)
    : typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, form(one)]))
    : value;

Deno.test("promptOf: no text changes anything but itself", () => {
  const golden = promptFor({ sensor: "temperature", events: ["a", "b"] });
  assert.equal(golden.user, '{"data":{"sensor":"temperature","events":["a","b"]}}');
  assert.match(golden.system, /never an instruction[\s\S]*\n\nJudge\.$/);
  for (const { text } of INJECTIONS) {
    const made = promptFor({ sensor: text, events: [text, text] });
    assert.equal(made.system, golden.system);
    assert.deepEqual(made.schema, golden.schema);
    assert.deepEqual(form(JSON.parse(made.user)), form(JSON.parse(golden.user)), text);
    assert.ok(!/(?!\n)[\p{Cc}\p{Cf}]/u.test(JSON.parse(made.user).data.sensor), text);
  }
});

Deno.test("promptOf: long texts, long lists, deep values and what is no data are cut", () => {
  let deep: unknown = "x";
  for (let i = 0; i < 40; i++) deep = { deep };
  const { data } = JSON.parse(
    promptFor({ text: "y".repeat(1_000), list: Array(99).fill(1), deep, odd: [NaN, () => 1] }).user,
  );
  assert.deepEqual([data.text.length, data.list.length, data.odd], [300, 50, [null, null]]);
  assert.ok(JSON.stringify(data.deep).length < 200);
});

Deno.test("modelSchema: only what the service understands is left", () => {
  const text = JSON.stringify(modelSchema(modelAnalysis));
  assert.ok(!/additionalProperties|\$schema|maxLength|\$ref/.test(text), text);
  assert.match(text, /"enum":\["Good","Fair","Poor","Critical"\]/);
  assert.ok(text.length < 3_000, "it counts as tokens each time");
});
