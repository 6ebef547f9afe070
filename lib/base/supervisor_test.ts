import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { silentLog } from "./log.ts";
import { createRests } from "./rests.ts";
import { createSupervisor } from "./supervisor.ts";
import { createWake } from "./wake.ts";

function setup() {
  const rests = createRests();
  const clock = rests.observing(fakeClock());
  return {
    clock,
    supervisor: createSupervisor({ clock, log: silentLog(), rests, random: () => 1 }),
  };
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

Deno.test("supervisor starts a task anew that hangs, and leaves one that rests alone", async () => {
  const { clock, supervisor } = setup();
  const failures: string[] = [];
  supervisor.onFailure(({ name, hangs }) => failures.push(`${name} ${hangs}`));
  let runs = 0;
  supervisor.start({
    name: "hangs once",
    busyMostMs: 10_000,
    run: async (signal) => {
      if (++runs === 1) await new Promise((_, reject) => signal.addEventListener("abort", reject));
      for (;;) await clock.sleep(60_000, signal);
    },
  });
  const rest = { name: "rests", busyMostMs: 10_000 };
  supervisor.start({
    ...rest,
    run: async (signal) => {
      for (;;) await clock.sleep(3_600_000, signal);
    },
  });
  supervisor.start({
    name: "can be woken",
    busyMostMs: 10_000,
    run: async (signal) => {
      for (;;) await createWake(clock).sleep(3_600_000, signal);
    },
  });
  supervisor.start({
    name: "waits for something else",
    busyMostMs: 10_000,
    run: (_, beat) => {
      beat!(Infinity);
      return new Promise(() => {});
    },
  });
  await clock.advance(20 * 60_000);
  const [hung, ...others] = supervisor.states();
  assert.deepEqual([runs, hung.hangs, hung.restarts, hung.state], [2, 1, 1, "running"]);
  assert.equal(hung.lastError, "did not move for 10 s");
  assert.deepEqual(others.map(({ restarts, state }) => [restarts, state]), [
    [0, "running"],
    [0, "running"],
    [0, "running"],
  ]);
  assert.deepEqual(failures, ["hangs once 1"]);
});

Deno.test("supervisor gives a task up that leaves a run behind each time it hangs", async () => {
  const { clock, supervisor } = setup();
  let runs = 0;
  supervisor.start({
    name: "never ends",
    busyMostMs: 10_000,
    run: () => {
      runs++;
      return new Promise(() => {});
    },
  });
  await clock.advance(24 * 3_600_000);
  assert.equal(runs, 3);
  const [{ state, hangs, restarts }] = supervisor.states();
  assert.deepEqual([state, hangs, restarts], ["hung", 3, 2]);
});

Deno.test("supervisor blames no task when the whole process stood still", async () => {
  let stoodMs = 0;
  const clock = fakeClock();
  const late = { ...clock, monotonic: () => clock.monotonic() + stoodMs };
  const supervisor = createSupervisor({ clock: late, log: silentLog() });
  supervisor.start({ name: "busy", busyMostMs: 60_000, run: () => new Promise(() => {}) });
  await clock.advance(10_000);
  stoodMs = 3_600_000;
  await clock.advance(10_000);
  assert.equal(supervisor.states()[0].hangs, 0);
  await clock.advance(60_000);
  assert.equal(supervisor.states()[0].hangs, 1);
});

Deno.test("supervisor restarts a task at once when it is asked to, also one that was given up", async () => {
  const { clock, supervisor } = setup();
  let runs = 0;
  supervisor.start({
    name: "stuck",
    busyMostMs: 1_000,
    run: () => (runs++, new Promise(() => {})),
  });
  supervisor.start({ name: "bad", run: () => Promise.reject(new Error("broken")) });
  while (supervisor.states()[0].state !== "hung") await clock.advance(5_000);
  const before = runs;
  assert.equal(supervisor.restart("stuck"), true);
  await clock.advance(1);
  assert.deepEqual([runs, supervisor.states()[0].state], [before + 1, "running"]);
  const { restarts } = supervisor.states()[1];
  supervisor.restart("bad");
  await clock.advance(1);
  assert.equal(supervisor.states()[1].restarts, restarts + 1, "it does not wait for its backoff");
  assert.equal(supervisor.restart("unknown"), false);
});

Deno.test("supervisor pauses a task: its run ends, and the next begins when it is resumed", async () => {
  const { clock, supervisor } = setup();
  const did: string[] = [];
  supervisor.start({
    name: "backups",
    run: async (signal) => {
      did.push("begins");
      await clock.sleep(1e9, signal).catch(() => {});
      did.push("ends");
    },
  });
  await clock.advance(1);
  await supervisor.pause("backups");
  assert.deepEqual(did, ["begins", "ends"]);
  await clock.advance(60_000);
  const [{ state, restarts }] = supervisor.states();
  assert.deepEqual([state, restarts], ["paused", 0]);
  supervisor.resume("backups");
  await clock.advance(1);
  assert.deepEqual(did, ["begins", "ends", "begins"]);
  const pausing = supervisor.pause("backups");
  await supervisor.stop(1_000);
  await pausing;
});
