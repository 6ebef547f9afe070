import assert from "node:assert/strict";
import { failureOf, jsonOf } from "./failures.ts";
import { ModelFault } from "./model.ts";

const GIVEN = { model: "m", failed: 0, nowMs: Date.UTC(2026, 10, 29, 12), timeoutMs: 60_000 };

Deno.test("jsonOf: as it is, in a fence, after a byte-order mark; anything else is none, and quickly so", () => {
  for (const text of ['{"a":1}', '```json\n{"a":1}\n```', ' ```\n{"a":1}```\n', '\ufeff{"a":1}']) {
    assert.deepEqual(jsonOf(text), { a: 1 }, text);
  }
  for (
    const text of [
      "",
      "```",
      "``````",
      "{",
      "```json\n{",
      "`".repeat(400_000),
      "\n ".repeat(200_000),
    ]
  ) {
    assert.equal(jsonOf(text), undefined);
  }
});

Deno.test("failureOf: bodies that are not as documented are read as far as they can be", () => {
  const bodies: unknown[] = [
    null,
    "x",
    [],
    { error: null },
    { error: { details: "x", message: 7 } },
    { error: { details: [null, { retryDelay: "soon" }, { violations: [null] }] } },
    { error: { details: [{ retryDelay: "99999999999999s" }] } },
  ];
  for (const body of bodies) {
    const { sentence, restMs, again } = failureOf(new ModelFault(429, "", { body }), GIVEN);
    assert.deepEqual([restMs, again], [15_000, true], JSON.stringify(body));
    assert.match(sentence, /15 s/);
  }
  const [first] = [{ error: { details: [{ retryDelay: "2.5s" }] } }];
  // The service sends an array now and then.
  assert.equal(failureOf(new ModelFault(429, "", { body: [first] }), GIVEN).restMs, 2_500);
  assert.equal(failureOf(new ModelFault(503, "", { retryAfterMs: 7_000 }), GIVEN).restMs, 7_000);
});

Deno.test("failureOf: what is said by the service is one bounded line", () => {
  const message = `no\n${"x".repeat(900)}`;
  const { sentence } = failureOf(new ModelFault(400, "", { body: { error: { message } } }), GIVEN);
  assert.ok(sentence.length < 230 && !sentence.includes("\n"), sentence);
});
