import assert from "node:assert/strict";
import { startedEarly } from "./storage_start.ts";

Deno.test("a worker that was started early loads the driver before it is asked for the database", async () => {
  const worker = startedEarly("file:/nowhere/perch.db")();
  try {
    const { data } = await new Promise<MessageEvent>((resolve) =>
      worker.addEventListener("message", resolve, { once: true })
    );
    assert.deepEqual(data, { call: 0, ok: true, value: undefined });
  } finally {
    worker.terminate();
  }
});
