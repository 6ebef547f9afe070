import assert from "node:assert/strict";
import { sentence } from "./sentence.ts";

Deno.test("sentence: a capital and a full stop, and nothing of what was typed is changed", () => {
  const cases = [
    ["must not be above critical high (90)", "Must not be above critical high (90)."],
    ["choose at least one day", "Choose at least one day."],
    ['"abc" is not a number', '"abc" is not a number.'],
    ["hall-2/mixer-1 exists already", "hall-2/mixer-1 exists already."],
    ["Cannot find mail.example. Check the server name.", null],
    ["say “why”", "Say “why”."],
    ["is taken", "Is taken."],
    ["what is it?", "What is it?"],
    ["", ""],
  ] as const;
  for (const [text, expected] of cases) {
    assert.equal(sentence(text), expected ?? text);
    assert.equal(sentence(sentence(text)), sentence(text));
  }
});
