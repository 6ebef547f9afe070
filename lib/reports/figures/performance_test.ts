import assert from "node:assert/strict";
import fc from "fast-check";
import type { PastStatus } from "../../live/past.ts";
import type { StatusChange } from "../../live/past_store.ts";
import type { MaintenanceWindow } from "../../machines/windows.ts";
import { performanceOf } from "./performance.ts";
import { plannedFor } from "./planned.ts";
import { coarse, lastedIn, overlaid, pastOf, STATES } from "../../words/past_spans.ts";
import { hours, share } from "./text.ts";

const ZONE = "Europe/Berlin";
const MINUTE = 60_000;
const utc = (text: string) => Date.parse(`${text}Z`);
const changes = (...rows: [string, PastStatus][]): StatusChange[] =>
  rows.map(([text, status]) => ({ tMs: utc(text), status }));

function sundays(start: string, end: string): MaintenanceWindow {
  return {
    id: "w1",
    path: "hall",
    title: "Cleaning",
    timing: { kind: "weekly", days: ["sun"], start, end },
    createdMs: utc("2026-01-01T00:00"),
    deletedMs: null,
  };
}

function worked(
  { range, own, perch, window }: {
    range: { fromMs: number; toMs: number };
    own: StatusChange[];
    perch: StatusChange[];
    window: MaintenanceWindow;
  },
) {
  const known = { fromMs: range.fromMs - 86_400_000, toMs: range.toMs };
  const planned = plannedFor("hall/press", [window], known, ZONE);
  return performanceOf(overlaid(pastOf(own, perch, known), planned, "maintenance"), range);
}

/** Worked by hand: 23 h, less 3 h of maintenance (1 to 5 o'clock) and 2 h without Perch: 18 h, of which 170 min down. */
Deno.test("performanceOf gives a spring day by hand: merged, short and open failures, unknown, maintenance", () => {
  const found = worked({
    range: { fromMs: utc("2026-03-28T23:00"), toMs: utc("2026-03-29T22:00") },
    window: sundays("01:00", "05:00"),
    perch: changes(
      ["2026-03-20T00:00", "normal"],
      ["2026-03-29T10:00", "unknown"],
      ["2026-03-29T12:00", "normal"],
    ),
    own: changes(
      ["2026-03-20T00:00", "normal"],
      ["2026-03-29T01:00", "critical"], // in maintenance
      ["2026-03-29T02:00", "warning"],
      ["2026-03-29T04:00", "critical"], // 30 min
      ["2026-03-29T04:30", "normal"],
      ["2026-03-29T06:00", "critical"], // 10 min, well for 4, 6 min: one of 20
      ["2026-03-29T06:10", "warning"],
      ["2026-03-29T06:14", "critical"],
      ["2026-03-29T06:20", "normal"],
      ["2026-03-29T08:00:00", "critical"], // 30 s: none
      ["2026-03-29T08:00:30", "normal"],
      ["2026-03-29T20:00", "critical"], // 2 h, open
    ),
  });
  assert.deepEqual(
    [found.calendarMs, found.maintenanceMs, found.unknownMs, found.upMs, found.downMs]
      .map((ms) => ms / MINUTE),
    [1380, 180, 120, 910, 170],
  );
  assert.deepEqual(
    found.failures.map(({ fromMs, downMs, end }) => [fromMs, downMs / MINUTE, end]),
    [
      [utc("2026-03-29T04:00"), 30, "well"],
      [utc("2026-03-29T06:00"), 20, "well"],
      [utc("2026-03-29T20:00"), 120, "open"],
    ],
  );
  assert.equal(found.availability, 910 / 1080);
  assert.equal(share(found.availability!), "84.25 %");
  assert.equal(found.mtbfMs, 910 * MINUTE / 3);
  assert.equal(hours(found.mtbfMs!), "5.1 h");
  assert.equal(found.mttrMs, 170 * MINUTE / 3);
});

