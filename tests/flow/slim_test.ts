import assert from "node:assert/strict";
import { slim } from "../../.ci/slim.ts";

Deno.test("slim keeps what a program says, its lines, and nothing but ASCII", async () => {
  const source = [
    "// Ä comment",
    "export const unit = /^m³\\/h$/ ;",
    "",
    "  /* two",
    "     lines */ export const text = `  a // b",
    "    °C ${ 1 /* x */ + 2 }  `;",
    "export function half ( x ) { return x / 2 /* µ */ ; }",
    "export const apart = typeof half in { function : 1 };",
    "",
  ].join("\n");
  const slimmed = slim(source);
  assert.match(slimmed, /^[\0-\x7f]*$/);
  assert.equal(slimmed.split("\n").length, source.split("\n").length);
  assert.ok(slimmed.length < source.length - 40, slimmed);
  assert.doesNotMatch(slimmed, /comment|lines/);
  const { unit, text, half, apart } = await import(
    `data:text/javascript,${encodeURIComponent(slimmed)}`
  );
  assert.ok(unit.test("m³/h"));
  assert.equal(text, "  a // b\n    °C 3  ");
  assert.equal(half(3), 1.5);
  assert.equal(apart, true);
});

Deno.test("slim leaves each statement where a stack will look for it", () => {
  const lines = slim("const a = 1;\n\n\n// b\nconst b = 2;").split("\n");
  assert.equal(lines[4], "const b = 2;");
});
