import assert from "node:assert/strict";
import { InFlightWindow } from "./window.ts";

/**
 * A sender that fills its window, falls silent, and continues when it is acknowledged. Returns how long it
 * took to send `total` messages when a commit happens every `intervalMs`, or at once when asked for.
 */
function sendThrough(window: InFlightWindow, senderWindow: number, total: number): number {
  const intervalMs = 50;
  let nowMs = 0;
  for (let sent = 0; sent < total; sent += senderWindow) {
    nowMs += 1;
    const full = window.arrived(senderWindow, nowMs);
    nowMs += full ? 1 : intervalMs;
    window.settling(senderWindow, nowMs);
  }
  return nowMs;
}

Deno.test("InFlightWindow learns a window that is smaller than assumed after three stalls", () => {
  const ms = sendThrough(new InFlightWindow(2000), 20, 10_000);
  assert.ok(ms < 3 * 51 + 500 * 2, `${ms} ms`);
});

Deno.test("InFlightWindow is full at once where the assumption is right", () => {
  assert.equal(sendThrough(new InFlightWindow(20), 20, 1000), 100);
});

Deno.test("InFlightWindow grows when more is in flight", () => {
  const window = new InFlightWindow(20);
  assert.equal(window.arrived(300, 0), true);
  assert.equal(window.arrived(200, 1), false);
  assert.equal(window.size, 300);
});

Deno.test("InFlightWindow does not take a steady trickle for stalls", () => {
  const window = new InFlightWindow(2000);
  let nowMs = 0;
  for (let commit = 0; commit < 100; commit++) {
    for (let n = 1; n <= 25; n++) {
      nowMs += 2;
      assert.equal(window.arrived(n, nowMs), false);
    }
    window.settling(25, nowMs);
  }
  assert.equal(window.size, 2000);
});

Deno.test("InFlightWindow forgets what it learnt, so that a wrong guess does not last", () => {
  const window = new InFlightWindow(2000);
  sendThrough(window, 20, 200);
  assert.equal(window.size, 20);
  window.arrived(1, 60_000);
  assert.equal(window.size, 2000);
});
