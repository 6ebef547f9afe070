import assert from "node:assert/strict";
import { fakeClock } from "../../../tests/support/fake_clock.ts";
import type { TaskState } from "../../base/supervisor.ts";
import type { LoggedEvent } from "../../events/event.ts";
import type { ComponentState } from "../../live/components.ts";
import type { Sighting } from "../fault.ts";
import { componentSource, STARTING_MS } from "./components.ts";
import { configurationSource } from "./configuration.ts";
import { EVENT_STANDS_MS, eventSource } from "./events.ts";
import { logErrorSource } from "./log_errors.ts";
import { taskSource, WELL_MS } from "./tasks.ts";

const brief = (all: readonly Sighting[] | Promise<readonly Sighting[]>) =>
  (all as Sighting[]).map(({ cause, severity }) => `${cause} ${severity}`);

Deno.test("taskSource: once is low, again and again is medium, given up is high, and well is nothing", async () => {
  const clock = fakeClock();
  const task: TaskState = { name: "purge", state: "running", restarts: 0, hangs: 0, sinceMs: 0 };
  const source = taskSource({ clock, states: () => [task], essential: new Set(["alarms"]) });
  assert.deepEqual(brief(source.look()), []);
  task.restarts = 1;
  assert.deepEqual(brief(source.look()), ["task:purge:failing low"]);
  task.restarts = 3;
  assert.deepEqual(brief(source.look()), ["task:purge:failing medium"]);
  await clock.advance(WELL_MS + 1);
  assert.deepEqual(brief(source.look()), []);
  Object.assign(task, { state: "hung" });
  assert.deepEqual(brief(source.look()), ["task:purge:given_up high"]);
  Object.assign(task, { name: "alarms" });
  assert.deepEqual(brief(source.look()), ["task:alarms:given_up critical"]);
});

Deno.test("componentSource: what stores is critical at once, other parts only after the start, and more when it lasts", async () => {
  const clock = fakeClock();
  const states: ComponentState[] = [
    { name: "storage", health: "error", detail: "The disk is full." },
    { name: "mqtt", health: "error", detail: "Not connected." },
    { name: "outbox", health: "degraded", detail: "Slow." },
  ];
  const source = componentSource({
    clock,
    states: () => states,
    critical: new Set(["storage"]),
    elsewhere: new Set(),
  });
  assert.deepEqual(brief(source.look()), ["component:storage critical"]);
  await clock.advance(STARTING_MS);
  assert.deepEqual(brief(source.look())[1], "component:mqtt medium");
  await clock.advance(60_000);
  assert.deepEqual(brief(source.look())[1], "component:mqtt high");
  states.forEach((state) => state.health = "ok");
  assert.deepEqual(brief(source.look()), []);
});

Deno.test("eventSource: an error is one fault of its kind and subject, counted, for ten minutes", async () => {
  const clock = fakeClock();
  const source = eventSource({ clock });
  const event: LoggedEvent = {
    ...{ id: 1, uid: "u", type: "external.error", subject: "component:gate", severity: "warning" },
    ...{ tMs: 0, text: "No SIM", actor: "gate", body: null },
  };
  source.hear([event, { ...event, type: "alarm.raised" }, { ...event, type: "external.scan" }]);
  assert.deepEqual(brief(source.look()), ["event:external.error:component:gate low"]);
  source.hear(Array.from({ length: 9 }, () => event));
  const [seen] = source.look() as Sighting[];
  assert.deepEqual([seen.times, seen.severity, seen.component], [10, "medium", "program:gate"]);
  await clock.advance(EVENT_STANDS_MS + 1);
  assert.deepEqual(brief(source.look()), []);
});

Deno.test("logErrorSource: errors that differ in numbers alone are one fault; what others see is left to them", () => {
  const source = logErrorSource({ clock: fakeClock() });
  const entry = { tsMs: 0, level: "error", fields: {} } as const;
  const fields = { error: { message: "x is undefined" } };
  source.hear({ ...entry, part: "notify.router", message: "event 1 was not routed", fields });
  source.hear({ ...entry, part: "notify.router", message: "event 2 was not routed", fields });
  source.hear({ ...entry, part: "storage", message: "full" });
  source.hear({ ...entry, part: "http", message: "slow", level: "warn" });
  const seen = source.look() as Sighting[];
  assert.deepEqual(seen.map(({ component, message, times }) => [component, message, times]), [
    ["notify", "event 2 was not routed: x is undefined", 2],
  ]);
});

Deno.test("configurationSource: settings that are not in force, and variables that nobody knows", () => {
  const source = configurationSource({
    unusedSettings: () => ["events.most"],
    warnings: ["PERCH_PROT is not a variable of Perch and is ignored"],
  });
  assert.deepEqual(brief(source.look()), [
    "setting:events.most medium",
    "variable:PERCH_PROT is not a variable of Perch and is ignored low",
  ]);
});
