import assert from "node:assert/strict";
import { createBus } from "./bus.ts";

Deno.test("bus calls every listener, also when one of them fails", () => {
  const faults: unknown[] = [];
  const bus = createBus<{ n: number }>((_topic, error) => faults.push(error));
  const heard: number[] = [];
  bus.subscribe("n", () => {
    throw new Error("listener");
  });
  const end = bus.subscribe("n", (n) => heard.push(n));
  bus.publish("n", 1);
  end();
  bus.publish("n", 2);
  assert.deepEqual(heard, [1]);
  assert.equal(faults.length, 2);
});
