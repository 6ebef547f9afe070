import assert from "node:assert/strict";
import { chartOf, HOUR, wave } from "../../../../tests/support/report_documents.ts";
import type { Engine } from "../pdf/engine.ts";
import { pdfCanvas } from "../pdf/canvas.ts";
import { drawChart } from "./draw.ts";
import { niceStep, scaleOf, ticksOf } from "./scale.ts";
import { chartSvg } from "./svg.ts";
import { MOST_POINTS, thin } from "./thin.ts";
import { timeTicks } from "./time_axis.ts";

Deno.test("scales have round steps, and show limits that are near", () => {
  assert.deepEqual([0.013, 0.2, 3, 7, 10, 0].map(niceStep), [0.02, 0.2, 5, 10, 10, 0]);
  const labels = (lo: number, hi: number) => ticksOf(lo, hi, 6).map(({ label }) => label);
  assert.deepEqual(labels(-0.3, 0.3), ["−0.2", "0.0", "0.2"]);
  assert.deepEqual(labels(61, 94), ["70", "80", "90"]);
  assert.deepEqual(labels(0, 52_000), ["0", "20\u202f000", "40\u202f000"]);
  const { lo, hi } = scaleOf(60, 80, [90, 500]);
  assert.ok(lo < 60 && hi > 90 && hi < 100, "the near limit is shown, not the far one");
  const flat = scaleOf(5, 5, []);
  assert.ok(flat.lo < 5 && flat.hi > 5 && flat.ticks.length > 0);
});

Deno.test("the axis of time follows the clocks of the site on days of 23 and 25 hours", () => {
  const ticks = (from: string, to: string, most: number) =>
    timeTicks(Date.parse(from), Date.parse(to), "Europe/Berlin", most)
      .map(({ tMs, label }) => `${new Date(tMs).toISOString().slice(5, 16)} ${label}`);
  assert.deepEqual(ticks("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 5), [
    "10-24T22:00 25 Oct",
    "10-25T05:00 06:00",
    "10-25T11:00 12:00",
    "10-25T17:00 18:00",
    "10-25T23:00 26 Oct",
  ]);
  const spring = ticks("2026-03-28T23:00:00Z", "2026-03-29T06:00:00Z", 12);
  assert.ok(!spring.some((tick) => tick.endsWith(" 02:00")), "that hour does not exist");
  assert.deepEqual(ticks("2026-10-19T22:00:00Z", "2026-10-29T23:00:00Z", 8).slice(2, 4), [
    "10-24T22:00 25 Oct",
    "10-26T23:00 27 Oct",
  ]);
  assert.deepEqual(ticks("2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z", 5), [
    "03-31T22:00 Apr 2026",
    "06-30T22:00 Jul 2026",
    "09-30T22:00 Oct 2026",
  ]);
});

Deno.test("an axis of half an hour's offset has whole minutes of its clock", () => {
  const from = Date.parse("2026-01-01T00:00:00Z");
  const labels = timeTicks(from, from + 2 * HOUR, "Asia/Kolkata", 5).map(({ label }) => label);
  assert.deepEqual(labels, ["1 Jan 05:30", "06:00", "06:30", "07:00", "07:30"]);
});

Deno.test("a line of many points becomes at most 1 000, its peak is kept, its gaps stay gaps", () => {
  const tMs = Float64Array.from({ length: 200_000 }, (_, i) => i < 100_000 ? i : i + 50_000);
  const mean = tMs.map((t) => Math.sin(t / 1000));
  const max = mean.map((value, i) => i === 77_777 ? 99 : value);
  const line = { label: "x", gapMs: 10, tMs, min: mean, mean, max };
  const { runs } = thin(line, { fromMs: 0, toMs: 250_000 });
  assert.equal(runs.length, 2);
  assert.ok(runs.flat().length <= MOST_POINTS, String(runs.flat().length));
  assert.equal(Math.max(...runs.flat().map((point) => point.max)), 99);
  assert.ok(runs[0].at(-1)!.tMs < 100_000 && runs[1][0].tMs >= 150_000);
});

Deno.test("points far apart are single, what is no number is a gap, what is outside is left out", () => {
  const line = (t: number[], mean: number[]) => {
    const columns = { min: Float64Array.from(mean), mean: Float64Array.from(mean) };
    return { label: "x", gapMs: 15, tMs: Float64Array.from(t), ...columns, max: columns.mean };
  };
  const range = { fromMs: 0, toMs: 1000 };
  const lengths = (t: number[], mean: number[]) =>
    thin(line(t, mean), range).runs.map((run) => run.length);
  assert.deepEqual(lengths([0, 10, 20, 100, 200, 210], [1, 1, 1, 1, 1, 1]), [3, 1, 2]);
  assert.deepEqual(lengths([0, 10, 20, 30, 40], [1, 1, NaN, 1, 1]), [2, 2]);
  assert.deepEqual(lengths([-10, 990, 1000], [1, 1, 1]), [1]);
});

const chart = chartOf({
  lines: [wave("bearing", chartOf({}).fromMs, chartOf({}).toMs), wave("gear", 0, 0)],
  limits: [{ label: "warning", value: 85, severity: "warning" }],
  bands: [{
    label: "Status",
    spans: [{ fromMs: chartOf({}).fromMs, toMs: chartOf({}).toMs, state: "critical" }],
  }],
});

Deno.test("PDF and SVG draw the same paths and the same words", () => {
  const paths: string[] = [], words: string[] = [];
  const doc = new Proxy({}, {
    get: (_, name) => (path: string) => {
      if (name === "path") paths.push(path);
      return doc;
    },
  });
  const text = (word: string) => void words.push(word);
  drawChart(
    chart,
    { zone: "Europe/Berlin", width: 500 },
    pdfCanvas(
      { doc, text, width: () => 0 } as unknown as Engine,
    ),
  );
  const svg = chartSvg(chart, { zone: "Europe/Berlin", width: 500, colours: "print", id: "c" });
  assert.deepEqual(Array.from(svg.matchAll(/ d="([^"]+)"/g), ([, d]) => d), paths);
  assert.deepEqual(Array.from(svg.matchAll(/>([^<]*)<\/text>/g), ([, word]) => word), words);
  assert.ok(paths.length > 5 && words.includes("warning 85"));
});

Deno.test("an SVG is named and described, hostile names are text, and a chart of nothing says so", () => {
  const hostile = chartOf({ title: "<script>", alt: '"</desc>' });
  const svg = chartSvg(hostile, { zone: "UTC", colours: "tokens", id: "c" });
  assert.match(svg, /role="img" .*aria-labelledby="c-title c-desc"/);
  assert.match(svg, /<title id="c-title">&lt;script&gt;<\/title>/);
  assert.match(svg, /No readings in this range/);
  assert.doesNotMatch(svg, /#[0-9a-f]{6}|NaN|Infinity/);
});
