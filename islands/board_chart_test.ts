import assert from "node:assert/strict";
import { render } from "preact-render-to-string";
import type { BoardLine } from "../lib/live/board.ts";
import { BoardChart, scaleOf, timeTicks } from "./board_chart.tsx";

Deno.test("board chart: says that readings are missing while the history server cannot be asked, and only then", () => {
  const line = (missing: boolean) =>
    ({
      ...{ title: "Oil", unit: "°C", kind: "number", missing, bucket_ms: 1, states: [] },
      ...{ t: [1], min: [1], mean: [1], max: [1], interval_ms: null, limits: {} },
    }) as unknown as BoardLine;
  const drawn = (...lines: BoardLine[]) =>
    render(BoardChart({
      tile: { kind: "chart", title: "", about: null, href: null, from_ms: 0, to_ms: 9, lines },
      zone: "UTC",
    }));
  assert.match(drawn(line(false), line(true)), /the history server cannot be asked\./);
  assert.doesNotMatch(drawn(line(false)), /history server/);
});

Deno.test("board chart: scales begin and end at round values around the data", () => {
  assert.deepEqual(scaleOf(61.2, 69.9).ticks, [60, 62.5, 65, 67.5, 70]);
  for (const [low, high] of [[0, 1e-6], [-3, 17], [999, 1001], [1e6, 9e6], [0, 1]]) {
    const { least, most, ticks } = scaleOf(low, high);
    assert.ok(least <= low && most >= high, `${low} to ${high}: ${ticks}`);
    assert.ok(ticks.length >= 3 && ticks.length <= 7, `${low} to ${high}: ${ticks}`);
  }
});

Deno.test("board chart: times are round in the site's zone", () => {
  const toMs = Date.UTC(2026, 5, 1, 10, 7);
  const day = timeTicks(toMs - 86_400_000, toMs, "Asia/Kolkata").map(({ text }) => text);
  assert.deepEqual(day, ["18:00", "00:00", "06:00", "12:00"]);
  const month = timeTicks(toMs - 30 * 86_400_000, toMs, "UTC");
  assert.ok(month.length >= 3 && month.length <= 7);
  assert.match(month[0].text, /^\d+ (May|Jun)$/);
});
