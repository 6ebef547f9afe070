import assert from "node:assert/strict";
import { proofFor } from "./progress.ts";

Deno.test("proofFor: what waits has to be written at once, an idle database rarely", () => {
  const after = (busy: boolean, waiting: boolean, periodMs: number) =>
    proofFor({ busy, waiting }, periodMs).writeAfterMs;
  assert.equal(after(false, false, 15_000), 900_000);
  assert.equal(after(true, false, 15_000), 15_000);
  assert.equal(after(true, true, 15_000), 2_000);
  assert.equal(after(false, true, 15_000), 2_000, "it came before the last look");
  assert.equal(after(true, true, 500), 500);
});
