import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import type { BucketResult } from "../../lib/readings/store.ts";
import { type BoardServices, createBoards } from "./board.ts";

const SENSOR = {
  sensor: "oil",
  num: 1,
  id: "s",
  name: "hall/press/oil",
  machine: "hall/press",
  kind: "number",
};

/** A board of one chart, whose readings the history server did not give (`failure`), or there is none. */
function chartOf(state: { failure: string | null; reads: number }) {
  const found = (): Partial<BucketResult> => ({
    ...{ bucketMs: 1, summedUntilMs: null, damaged: [], elsewhere: { untilMs: 1, ...state } },
    ...{ tMs: Float64Array.of(1), n: Uint32Array.of(1) },
    ...{ min: Float64Array.of(2), mean: Float64Array.of(2), max: Float64Array.of(2) },
  });
  const boards = createBoards({
    clock: fakeClock(),
    machines: { find: () => undefined, all: () => [] },
    sensors: { find: () => ({ ...SENSOR, settings: { display_name: null } }), all: () => [] },
    recent: { intervalMs: () => null },
    shown: () => ({ unit: "°C", convert: null, decimals: null }),
    readings: { buckets: () => (state.reads++, Promise.resolve(found())) },
  } as unknown as BoardServices);
  return async () => {
    const asked = { charts: true, links: false };
    const [tile] = await boards.tiles(
      [{ kind: "chart", range: "30d", sensors: ["s"], size: "wide" }],
      asked,
    );
    assert.ok(tile.kind === "chart");
    return tile;
  };
}

Deno.test("a chart of a dashboard says that the history server does not answer, not where it is, and looks again for the next", async () => {
  const state = {
    failure: "The history server cannot be asked: 10.0.0.9 is away." as string | null,
    reads: 0,
  };
  const chart = chartOf(state);
  const away = await chart();
  assert.equal(away.lines![0].missing, true);
  assert.ok(!JSON.stringify(away).includes("10.0.0.9"), "a screen has no sign-in");
  state.failure = null;
  assert.equal((await chart()).lines![0].missing, false, "as soon as it answers");
  await chart();
  assert.equal(state.reads, 2, "what is whole is kept");
});
