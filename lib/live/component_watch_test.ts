import assert from "node:assert/strict";
import { silentLog } from "../base/log.ts";
import { createSupervisor } from "../base/supervisor.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import type { ComponentHealth } from "./components.ts";
import { createComponents } from "./components.ts";
import { componentWatch } from "./component_watch.ts";

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
