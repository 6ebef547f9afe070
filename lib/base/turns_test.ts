import assert from "node:assert/strict";
import { createTurnsByKey } from "./turns.ts";

Deno.test("turns by key: one after the other within a key, beside other keys, also after a failure", async () => {
  const turns = createTurnsByKey();
  const done: string[] = [];
  const held = Promise.withResolvers<void>();
  const first = turns.take("a", async () => {
    await held.promise;
    done.push("a1");
    throw new Error("failed");
  });
  const second = turns.take("a", () => Promise.resolve(done.push("a2")));
  await turns.take("b", () => Promise.resolve(done.push("b")));
  assert.deepEqual([done, turns.count("a"), turns.count("b")], [["b"], 2, 0]);
  held.resolve();
  await assert.rejects(first, /failed/);
  assert.equal(await second, 3);
  assert.deepEqual([done, turns.count("a")], [["b", "a1", "a2"], 0]);
});
