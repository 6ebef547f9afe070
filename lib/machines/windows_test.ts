import assert from "node:assert/strict";
import {
  createWindowWatch,
  isOpen,
  type MaintenanceWindow,
  spanAt,
  type Timing,
} from "./windows.ts";

const ZONE = "Europe/Berlin";
const HOUR_MS = 3_600_000;
const at = (iso: string) => Date.parse(iso);
const night: Timing = { kind: "weekly", days: ["sat"], start: "22:00", end: "06:00" };

function hours(timing: Timing, iso: string): number {
  const { fromMs, toMs } = spanAt(timing, at(iso), ZONE)!;
  return (toMs - fromMs) / HOUR_MS;
}

Deno.test("windows: a night is 8 h, 7 h when clocks go forward, 9 h when they go back", () => {
  assert.equal(hours(night, "2026-03-21T23:00+01:00"), 8);
  assert.equal(hours(night, "2026-03-28T23:00+01:00"), 7);
  assert.equal(hours(night, "2026-10-24T23:00+02:00"), 9);
});

Deno.test("windows: start and end keep to local time on both sides of a clock change", () => {
  for (
    const [iso, open] of [
      ["2026-03-28T21:59+01:00", false],
      ["2026-03-28T22:00+01:00", true],
      ["2026-03-29T05:59+02:00", true],
      ["2026-03-29T06:00+02:00", false],
      ["2026-10-24T22:00+02:00", true],
      ["2026-10-25T05:59+01:00", true],
      ["2026-10-25T06:00+01:00", false],
      ["2026-10-26T23:00+01:00", false],
    ] as const
  ) assert.equal(isOpen(night, at(iso), ZONE), open, iso);
});

Deno.test("windows: a start in the hour left out counts from the change, one that comes twice once", () => {
  const early: Timing = { kind: "weekly", days: ["sun"], start: "02:30", end: "04:00" };
  assert.equal(isOpen(early, at("2026-03-29T01:59+01:00"), ZONE), false);
  assert.equal(isOpen(early, at("2026-03-29T03:00+02:00"), ZONE), true);
  assert.equal(hours(early, "2026-03-29T03:10+02:00"), 1);
  assert.equal(isOpen(early, at("2026-10-25T02:30+02:00"), ZONE), true);
  assert.equal(hours(early, "2026-10-25T02:45+02:00"), 2.5);
  assert.equal(isOpen(early, at("2026-10-25T04:00+01:00"), ZONE), false);
});

Deno.test("windows: the same start and end is the whole day, 23 h or 25 h when clocks change", () => {
  const day: Timing = { kind: "weekly", days: ["sun"], start: "00:00", end: "00:00" };
  assert.equal(hours(day, "2026-03-29T12:00+02:00"), 23);
  assert.equal(hours(day, "2026-10-25T12:00+01:00"), 25);
  assert.equal(isOpen(day, at("2026-10-25T23:59+01:00"), ZONE), true);
});

Deno.test("windows: a one-off window is over at its end", () => {
  const once: Timing = { kind: "once", from: 1000, to: 2000 };
  assert.deepEqual([999, 1000, 1999, 2000].map((ms) => isOpen(once, ms, ZONE)), [
    false,
    true,
    true,
    false,
  ]);
  assert.equal(spanAt(once, 2000, ZONE), null);
});

Deno.test("windows: the watch finds the window of a machine, its area or the whole plant", () => {
  const window = (id: string, path: string, from: number): MaintenanceWindow => ({
    id,
    path,
    title: id,
    timing: { kind: "once", from, to: from + 10 },
    createdMs: 0,
    deletedMs: null,
  });
  let windows = [window("machine", "hall/press", 0), window("area", "hall", 20)];
  const watch = createWindowWatch({ windows: () => windows, zone: ZONE });
  assert.equal(watch("hall/press", 5)?.id, "machine");
  assert.equal(watch("hall/press-2", 5), null);
  assert.equal(watch("hall/press-2", 25)?.id, "area");
  assert.equal(watch("hall/press", 35), null);
  assert.equal(watch("hall/press", 5)?.id, "machine", "the clock was set back");
  windows = [window("all", "", 30)];
  assert.equal(watch("other", 35)?.id, "all");
});
