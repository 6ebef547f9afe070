import assert from "node:assert/strict";
import { createBirth } from "./birth.ts";

Deno.test("birth: said once for each connection, some time later, not retained, and not when switched off", async () => {
  const said: unknown[] = [];
  const waits: number[] = [];
  let isOn = true;
  let wake = () => {};
  const connected = createBirth({
    prefix: () => "home",
    isOn: () => isOn,
    publish: (message) => void said.push(message),
    sleep(ms, signal) {
      waits.push(ms);
      return new Promise((resolve, reject) => {
        wake = resolve;
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
    random: () => 0.5,
  });
  const slept = async () => {
    wake();
    await Promise.resolve();
  };
  const { signal } = new AbortController();
  connected(signal);
  connected(signal);
  assert.deepEqual([waits, said], [[3_000], []]);
  await slept();
  assert.deepEqual(said, [{ topic: "home/status", payload: "online", qos: 1, retain: false }]);
  connected(signal);
  isOn = false;
  await slept();
  connected(signal);
  assert.deepEqual([waits.length, said.length], [2, 1]);
  isOn = true;
  const stopping = new AbortController();
  connected(stopping.signal);
  stopping.abort();
  await slept();
  assert.deepEqual([waits.length, said.length], [3, 1]);
});
