import assert from "node:assert/strict";
import { excerptOf, plainOf } from "./excerpt.ts";

Deno.test("excerpts: Markdown as it reads, around the first word that was asked for", () => {
  const markdown =
    "Choose [Export](/export) and `snake_case` **now**:\n\n```sh\ncurl -H x\n```\n\n" +
    "| a | b |\n| - | - |\n\n- One\n- Two\n\n    perch key add\n";
  assert.equal(plainOf(markdown), "Choose Export and snake_case now: One Two");
  const long = `${"begin ".repeat(60)}the Broker listens ${"end ".repeat(60)}`.trim();
  const found = excerptOf(long, "broker")!;
  assert.match(found, /^… begin .*the Broker listens end .* …$/);
  assert.ok(found.length < 175, found);
  assert.match(excerptOf(long, "nothing of it")!, /^begin begin .* …$/);
  assert.equal(excerptOf("short", "short"), "short");
  assert.equal(excerptOf("", "short"), null);
});
