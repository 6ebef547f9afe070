/** A host without a clock of its own: what arrives before a time server sets it gets its right time then. */
import assert from "node:assert/strict";
import { HOUR_MS } from "../../lib/words/times.ts";
import { runApp } from "../support/app_client.ts";
import { until } from "../support/until.ts";
import { wrongClock } from "../support/wrong_clock.ts";

interface Raw {
  t: number[];
  v: number[];
  notes?: (string | null)[];
}

Deno.test("clock: readings from before the host's clock was set are marked, then moved, in order, each once", async () => {
  const lateMs = 3 * HOUR_MS;
  const clock = wrongClock(-lateMs);
  let isSet = false;
  const app = await runApp({}, { clock, clockSynchronised: () => Promise.resolve(isSet) });
  const begunMs = Date.now();
  let value = 0;
  const put = (ts?: number) => app.ingest([{ machine: "m", sensor: "s", value: value++, ts }]);
  const raw = async (): Promise<Raw> =>
    await (await app.ask("/api/readings?sensor=m/s&points=0&from=0&to=4102444700000")).json();
  const state = () => app.parts.clock.state().unsynchronised;
  try {
    await until("that it waits", () => state() || null);
    for (let i = 0; i < 5; i++) await put();
    // A device that knows the time better keeps its own.
    const ownMs = begunMs - 1_000;
    await put(ownMs);
    const before = await raw();
    assert.deepEqual(before.notes, [
      "host_clock",
      "host_clock",
      "host_clock",
      "host_clock",
      "host_clock",
      null,
    ]);
    const marked = before.t.slice(0, 5);
    assert.ok(marked.every((t) => t < begunMs - lateMs + 60_000), "at the time that the host had");

    clock.jump(lateMs);
    isSet = true;
    await until("the end of waiting", () => !state() || null);
    await put();
    const after = await until("their right time", async () => {
      const now = await raw();
      return now.notes === undefined || now.notes.every((note) => note === null) ? now : null;
    });
    assert.equal(after.v.length, 7, "none lost, none twice");
    const at = (v: number) => after.t[after.v.indexOf(v)];
    assert.equal(at(5), ownMs);
    for (let v = 0; v < 5; v++) {
      assert.ok(
        Math.abs(at(v) - marked[v] - lateMs) < 50,
        `moved by the step: ${at(v) - marked[v]}`,
      );
    }
    assert.deepEqual(after.v.filter((v) => v !== 5), [0, 1, 2, 3, 4, 6], "in order");
    const { items } = await (await app.ask("/api/events?type=clock.set")).json();
    assert.match(items[0].text ?? items[0].message, /set 3 h ahead; 5 readings of 1 sensors/);
  } finally {
    await app.stop();
  }
});

Deno.test("clock: where nobody says whether it was set, and where it was, nothing is marked", async () => {
  for (const says of [null, true]) {
    const app = await runApp({}, { clockSynchronised: () => Promise.resolve(says) });
    try {
      await app.ingest([{ machine: "m", sensor: "s", value: 1 }]);
      const path = "/api/readings?sensor=m/s&points=0&from=-1h";
      const { v, notes = [null] }: Raw = await (await app.ask(path)).json();
      assert.deepEqual([v, notes], [[1], [null]]);
      assert.equal(app.parts.clock.state().unsynchronised, false);
    } finally {
      await app.stop();
    }
  }
});
