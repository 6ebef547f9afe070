import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../words/times.ts";
import { CHUNKS_MOST, createBacklog } from "./backlog.ts";
import type { HistoryState } from "./history.ts";

const STEP_MS = 10 * MINUTE_MS;

function site() {
  const clock = fakeClock();
  const now = { chunks: 0, asked: 0, failingSinceMs: null as number | null, off: false };
  const look = createBacklog(clock, {
    state: () =>
      ({
        health: now.off ? "off" : now.failingSinceMs === null ? "ok" : "degraded",
        failingSinceMs: now.failingSinceMs,
      }) as HistoryState,
    waiting: () => {
      now.asked++;
      return Promise.resolve({ chunks: now.chunks, readings: now.chunks * 10, oldestMs: 0 });
    },
  });
  /** Looks every ten minutes while `chunks` change. */
  const pass = async (ms: number, byLook = 0) => {
    let found = await look();
    for (let at = 0; at < ms; at += STEP_MS) {
      await clock.advance(STEP_MS);
      now.chunks += byLook;
      found = await look();
    }
    return found;
  };
  return { clock, now, look, pass };
}

Deno.test("a backlog is said when the server was away for a day and something waits, and is over when it answers", async () => {
  const { clock, now, look, pass } = site();
  now.failingSinceMs = clock.now();
  now.chunks = 3;
  assert.equal(await pass(DAY_MS - HOUR_MS), null);
  assert.deepEqual(await pass(2 * HOUR_MS), {
    text:
      "30 readings in 3 pieces wait for the history server, which has taken nothing for 25 h: " +
      "they fill this disk until it does",
    away: true,
  });
  now.failingSinceMs = null;
  assert.equal(await pass(MINUTE_MS), null);
  now.failingSinceMs = clock.now() - 2 * DAY_MS;
  now.chunks = 0;
  assert.equal(await pass(MINUTE_MS), null, "nothing waits");
  now.chunks = 9;
  now.off = true;
  await clock.advance(MINUTE_MS);
  assert.equal(await look(), null, "there is none any more");
});

Deno.test("a backlog that grows for an hour is said, a first fill that shrinks is none; the queue is counted once a minute", async () => {
  const { clock, now, look, pass } = site();
  now.chunks = 100 * CHUNKS_MOST;
  assert.equal(await pass(3 * HOUR_MS, -100), null, "the first fill goes on");
  now.chunks = CHUNKS_MOST - 100;
  const few = site();
  few.now.chunks = 1;
  assert.equal(await few.pass(2 * HOUR_MS, 10), null, "few");
  const many = site();
  many.now.chunks = CHUNKS_MOST;
  assert.equal(await many.pass(HOUR_MS - STEP_MS, 20), null, "not yet for an hour");
  const found = await many.pass(HOUR_MS, 20);
  assert.match(found!.text, /^12.200 readings in 1.220 pieces wait .*, 120 more than an hour ago/);
  assert.equal(found!.away, false);
  const { asked } = now;
  await look();
  await clock.advance(MINUTE_MS / 2);
  await look();
  assert.equal(now.asked, asked);
});
