import assert from "node:assert/strict";
import fc from "fast-check";
import { HOSTILE_TEXTS } from "../../../tests/support/hostile_text.ts";
import { HOSTILE_NAMES } from "../../../tests/support/files.ts";
import { screen } from "./screen.ts";
import { type ConsoleState, initialState, type Mode } from "./state.ts";
import { diffRows } from "./corrected.ts";
import { fold, safeText, textWidth, wrap } from "./text.ts";
import type { FaultView } from "./view.ts";

const NOW_MS = Date.UTC(2026, 10, 29, 15, 0, 12);
const DIFF = `--- codecs/pump.js
+++ codecs/pump.js
@@ -1,4 +1,5 @@
 export const topics = ["factory/pump/+"];
 export function decode({ text }) {
-  return [{ sensor: "flow", value: Number(text) }];
+  return [{ sensor: "flow", value: Number(text) }];
+}
`;
const FAULT: FaultView = {
  id: 7,
  component: "codec:pump",
  type: "syntax_error",
  severity: "high",
  message: "expecting '}'",
  file: "codecs/pump.js",
  line: 4,
  column: 1,
  first_ms: NOW_MS - 12_000,
  last_ms: NOW_MS,
  paused: true,
  waiting: 128,
  proposal: {
    id: 3,
    target: "codecs/pump.js",
    diff: DIFF,
    diff_hash: "f00d",
    author: "rule: closing bracket",
    text: "Adds the bracket that closes decode.",
    tried: ["It can be read.", "20 of 20 stored messages decode."],
  },
  instead: null,
};
const stateOf = (fault: FaultView, mode: Mode = { name: "fault" }): ConsoleState => ({
  ...initialState(),
  faults: [fault],
  chosen: fault.id,
  mode,
});
const AT_80 = { columns: 80, rows: 24, colour: false, nowMs: NOW_MS, quit: "quit" };

Deno.test("screen: everything that a person decides on, at 80 x 24 without colour", () => {
  assert.deepEqual(screen(stateOf(FAULT), AT_80), [
    "Fault: codec:pump is paused, 128 messages wait",
    "",
    "Time       2026-11-29 15:00:00 UTC, 12 s ago",
    "Type       syntax_error",
    "Severity   high (paused)",
    "Message    expecting '}'",
    "File       codecs/pump.js",
    "Line       4, column 1",
    "Component  codec:pump",
    "",
    "Corrected code of codecs/pump.js (rule: closing bracket)",
    "Adds the bracket that closes decode.",
    '1   export const topics = ["factory/pump/+"];',
    "2   export function decode({ text }) {",
    '3 +   return [{ sensor: "flow", value: Number(text) }];',
    "4 + }",
    "It can be read.",
    "20 of 20 stored messages decode.",
    "ENTER resume   a apply   r regenerate   s status   q quit",
  ]);
});

Deno.test("screen: a small terminal keeps what is wrong, where, the corrected line and the keys", () => {
  const lines = screen(stateOf(FAULT), { ...AT_80, columns: 40, rows: 10 });
  assert.ok(lines.length <= 10);
  const all = lines.join("\n");
  for (
    const part of ["codec:pump", "expecting '}'", "codecs/pump.js, line 4", "3 + ", "a shows all"]
  ) {
    assert.ok(all.includes(part), `${part} is not in\n${all}`);
  }
  assert.ok(all.endsWith("ENTER resume   a apply   r regenerate\ns status   q quit"), all);
});

const text = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS, ...HOSTILE_NAMES),
  fc.string({ unit: "binary", maxLength: 120 }),
  fc.constantFrom(
    "\x1b]0;owned\x07\x1b[2J\x1b[?1049h",
    "\x9b31mred",
    "\u202eevil\u2066x",
    "日本語のセンサー温度計",
    "👩‍👩‍👧‍👦👍🏽",
    "e\u0301\u0302\u0303\u0304\u0305",
    "a\r\nb\nc\td",
  ),
);
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Cs}/u;

Deno.test("screen: no text speaks to the terminal or leaves its line, at any size, in any mode", () => {
  fc.assert(fc.property(
    fc.array(text, { minLength: 9, maxLength: 9 }),
    fc.integer({ min: 1, max: 120 }),
    fc.integer({ min: 1, max: 50 }),
    fc.nat(3),
    (words, columns, rows, at) => {
      const [component, type, message, file, target, author, why, line, typed] = words;
      const proposal = {
        ...FAULT.proposal!,
        ...{ target, author, text: why, tried: [why] },
        diff: `@@ -1,2 +1,2 @@\n ${line}\n+${line}\n-${why}`,
      };
      const fault = { ...FAULT, component, type, message, file, proposal };
      const modes: Mode[] = [
        { name: "fault" },
        { name: "status", lines: [message] },
        { name: "confirm", fault: 7, proposal, top: 1 },
        {
          name: "sign_in",
          fault: 7,
          proposal,
          asks: "password",
          email: typed,
          password: "hunter2",
          code: "",
        },
      ];
      const mode = modes[at];
      const state = { ...stateOf(fault, mode), notice: { text: message, bad: true } };
      const plain = screen(state, { ...AT_80, columns, rows });
      assert.ok(plain.length <= rows);
      for (const one of plain) {
        assert.doesNotMatch(one, UNSAFE);
        assert.ok(textWidth(one) <= Math.max(1, columns - 1), one);
      }
      const coloured = screen(state, { ...AT_80, columns, rows, colour: true });
      // deno-lint-ignore no-control-regex
      const bare = coloured.map((one) => one.replace(/^\x1b\[[\d;]+m(.*)\x1b\[0m$/s, "$1"));
      assert.deepEqual(bare, plain);
      assert.ok(!plain.join("\n").includes("hunter2"));
    },
  ));
});

Deno.test("screen: all of a diff can be seen before it is approved, at any width", () => {
  fc.assert(fc.property(text, fc.integer({ min: 12, max: 90 }), (raw, columns) => {
    const added = `+${raw.replaceAll("\n", "")}`;
    const proposal = { ...FAULT.proposal!, diff: `@@ -1 +1 @@\n-a\n${added}` };
    const rows = diffRows(proposal.diff, columns - 1).length;
    const seen = new Set<string>();
    for (let top = 0; top < rows; top++) {
      const mode: Mode = { name: "confirm", fault: 7, proposal, top };
      for (const line of screen(stateOf(FAULT, mode), { ...AT_80, columns })) seen.add(line);
    }
    for (const { text } of diffRows(proposal.diff, columns - 1)) assert.ok(seen.has(text), text);
    const whole = fold(safeText(added), columns).map((line, i) => i === 0 ? line : line.slice(3));
    assert.equal(whole.join(""), safeText(added));
  }));
});

Deno.test("text: nothing of it is lost where it is wrapped", () => {
  fc.assert(fc.property(text, fc.integer({ min: 2, max: 60 }), (raw, columns) => {
    const safe = safeText(raw);
    const lines = wrap(safe, columns);
    assert.equal(lines.join("").replaceAll(" ", ""), safe.replace(/\s/g, ""));
    for (const line of lines) assert.ok(textWidth(line) <= columns);
  }));
});
