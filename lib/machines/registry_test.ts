import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { createRegistry, type RegistryOptions } from "./registry.ts";

function setup(options: RegistryOptions = {}) {
  const clock = fakeClock();
  const registry = createRegistry({
    clock,
    rows: { machines: [], sensors: [], states: [], last: [] },
    options,
  });
  const add = (sensor: string, value: number | boolean | string, unit?: string) => {
    const resolved = registry.resolve({ sensor, value, unit });
    registry.takePending();
    registry.committed();
    return resolved;
  };
  return { clock, registry, add };
}

Deno.test("registry gives a sensor the same id whatever arrived before it", () => {
  const one = setup();
  one.add("a/m/x", 1);
  one.add("a/m/y", 1);
  const other = setup();
  other.add("a/m/y", 1);
  assert.equal(one.registry.find("a/m/y")!.id, other.registry.find("a/m/y")!.id);
  assert.notEqual(one.registry.find("a/m/x")!.id, one.registry.find("a/m/y")!.id);
});

Deno.test("registry finds machine/sensor where it is unambiguous", () => {
  const { registry, add } = setup();
  add("north/press/temp", 1);
  assert.equal(registry.find("press/temp")!.name, "north/press/temp");
  add("south/press/temp", 1);
  assert.equal(registry.find("press/temp"), undefined);
  assert.equal(registry.find("south/press/temp")!.name, "south/press/temp");
});

Deno.test("registry turns on/off into 0/1 and texts into codes of their sensor", () => {
  const { registry, add } = setup();
  assert.deepEqual(add("a/door", true), { ok: true, sensor: registry.find("a/door"), value: 1 });
  const idle = add("a/mode", "idle");
  const running = add("a/mode", "running");
  const again = add("a/mode", "idle");
  assert.ok(idle.ok && running.ok && again.ok);
  assert.deepEqual([idle.value, running.value, again.value], [0, 1, 0]);
  assert.deepEqual(registry.find("a/mode")!.states, ["idle", "running"]);
});

Deno.test("registry refuses text for a sensor that reports numbers", () => {
  const { add } = setup();
  add("a/temp", 20);
  const resolved = add("a/temp", "unavailable");
  assert.ok(!resolved.ok);
  assert.equal(resolved.code, "bad_value");
});

Deno.test("registry caps new sensors per hour and texts per sensor", async () => {
  const { clock, registry, add } = setup({ newPerHour: () => 2, statesPerSensor: 2 });
  add("a/one", "x");
  add("a/two", 1);
  const third = add("a/three", 1);
  assert.ok(!third.ok && third.code === "sensor_cap");
  assert.equal(registry.refusedNew(), 1);
  add("a/one", "y");
  const third_text = add("a/one", "z");
  assert.ok(!third_text.ok && third_text.code === "state_cap");
  await clock.advance(3_600_000);
  assert.equal(registry.newLeft(), 2);
  assert.equal(registry.refusedNew(), 0);
  assert.ok(add("a/three", 1).ok);
});

Deno.test("registry refuses unknown sensors on a closed site", () => {
  const resolved = setup({ autoRegister: () => false }).add("a/b", 1);
  assert.ok(!resolved.ok && resolved.code === "unknown_sensor");
});

Deno.test("registry refuses names with control characters, wildcards or one level", () => {
  for (
    const name of ["temp", "a//b", "a/b\u0000", "a/+", "a/#", "a/" + "x".repeat(200), "a/\u202eb"]
  ) {
    const resolved = setup().add(name, 1);
    assert.ok(!resolved.ok && resolved.code === "bad_name", name);
  }
});
