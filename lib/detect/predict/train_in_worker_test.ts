import assert from "node:assert/strict";
import { systemClock } from "../../base/clock.ts";
import { trainInWorker } from "./train_in_worker.ts";

/** A signal that counts who listens. */
function counted() {
  const abort = new AbortController();
  const listeners = new Set<unknown>();
  const { signal } = abort;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (type: string, listener: EventListener) => {
    listeners.add(listener);
    addEventListener.call(signal, type, listener);
  };
  signal.removeEventListener = (type: string, listener: EventListener) => {
    listeners.delete(listener);
    removeEventListener.call(signal, type, listener);
  };
  return { abort, signal, listeners };
}

const rows = 300;
const task = () => ({
  sensors: ["a", "b"],
  data: Float64Array.from({ length: 2 * rows }, (_, i) => Math.sin(i)),
  rows,
});

Deno.test("trainInWorker gives a model, and nothing of it stays at the signal of its task", async () => {
  const { signal, listeners } = counted();
  const { packed } = await trainInWorker(task(), systemClock(), signal);
  assert.ok(packed.length > 100);
  assert.equal(listeners.size, 0);
});

Deno.test("trainInWorker ends with its signal", async () => {
  const { abort, signal, listeners } = counted();
  const training = trainInWorker(task(), systemClock(), signal);
  abort.abort(new Error("enough"));
  await assert.rejects(training, /enough/);
  assert.equal(listeners.size, 0);
});
