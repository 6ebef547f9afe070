import assert from "node:assert/strict";
import { runApp } from "../support/app_client.ts";

Deno.test("stream: a crossed limit travels as changes of the status event, sensor and machine", async () => {
  const app = await runApp();
  const abort = new AbortController();
  try {
    const temp = (value: number) => ({ machine: "hall/press", sensor: "temp", value });
    await app.ingest([temp(50)]);
    await app.parts.machines.patchSensor(
      "hall/press/temp",
      { warning_high: 80 },
      () => ({ sql: "select 1" }),
    );
    const answer = await app.ask("/api/stream?types=status", { signal: abort.signal });
    const text = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    await app.ingest([temp(85)]);
    let seen = "";
    while (!seen.includes('"machine":"hall/press"')) {
      const { value, done } = await text.read();
      assert.ok(!done, seen);
      seen += value;
    }
    const changes = seen.split("\n").filter((line) => line.startsWith("data: {"))
      .flatMap((line) => JSON.parse(line.slice(6)).changes ?? []);
    assert.deepEqual(
      changes.map(({ ts: _, at_ms: _at, ...change }) => change),
      [
        { sensor: "hall/press/temp", status: "warning", before: "normal" },
        { machine: "hall/press", status: "warning", before: "normal" },
      ],
    );
  } finally {
    abort.abort();
    await app.stop();
  }
});
