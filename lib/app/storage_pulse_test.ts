import assert from "node:assert/strict";
import { hungNotePath, takeHungNote } from "../health/watchdog/hung_note.ts";
import { PerchError } from "../base/errors.ts";
import type { Connection } from "../db/connection.ts";
import { createLastCommit, createWorkerPulse } from "./storage_pulse.ts";

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

Deno.test("worker pulse: after a write that failed, however recent the last commit is, a write is tried", async () => {
  let nowMs = 1_000;
  let locked = false;
  let writes = 0;
  const commit = createLastCommit({ now: () => nowMs });
  const connection = commit.around({
    write() {
      writes++;
      if (locked) throw new PerchError("storage_failed", "SQLITE_BUSY: database is locked");
      return Promise.resolve([]);
    },
  } as unknown as Connection);
  const worker = createWorkerPulse({
    probe: async () => void await connection.write([]),
    committedMs: commit.atMs,
    timer: { now: () => nowMs, every: () => () => {} },
  });
  const ask = () =>
    worker.pulse({
      writeAfterMs: 7_500,
      lines: [],
      missedMs: Infinity,
      socket: null,
      endsItself: false,
      notePath: "",
    });
  await connection.write([]);
  nowMs += 5_000;
  await ask();
  assert.equal(writes, 1, "the commit is recent");
  locked = true;
  await assert.rejects(connection.write([]), /locked/);
  await assert.rejects(ask(), /locked/);
  assert.equal(writes, 3);
  locked = false;
  await ask();
  await ask();
  assert.equal(writes, 4, "it works again");
});
