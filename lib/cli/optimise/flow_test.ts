import assert from "node:assert/strict";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import { flowOf } from "./flow.ts";

const HOUR_MS = 3_600_000;

Deno.test("flowOf watches a running Perch, goes by what is stored where none runs, and assumes nothing", async () => {
  const clock = fakeClock();
  const watched = async (
    perS: number,
    startedWith: number,
    kept: { readings: number; oldestMs: number | null },
    host: { stored?: number; commitsMs?: number[] } = {},
  ) => {
    const beganMs = clock.monotonic();
    const stats = () => {
      const s = (clock.monotonic() - beganMs) / 1000;
      return { stored: startedWith + perS * s, groups: 2 * s };
    };
    const parts = {
      clock,
      intake: { stats },
      storage: { readings: { stats: () => Promise.resolve(kept) } },
    };
    const own = {
      stored: () => Promise.resolve(host.stored ?? 0),
      newestMs: () =>
        (host.commitsMs ?? []).filter((ms) => ms <= clock.monotonic() - beganMs).length,
    };
    const flow = flowOf(parts as unknown as Parameters<typeof flowOf>[0], own);
    await clock.advance(5_000);
    await clock.advance(5_000);
    return await flow;
  };
  const kept = { readings: 7_200, oldestMs: clock.now() - HOUR_MS };
  // What was loaded at the start says nothing about the moment.
  assert.deepEqual(await watched(40, 1e6, kept), {
    readingsPerS: 40,
    commitsPerS: 2,
    from: "at the moment",
  });
  const stopped = await watched(0, 0, kept);
  assert.equal(stopped.from, "on the average of all that is stored");
  assert.ok(Math.abs(stopped.readingsPerS - 2) < 0.1, `${stopped.readingsPerS}`);
  // Only the host's: idle, whether it runs or not.
  for (const startedWith of [0, 500]) {
    const idle = await watched(0, startedWith, { ...kept, readings: 3_004 }, { stored: 3_000 });
    assert.deepEqual([idle.readingsPerS, idle.from], [0, "hardly any came yet"]);
  }
  // A commit of the host falls into a look: it is left out, and the next one counts.
  assert.equal((await watched(40, 500, kept, { commitsMs: [3_000] })).readingsPerS, 40);
  assert.equal((await watched(40, 500, kept, { commitsMs: [3_000, 8_000] })).from, stopped.from);
  assert.equal((await watched(0, 0, { readings: 0, oldestMs: null })).readingsPerS, 0);
});
