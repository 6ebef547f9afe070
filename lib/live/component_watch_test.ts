import assert from "node:assert/strict";
import { silentLog } from "../base/log.ts";
import { createSupervisor } from "../base/supervisor.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import type { ComponentHealth } from "./components.ts";
import { createComponents } from "./components.ts";
import { componentWatch } from "./component_watch.ts";

/** Programs that report; `states` are those of the moment, by name. */
function watchedPrograms(states: Map<string, ComponentHealth>) {
  const clock = fakeClock();
  const logged: string[] = [];
  const reported = {
    state: "error",
    reporter: "key",
    reported_ms: 0,
    since_ms: 0,
    expires_ms: null,
    queue: null,
    failed: null,
    tries: null,
    successes: null,
  } as const;
  const components = createComponents(["storage"]);
  components.alongside(() =>
    [...states].map(([name, health]) => ({ name, health, detail: `Is ${health}.`, reported }))
  );
  const supervisor = createSupervisor({ clock, log: silentLog() });
  supervisor.start(componentWatch({
    clock,
    log: silentLog(),
    components,
    expire: () => Promise.resolve(),
    publish: () => {},
    append: ({ text, body }) =>
      Promise.resolve(void logged.push(`${text} (${(body as { before: string }).before})`)),
  }));
  return { clock, logged, stop: () => supervisor.stop(1_000) };
}

Deno.test("componentWatch logs the first report of a program that is not well, once it lasts", async () => {
  const states = new Map<string, ComponentHealth>([["known", "error"]]);
  const { clock, logged, stop } = watchedPrograms(states);
  await clock.advance(20_000);
  assert.deepEqual(logged, [], "it was so before this start, and is in the log");
  states.set("printer", "error").set("reader", "degraded").set("scale", "ok").set("lamp", "error");
  await clock.advance(6_000);
  states.set("lamp", "ok");
  await clock.advance(2_000);
  assert.deepEqual(logged, []);
  await clock.advance(20_000);
  assert.deepEqual(logged.splice(0), [
    "The program printer does not work: Is error (null)",
    "The program reader is degraded: Is degraded (null)",
  ]);
  states.set("printer", "ok").set("scale", "error").set("lamp", "error");
  await clock.advance(80_000);
  assert.deepEqual(logged.splice(0).sort(), [
    "The program lamp does not work: Is error (ok)",
    "The program printer works: Is ok (error)",
    "The program scale does not work: Is error (ok)",
  ]);
  // Forgotten, and back.
  states.delete("scale");
  await clock.advance(4_000);
  states.set("scale", "error");
  await clock.advance(20_000);
  assert.deepEqual(logged, ["The program scale does not work: Is error (null)"]);
  await stop();
});

Deno.test("componentWatch tells a change at once, and logs one that lasts, once a minute at most", async () => {
  const clock = fakeClock();
  const components = createComponents(["storage"]);
  let broker: ComponentHealth = "off";
  components.register("storage", () => ({ health: "ok", detail: "Stores." }));
  components.register("broker", () => ({ health: broker, detail: `Is ${broker}.` }));
  const told: string[] = [];
  const logged: string[] = [];
  let failing = false;
  const supervisor = createSupervisor({ clock, log: silentLog() });
  supervisor.start(componentWatch({
    clock,
    log: silentLog(),
    components,
    expire: () => Promise.resolve(),
    publish: ({ name, health }) => void told.push(`${name} ${health} ${components.overall()}`),
    append: ({ text, severity }) => {
      if (failing) return Promise.reject(new Error("full"));
      logged.push(`${severity}: ${text}`);
      return Promise.resolve();
    },
  }));
  await clock.advance(10_000);
  broker = "error";
  await clock.advance(50_000);
  assert.deepEqual(told.splice(0), ["broker error Partial"]);
  assert.deepEqual(logged, [], "what it begins with is no change");
  broker = "ok";
  await clock.advance(2_000);
  assert.deepEqual(told, ["broker ok Healthy"]);
  assert.deepEqual(logged, []);
  await clock.advance(12_000);
  assert.deepEqual(logged, ["info: The part broker works: Is ok"]);
  // Ten minutes of flapping, each state long enough to last.
  for (let i = 0; i < 40; i++) {
    broker = i % 2 === 0 ? "error" : "ok";
    await clock.advance(15_000);
  }
  assert.equal(told.length, 41);
  assert.ok(logged.length <= 12, `${logged.length} events in ten minutes`);
  broker = "error";
  await clock.advance(120_000);
  assert.equal(logged.at(-1), "warning: The part broker does not work: Is error");
  failing = true;
  broker = "degraded";
  await clock.advance(120_000);
  assert.equal(told.at(-1), "broker degraded Degraded", "a log that fails stops nothing");
  await supervisor.stop(1_000);
});