/** 25 h, less 2 h (2 to 3 o'clock, which comes twice); one failure from the day before, one over a time without Perch. */
Deno.test("performanceOf gives an autumn day by hand: begun before, across unknown, ended in maintenance", () => {
  const found = worked({
    range: { fromMs: utc("2026-10-24T22:00"), toMs: utc("2026-10-25T23:00") },
    window: sundays("02:00", "03:00"),
    perch: changes(
      ["2026-10-20T00:00", "normal"],
      ["2026-10-25T12:00", "unknown"],
      ["2026-10-25T15:00", "normal"],
    ),
    own: changes(
      ["2026-10-20T00:00", "normal"],
      ["2026-10-24T21:59:50", "critical"], // 10 s before; until maintenance at 00:00: 2 h
      ["2026-10-25T00:30", "normal"],
      ["2026-10-25T10:00", "critical"], // 2 h, 3 h unknown, 1 h: one failure, 3 h
      ["2026-10-25T16:00", "normal"],
      ["2026-10-25T20:00", "offline"], // silent for 1 h: unknown
      ["2026-10-25T21:00", "normal"],
    ),
  });
  assert.deepEqual(
    [found.calendarMs, found.maintenanceMs, found.unknownMs, found.upMs, found.downMs]
      .map((ms) => ms / MINUTE),
    [1500, 120, 240, 840, 300],
  );
  assert.deepEqual(
    found.failures.map(({ downMs, end, beganBefore }) => [downMs / MINUTE, end, beganBefore]),
    [[120, "maintenance", true], [180, "well", false]],
  );
  assert.equal(found.mtbfMs, 420 * MINUTE);
  assert.equal(found.mttrMs, 150 * MINUTE);
});

Deno.test("performanceOf without failures and without knowledge invents nothing", () => {
  const range = { fromMs: 0, toMs: 720 * 60 * MINUTE };
  const well = performanceOf([{ ...range, state: "normal" }], range);
  assert.deepEqual([well.availability, well.mtbfMs, well.mttrMs], [1, null, null]);
  assert.equal(hours(well.upMs), "720 h");
  const nothing = performanceOf(pastOf([], [], range), range);
  assert.deepEqual([nothing.availability, nothing.unknownMs], [null, range.toMs]);
});

Deno.test("plannedFor plans nothing before a window was made, and nothing of other machines", () => {
  const range = { fromMs: utc("2026-02-28T23:00"), toMs: utc("2026-03-31T22:00") };
  const window = { ...sundays("22:00", "02:00"), createdMs: utc("2026-03-15T22:00") };
  const planned = plannedFor("hall/press", [window], range, ZONE);
  // On the first Sunday from when it was made on; then until two o'clock, twice in summer time.
  assert.deepEqual(planned, [
    { fromMs: utc("2026-03-15T22:00"), toMs: utc("2026-03-16T01:00") },
    { fromMs: utc("2026-03-22T21:00"), toMs: utc("2026-03-23T01:00") },
    { fromMs: utc("2026-03-29T20:00"), toMs: utc("2026-03-30T00:00") },
  ]);
  assert.deepEqual(plannedFor("halle/press", [window], range, ZONE), []);
});

const LENGTH = 200_000;
const rows = fc.array(
  fc.record({
    tMs: fc.integer({ min: -50_000, max: LENGTH }).map((s) => s * 1000),
    status: fc.constantFrom(...STATES),
  }),
  { maxLength: 60 },
);
const stretches = fc.array(
  fc.tuple(fc.integer({ min: -50_000, max: LENGTH }), fc.integer({ min: 0, max: 40_000 }))
    .map(([s, n]) => ({ fromMs: s * 1000, toMs: (s + n) * 1000 })),
  { maxLength: 8 },
);

Deno.test("performanceOf, whatever happens: the sums are the range, and availability is MTBF ÷ (MTBF + MTTR)", () => {
  const range = { fromMs: 0, toMs: LENGTH * 1000 };
  const known = { fromMs: -50_000_000, toMs: range.toMs };
  fc.assert(fc.property(rows, rows, stretches, (own, perch, planned) => {
    const past = overlaid(pastOf(own, perch, known), planned, "maintenance");
    past.forEach((span, i) => {
      assert.equal(span.fromMs, i === 0 ? known.fromMs : past[i - 1].toMs);
      assert.ok(span.toMs > span.fromMs);
    });
    assert.equal(past.at(-1)!.toMs, known.toMs);
    const { failures, ...sums } = performanceOf(past, range);
    assert.equal(sums.upMs + sums.downMs + sums.unknownMs + sums.maintenanceMs, sums.calendarMs);
    assert.ok(sums.upMs >= 0);
    failures.forEach((one, i) => assert.ok(i === 0 || failures[i - 1].toMs < one.fromMs));
    if (failures.length === 0) return assert.ok(sums.availability === null || sums.downMs === 0);
    const { mtbfMs, mttrMs, availability } = sums;
    assert.ok(Math.abs(availability! - mtbfMs! / (mtbfMs! + mttrMs!)) < 1e-12);
    const drawn = coarse(past, 7);
    assert.ok(drawn.length <= Math.max(7, past.length));
    const total = Object.values(lastedIn(drawn)).reduce((a, b) => a + b);
    assert.ok(Math.abs(total - (known.toMs - known.fromMs)) <= 7);
  }));
});
