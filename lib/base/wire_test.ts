import assert from "node:assert/strict";
import { z } from "zod";
import { onWire } from "./wire.ts";

Deno.test("wire: a row's fields have the names of the shape, and it has no others", () => {
  const shape = z.object({ id: z.string(), raised_ms: z.number(), shelved_until_ms: z.number() });
  const toWire = onWire<{ id: string; raisedMs: number; shelvedUntilMs: number }>(shape);
  const row = { id: "1", raisedMs: 5, shelvedUntilMs: 7, secret: "kept" };
  assert.deepEqual(toWire(row), { id: "1", raised_ms: 5, shelved_until_ms: 7 });
});
