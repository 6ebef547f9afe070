import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { silentLog } from "./log.ts";
import { createSupervisor } from "./supervisor.ts";

function setup() {
  const clock = fakeClock();
  return { clock, supervisor: createSupervisor({ clock, log: silentLog(), random: () => 1 }) };
}

Deno.test("supervisor restarts a failing task with growing waits and keeps the others running", async () => {
  const { clock, supervisor } = setup();
  let runs = 0;
  supervisor.start({ name: "bad", run: () => Promise.reject(new Error(`fault ${++runs}`)) });
  supervisor.start({ name: "good", run: (signal) => clock.sleep(1e9, signal) });
  await clock.advance(1);
  assert.equal(runs, 1);
  await clock.advance(499);
  assert.equal(runs, 2);
  await clock.advance(999);
  assert.equal(runs, 2);
  await clock.advance(1);
  assert.equal(runs, 3);
  const [bad, good] = supervisor.states();
  assert.deepEqual([bad.state, bad.lastError, good.state, good.restarts], [
    "waiting",
    "fault 3",
    "running",
    0,
  ]);
});

Deno.test("supervisor stop aborts every task and waits for its end", async () => {
  const { clock, supervisor } = setup();
  let ended = false;
  supervisor.start({
    name: "slow",
    run: async (signal) => {
      await clock.sleep(1e9, signal).catch(() => {});
      await new Promise((r) => setTimeout(r, 5));
      ended = true;
    },
  });
  await clock.advance(1);
  await supervisor.stop(1_000);
  assert.equal(ended, true);
  assert.equal(supervisor.states()[0].state, "stopped");
});

Deno.test("supervisor stop gives up on a task that does not end", async () => {
  const { clock, supervisor } = setup();
  supervisor.start({ name: "stuck", run: () => new Promise(() => {}) });
  const stopping = supervisor.stop(1_000);
  await clock.advance(1_000);
  await stopping;
});
