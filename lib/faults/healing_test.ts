import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { silentLog } from "../base/log.ts";
import type { TaskState } from "../base/supervisor.ts";
import type { EventDraft } from "../events/event.ts";
import type { ComponentState } from "../live/components.ts";
import { createSelfHealing } from "./healing.ts";
import { createHealingWatch } from "./healing_watch.ts";

function site() {
  const clock = fakeClock();
  const events: EventDraft[] = [];
  const healing = createSelfHealing({
    clock,
    log: silentLog(),
    append: (event) => Promise.resolve(void events.push(event)),
  });
  const task: TaskState = { name: "alarms", state: "running", restarts: 0, hangs: 0, sinceMs: 0 };
  const part: ComponentState = { name: "mqtt", health: "ok", detail: "" };
  const restarted: string[] = [];
  const watch = createHealingWatch({
    clock,
    healing,
    tasks: () => [task],
    components: () => [part],
    restart: (name) => restarted.push(name),
  });
  const of = (name: string) => healing.view().find((one) => one.name === name)!;
  return { clock, events, healing, task, part, restarted, watch, of };
}

Deno.test("healing says what a restart of a task brought, and that it does not last", async () => {
  const { clock, events, healing, task, watch, of } = site();
  watch.look();
  Object.assign(task, { restarts: 1, lastError: "x is undefined" });
  watch.look();
  assert.equal(String(events), "", "whether it helped is not known yet");
  await clock.advance(60_000);
  watch.look();
  assert.match(events[0].text, /started again and is well/);
  assert.equal(healing.isExhausted("task:alarms"), false);
  for (let restarts = 2; restarts <= 12; restarts++) {
    task.restarts = restarts;
    watch.look();
  }
  assert.equal(healing.isExhausted("task:alarms"), true);
  assert.deepEqual([of("restart_task").worked, of("restart_task").failed], [1, 10]);
  assert.equal(events.length, 10, "beyond the bound nothing is logged");
  await clock.advance(3_600_000);
  assert.equal(healing.isExhausted("task:alarms"), false);
});

Deno.test("healing sees a part come back, but not at the first start", async () => {
  const { clock, events, part, watch } = site();
  part.health = "degraded";
  watch.look();
  part.health = "ok";
  watch.look();
  assert.equal(String(events), "");
  part.health = "error";
  watch.look();
  await clock.advance(12_000);
  part.health = "ok";
  watch.look();
  assert.deepEqual(events.map(({ text }) => text), ["mqtt works again after 12 s"]);
});

Deno.test("healing tries a task again that was given up, twice an hour at most", async () => {
  const { clock, task, restarted, watch } = site();
  task.state = "hung";
  for (let minute = 0; minute < 150; minute++) {
    watch.look();
    await clock.advance(60_000);
  }
  assert.ok(restarted.length >= 3 && restarted.length <= 5, `${restarted.length} times`);
});
