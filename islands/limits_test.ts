import assert from "node:assert/strict";
import { bandsOf, limitWords, rangeOf } from "./limits.ts";
import { outText } from "./sensor_parts.tsx";
import { grownSpans, lastedOf } from "./status_strip.tsx";

const NONE = { warning_low: null, warning_high: null, critical_low: null, critical_high: null };

Deno.test("bandsOf ends a warning where critical begins, on both sides", () => {
  const all = { warning_low: 20, warning_high: 80, critical_low: 10, critical_high: 90 };
  assert.deepEqual(bandsOf(all).map(({ from, to, level }) => [from, to, level]), [
    [80, 90, "warning"],
    [90, Infinity, "critical"],
    [10, 20, "warning"],
    [-Infinity, 10, "critical"],
  ]);
  assert.deepEqual(bandsOf({ ...NONE, critical_high: 5 }).map(({ level }) => level), ["critical"]);
  assert.deepEqual(bandsOf({ ...NONE, warning_high: 5, critical_high: 5 }).length, 1);
  assert.deepEqual(bandsOf(NONE), []);
});

Deno.test("rangeOf shows limits that are near, and lets far ones not flatten the data", () => {
  const near = rangeOf(60, 75, bandsOf({ ...NONE, warning_high: 80 }));
  assert.ok(near[0] < 60 && near[1] > 80 && near[1] < 85);
  const far = rangeOf(60, 75, bandsOf({ ...NONE, critical_high: 500 }));
  assert.ok(far[1] < 80);
  const flat = rangeOf(5, 5, []);
  assert.ok(flat[0] < 5 && flat[1] > 5);
});

Deno.test("limitWords says each limit with its unit, as it was set", () => {
  assert.equal(limitWords(NONE, "°C"), null);
  assert.equal(
    limitWords({ ...NONE, warning_high: 80, critical_low: 5 }, "°C"),
    "critical at or below 5 °C, warning from 80 °C",
  );
});

Deno.test("grownSpans lets the present status last, and begins another where it changed", () => {
  const spans = [{ fromMs: 0, toMs: 10, status: "normal" as const }];
  assert.deepEqual(grownSpans(spans, 15), [{ fromMs: 0, toMs: 15, status: "normal" }]);
  const changed = grownSpans(spans, 20, { status: "critical", tMs: 12 });
  assert.deepEqual(changed, [
    { fromMs: 0, toMs: 12, status: "normal" },
    { fromMs: 12, toMs: 20, status: "critical" },
  ]);
  assert.deepEqual(lastedOf(changed, 5, 16), {
    normal: 7,
    warning: 0,
    critical: 4,
    none: 0,
    unknown: 0,
  });
  assert.deepEqual(grownSpans([], 5), []);
});

Deno.test("time of which nobody recorded how it was is never called in range", () => {
  const none = { normal: 0, warning: 0, critical: 0, none: 0, unknown: 0 };
  assert.equal(outText({ ...none, normal: 60_000 }), "none");
  assert.equal(outText({ ...none, unknown: 60_000 }), "not recorded");
  assert.equal(outText({ ...none, normal: 1, unknown: 60_000 }), "none of what was recorded");
  assert.equal(
    outText({ ...none, warning: 60_000, unknown: 1 }),
    "60 s of what was recorded",
  );
});

Deno.test("rangeOf makes no cliff of what hardly moves where a least part of the scale is asked for", () => {
  const [least, most] = rangeOf(69.7, 69.8, [], 10);
  assert.ok(least < 65 && most > 74, `${least} to ${most}`);
  const [none] = rangeOf(0.2, 0.4, [], 10);
  assert.ok(none > -1, `from ${none}`);
  assert.deepEqual(rangeOf(20, 60, [], 10), rangeOf(20, 60, []));
});
