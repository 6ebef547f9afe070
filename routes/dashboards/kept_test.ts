import assert from "node:assert/strict";
import { LINES_MOST, TILES_MOST } from "../../lib/dashboards/dashboard.ts";
import { LINES_KEPT } from "./board.ts";
import { createKept } from "./kept.ts";

Deno.test("kept answers: a round over more than fit finds those that fit, and the bound holds", async () => {
  let nowMs = 0, reads = 0;
  const kept = createKept<number>({ now: () => nowMs }, 10);
  const round = async (from: number, count: number) => {
    const before = reads;
    for (let i = from; i < from + count; i++) {
      await kept(String(i), 100, () => Promise.resolve(++reads));
    }
    assert.ok(kept.size() <= 10);
    return reads - before;
  };
  assert.deepEqual([await round(0, 15), await round(0, 15)], [15, 5]);
  nowMs = 200;
  assert.equal(await round(100, 1), 1);
  assert.equal(kept.size(), 1, "what is too old does not lie about");
  nowMs = 150;
  assert.equal(await round(100, 1), 1, "a clock that was set back reads anew");
  const fails = () => kept("broken", 100, () => Promise.reject(new Error(String(++reads))));
  await assert.rejects(fails(), /\d/);
  const before = reads;
  await assert.rejects(fails(), new RegExp(String(before + 1)));
});

Deno.test("kept answers: one that is not whole is read again, for the next who asks", async () => {
  const kept = createKept<number>({ now: () => 0 }, 10, (value) => value !== 1);
  let reads = 0;
  const ask = () => kept("a", 100, () => Promise.resolve(++reads));
  assert.deepEqual([await ask(), await ask(), await ask()], [1, 2, 2]);
});

Deno.test("kept answers: four screens with as many lines as a dashboard takes read none twice", () =>
  assert.ok(LINES_KEPT >= 4 * TILES_MOST * LINES_MOST));
