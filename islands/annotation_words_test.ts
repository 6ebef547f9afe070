import assert from "node:assert/strict";
import type { Annotation } from "../lib/annotations/annotation.ts";
import { nearGroups, worstOf } from "./annotation_words.ts";

Deno.test("marks: those that would stand on each other are one, and a chain of them is not", () => {
  const groups = nearGroups([70, 0, 20, 40, 0, 200], (x) => x, 28);
  assert.deepEqual(groups, [[0, 0, 20], [40], [70], [200]]);
  assert.deepEqual(nearGroups([], (x) => x, 28), []);
});

Deno.test("marks: the worst stands for all", () => {
  const one = (kind: Annotation["kind"], severity: Annotation["severity"] = null) =>
    ({ kind, severity }) as Annotation;
  const critical = one("alarm", "critical");
  assert.equal(worstOf([one("note"), critical, one("alarm", "warning")]), critical);
});
