import assert from "node:assert/strict";
import { askedOf, bulkForm } from "./bulk.tsx";

Deno.test("bulk: all that a filter finds, and never all there is because the filter got lost", () => {
  const form = (back: string, all?: "on") => bulkForm.parse({ back, do: "confirm", all });
  assert.deepEqual(askedOf(form("/sensors?q=oil&changed=3", "on"), "/sensors"), { q: "oil" });
  assert.deepEqual(askedOf(form("/sensors", "on"), "/sensors"), {});
  const long = `/sensors?machine=${"%C3%B6".repeat(400)}`;
  assert.throws(() => askedOf(form(long, "on"), "/sensors"), { code: "validation" });
  assert.throws(() => askedOf(form("/machines?q=oil", "on"), "/sensors"), { code: "validation" });
  assert.deepEqual(askedOf(form(long), "/sensors"), {}, "what is ticked is changed all the same");
});
