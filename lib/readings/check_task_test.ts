import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { HOUR_MS } from "../words/times.ts";
import { createReadingsCheck } from "./check_task.ts";
import type { CheckPass, CheckStep, Damage } from "./store.ts";

Deno.test("createReadingsCheck looks quickly at everything after a start, wholly once a day, and reports each change once", async () => {
  const clock = fakeClock();
  const steps: CheckPass[] = [];
  const reported: number[] = [];
  let damage: Damage[] = [];
  let left = 3;
  let startedMs: number | null = null;
  const task = createReadingsCheck({
    clock,
    readings: {
      damage: () => Promise.resolve(damage),
      check(pass) {
        steps.push(pass);
        if (pass === "full" && left === 3) startedMs = clock.now();
        const finished = --left === 0;
        if (finished) left = 3;
        const underWay = pass === "full" && !finished;
        const step: CheckStep = { chunks: 1, finished, underWay, startedMs, finishedMs: null };
        return Promise.resolve(step);
      },
    },
    report: (all) => Promise.resolve(void reported.push(all.length)),
  });
  const stop = new AbortController();
  const done = task.run(stop.signal).catch((error) => error);
  for (let i = 0; i < 2; i++) await clock.advance(100);
  assert.deepEqual(steps.splice(0, 3), ["quick", "quick", "quick"]);
  for (let i = 0; i < 10; i++) await clock.advance(5_000);
  assert.deepEqual(steps.splice(0), ["full", "full", "full"]);
  damage = [{
    kind: "chunk",
    ref: 1,
    sensor: 1,
    fromMs: 1,
    toMs: 2,
    readings: 1,
    reason: "",
    foundMs: 1,
    acknowledgedMs: null,
  }];
  for (let i = 0; i < 3; i++) await clock.advance(5_000);
  damage = [];
  for (let i = 0; i < 3; i++) await clock.advance(5_000);
  assert.deepEqual(reported, [0, 1, 0]);
  clock.jump(24 * HOUR_MS);
  for (let i = 0; i < 5; i++) await clock.advance(5_000);
  assert.deepEqual(steps, ["full", "full", "full"]);
  stop.abort();
  await done;
});
