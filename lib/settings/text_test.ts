import assert from "node:assert/strict";
import { allowedBy, textOf, valueOfText } from "./text.ts";

Deno.test("valueOfText gives the schema's type, and text where that is not possible", () => {
  const integer = { type: "integer" };
  for (const [text, value] of [["30", 30], ["-1", -1], [" 7 ", 7], ["", ""], ["x", "x"]]) {
    assert.equal(valueOfText(integer, String(text)), value);
  }
  const boolean = { type: "boolean" };
  for (const [text, value] of [["on", true], ["False", false], ["1", "1"], ["", ""]]) {
    assert.equal(valueOfText(boolean, String(text)), value);
  }
  assert.equal(valueOfText({ type: "string" }, "30"), "30");
  assert.deepEqual(valueOfText({ type: "array" }, " a, b ,"), ["a", "b"]);
  assert.deepEqual(valueOfText({ type: "array" }, ""), []);
});

Deno.test("textOf shows units and words, and nothing of a secret", () => {
  assert.equal(textOf({ secret: false, changed: false, unit: "days" }, 30), "30 days");
  assert.equal(textOf({ secret: false, changed: false, unit: null }, true), "on");
  assert.equal(textOf({ secret: false, changed: false, unit: null }, ["a", "b"]), "a, b");
  assert.equal(textOf({ secret: false, changed: false, unit: null }, ""), "(empty)");
  assert.equal(textOf({ secret: true, changed: true, unit: null }, "canary"), "set");
});

Deno.test("allowedBy says the range of every kind", () => {
  assert.equal(
    allowedBy({ type: "integer", minimum: 0, maximum: 9 }),
    "a whole number from 0 to 9",
  );
  assert.equal(allowedBy({ type: "boolean" }), "on or off");
  assert.equal(allowedBy({ type: "string", enum: ["a", "b"] }), "a, b");
});
