/**
 * Every background task of a real Perch is killed, hangs and is starved (its timers never fire): it is started
 * again, that is visible, and there is no storm of restarts. Time is a fake clock's. `TASKS_IN_TURN=1` (in
 * `deno task soak`) does it to one task after the other; else to all at the same time.
 *
 * Control: SABOTAGE=hangs gives no task a deadline.
 */
import assert from "node:assert/strict";
import { ownerOf } from "../../lib/base/clock.ts";
import type { Task } from "../../lib/base/supervisor.ts";
import { startApp } from "../support/app.ts";
import { type FakeClock, fakeClock } from "../support/fake_clock.ts";
import { sabotaged } from "../support/sabotage.ts";
import { until } from "../support/until.ts";

const BUSY_MOST_MS = 20_000;
const REST_MOST_MS = 10_000;
type Fault = "kill" | "hang" | "starve";

/** Tasks that can be hurt, with how often each was started. */
function hurtTasks() {
  /** With how long they rest at most. */
  const starved = new Map<AbortSignal, { restMs: number }>();
  const starts = new Map<string, number>();
  const next = new Map<string, Fault>();
  const runs = new Map<string, Promise<void>>();
  const starving = new Map<string, { restMs: number }>();
  const kills = new Map<string, (why: Error) => void>();
  const clock = fakeClock();
  const sleep = clock.sleep;
  const hurting: FakeClock = {
    ...clock,
    sleep(ms, signal) {
      const rest = signal && starved.get(ownerOf(signal));
      if (rest === undefined) return sleep(ms, signal);
      rest.restMs = ms;
      return new Promise(() => {});
    },
  };
  const taskFault = (task: Task): Task => ({
    name: task.name,
    busyMostMs: sabotaged("hangs") ? Infinity : BUSY_MOST_MS,
    run(signal, beat) {
      starts.set(task.name, (starts.get(task.name) ?? 0) + 1);
      const fault = next.get(task.name);
      next.delete(task.name);
      if (fault === "hang") {
        return new Promise((_, reject) => signal.addEventListener("abort", reject));
      }
      if (fault === "starve") {
        starved.set(signal, { restMs: 0 });
        starving.set(task.name, starved.get(signal)!);
      }
      const killed = new Promise<never>((_, reject) => kills.set(task.name, reject));
      // One that is starved never says that it rests for ever.
      const run = task.run(signal, fault === "starve" ? () => {} : beat);
      runs.set(task.name, run);
      return Promise.race([run, killed]);
    },
  });
  const hurt = (name: string, fault: Fault) => {
    starving.delete(name);
    if (fault !== "kill") next.set(name, fault);
    kills.get(name)!(new Error("killed by the test"));
    // What really throws leaves nothing behind that still ends.
    const patience = new Promise((resolve) => setTimeout(resolve, 300));
    return Promise.race([runs.get(name)!.catch(() => {}), patience]);
  };
  /** One that rests for long is missed when its rest is over: surely later, or perhaps within the minute. */
  const restsLong = (name: string) => (starving.get(name)?.restMs ?? 0) > REST_MOST_MS;
  const mayBeMissed = (name: string) =>
    restsLong(name) && starving.get(name)!.restMs + BUSY_MOST_MS < 60_000;
  /** What it reads before its rest takes time that is not the clock's. Some wait for other things. */
  const toRest = async (names: readonly string[]) => {
    const untilMs = performance.now() + 2_000;
    while (names.some((name) => !starving.get(name)?.restMs) && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { clock: hurting, taskFault, starts, hurt, toRest, restsLong, mayBeMissed };
}

Deno.test("every background task that is killed, hangs or starves is started again, visibly and without a storm", async () => {
  const { clock, taskFault, starts, hurt, toRest, restsLong, mayBeMissed } = hurtTasks();
  const { app, close } = await startApp({}, { clock, taskFault });
  try {
    const names = [...starts.keys()];
    assert.ok(names.length > 20, `${names.length} tasks`);
    const rounds = Deno.env.get("TASKS_IN_TURN") === "1" ? names.map((name) => [name]) : [names];
    for (const [i, round] of rounds.entries()) {
      if (i > 0) await clock.advance(61_000);
      for (const fault of ["kill", "hang", "starve"] as const) {
        const before = new Map(starts);
        await Promise.all(round.map((name) => hurt(name, fault)));
        // What is cut short, and what reads the database, needs time that is not the clock's.
        for (let second = 0; second < (fault === "kill" ? 5 : 55); second++) {
          if (second < 5 || second > 20) await new Promise((resolve) => setTimeout(resolve, 5));
          await clock.advance(1_000);
          if (fault === "starve" && second === 2) await toRest(round);
        }
        for (const name of names) {
          const more = starts.get(name)! - before.get(name)!;
          const once = fault === "kill" || (fault === "starve" && restsLong(name));
          const wanted = !round.includes(name) ? 0 : once ? 1 : 2;
          if (fault === "starve" && mayBeMissed(name) && more === 2) continue;
          assert.equal(more, wanted, `${name} after ${fault}: started ${more} times`);
        }
        const tasks = app.parts().components.all().find(({ name }) => name === "tasks")!;
        assert.equal(tasks.health, "degraded", tasks.detail);
        assert.match(tasks.detail, /failed and was started again/);
      }
    }
    const count = await until("an event of each task", async () => {
      const { items } = await app.parts().events.list({ types: ["task.restarted"], limit: 100 });
      return items.length >= names.length ? items.length : null;
    });
    assert.equal(count, names.length, "one event an hour of each task");
  } finally {
    const closing = close().then(() => true);
    while (!await Promise.race([closing, clock.advance(1_000)]));
  }
});
