import assert from "node:assert/strict";
import { createTroubles } from "./troubles.ts";

Deno.test("createTroubles says errors before what is degraded, then in the order of its names", () => {
  const troubles = createTroubles(["worker", "space", "checkpoint"]);
  assert.equal(troubles.worst(), null);
  troubles.say("checkpoint", { health: "degraded", detail: "the log grows" });
  assert.equal(troubles.worst()?.name, "checkpoint");
  troubles.say("space", { health: "error", detail: "no room" });
  assert.deepEqual(troubles.worst(), { name: "space", health: "error", detail: "no room" });
  troubles.say("worker", { health: "error", detail: "it ended" });
  assert.equal(troubles.worst()?.name, "worker");
  assert.deepEqual(troubles.all().map(({ name }) => name), ["worker", "space", "checkpoint"]);
});

Deno.test("createTroubles forgets what is well again", () => {
  const troubles = createTroubles(["space"]);
  troubles.say("space", { health: "error", detail: "no room" });
  troubles.say("space", null);
  assert.deepEqual(troubles.all(), []);
});
