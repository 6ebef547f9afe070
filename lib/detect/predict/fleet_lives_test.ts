import assert from "node:assert/strict";
import { extentOf, livesOf, stepFor } from "./fleet_lives.ts";
import type { History } from "./history.ts";

const HOUR = 3_600_000;

Deno.test("livesOf: a life begins when the machine ran again, and ends when it failed", () => {
  const failed = (atMs: number | null, backMs: number | null, machine = "a") => ({
    machine,
    atMs,
    backMs,
  });
  assert.deepEqual(livesOf("a", []), { ended: [], present: { fromMs: null, over: false } });
  // The second ticket is about the same failure.
  const list = [failed(50, 60), failed(10, 20), failed(55, 58), failed(1, 2, "b")];
  assert.deepEqual(livesOf("a", list), {
    ended: [
      { machine: "a", fromMs: null, toMs: 10 },
      { machine: "a", fromMs: 20, toMs: 50 },
    ],
    present: { fromMs: 60, over: false },
  });
  assert.deepEqual(livesOf("a", [failed(null, null)]), {
    ended: [{ machine: "a", fromMs: null, toMs: null }],
    present: { fromMs: null, over: true },
  });
});

Deno.test("extentOf finds the ends of a history far back, to a minute", async () => {
  const firstMs = 1_000_000 * HOUR, lastMs = firstMs + 200 * HOUR;
  const times = Array.from({ length: 201 }, (_, i) => firstMs + i * HOUR);
  const store: History = {
    buckets({ fromMs, toMs, points }) {
      const bucketMs = Math.ceil((toMs - fromMs) / (points! - 1));
      const cells = new Map<number, number>();
      for (const t of times.filter((t) => t >= fromMs && t < toMs)) {
        const at = Math.floor(t / bucketMs) * bucketMs;
        cells.set(at, (cells.get(at) ?? 0) + 1);
      }
      const tMs = Float64Array.from(cells.keys());
      const mean = new Float64Array(tMs.length), n = Uint32Array.from(cells.values());
      return Promise.resolve({
        ...{ bucketMs, tMs, mean, min: mean, max: mean, n },
        ...{ tier: "raw", summedUntilMs: null, damaged: [] },
      });
    },
  };
  const found = await extentOf(store, 1, 0, lastMs + 5000 * HOUR);
  assert.equal(found!.readings, 201);
  assert.ok(Math.abs(found!.firstMs - firstMs) <= 60_000, String(found!.firstMs - firstMs));
  assert.ok(Math.abs(found!.lastMs - lastMs) <= 60_000, String(found!.lastMs - lastMs));
  assert.equal(await extentOf(store, 1, 0, firstMs), null);
});

Deno.test("stepFor takes the readings' own step, and a longer one for long lives", () => {
  assert.equal(stepFor([200 * HOUR], [HOUR]), HOUR);
  assert.equal(stepFor([20_000 * HOUR], [HOUR]), 168 * HOUR);
  assert.equal(stepFor([HOUR], [1000]), 10_000);
});
