import assert from "node:assert/strict";
import { hungNotePath, takeHungNote } from "../health/watchdog/hung_note.ts";
import { createWorkerPulse } from "./storage_pulse.ts";

Deno.test("worker pulse: a main loop that is missed is noted, and not any more once it asks again", async () => {
  const dataDir = await Deno.makeTempDir();
  const notePath = hungNotePath(dataDir);
  let nowMs = 0;
  let look = () => {};
  let probe = () => Promise.resolve();
  const worker = createWorkerPulse({
    probe: () => probe(),
    committedMs: () => nowMs,
    timer: { now: () => nowMs, every: (_, given) => (look = given, () => {}) },
  });
  const ask = (writeAfterMs = Infinity) =>
    worker.pulse({
      writeAfterMs,
      lines: [],
      missedMs: 8_000,
      socket: null,
      endsItself: false,
      notePath,
    });
  /** Looks each second, as it wants to. */
  const pass = (seconds: number) => {
    for (let s = 0; s < seconds; s++) {
      nowMs += 1_000;
      look();
    }
  };
  try {
    await ask();
    pass(4);
    assert.equal(takeHungNote(notePath), null, "it may still ask");
    pass(2);
    assert.equal(takeHungNote(notePath)?.what, "The event loop has not moved for 6 s.");
    pass(1);
    await ask();
    assert.equal(takeHungNote(notePath), null, "whatever ends it now, it does not hang");
    nowMs += 60_000;
    look();
    assert.equal(takeHungNote(notePath), null, "the worker stood still as well");

    const { promise, resolve } = Promise.withResolvers<void>();
    probe = () => promise;
    const asked = ask(-1);
    pass(6);
    assert.equal(takeHungNote(notePath), null, "it waits for a slow database");
    resolve();
    await asked;
    pass(6);
    assert.equal(takeHungNote(notePath)?.what, "The event loop has not moved for 6 s.");
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
