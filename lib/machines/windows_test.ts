import assert from "node:assert/strict";
import fc from "fast-check";
import { WEEKDAYS } from "../words/names.ts";
import { HOUR_MS } from "../words/times.ts";
import {
  createWindowWatch,
  isOpen,
  type MaintenanceWindow,
  spanAt,
  type Timing,
} from "./windows.ts";

const ZONE = "Europe/Berlin";
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

Deno.test("windows: what lies wholly in the hour left out does not open, and no window lasts a day for it", () => {
  const changeMs = at("2027-03-28T03:00+02:00");
  for (
    const [start, end, from, to] of [
      ["02:00", "03:00", null, null],
      ["02:15", "02:45", null, null],
      ["02:30", "03:30", "2027-03-28T03:00+02:00", "2027-03-28T03:30+02:00"],
      ["01:30", "02:30", "2027-03-28T01:30+01:00", "2027-03-28T03:00+02:00"],
    ] as const
  ) {
    const timing: Timing = { kind: "weekly", days: ["sun"], start, end };
    const span = spanAt(timing, at("2027-03-27T20:00+01:00"), ZONE)!;
    if (from === null) assert.ok(span.fromMs > changeMs + 6 * 24 * HOUR_MS, `${start}–${end}`);
    else assert.deepEqual(span, { fromMs: at(from), toMs: at(to) }, `${start}–${end}`);
    assert.equal(isOpen(timing, at("2027-03-28T12:00+02:00"), ZONE), false);
  }
});

Deno.test("windows: at every kind of change, none is longer than usual by more than the change, nor begins or ends at another time", () => {
  // Half an hour, two hours, at midnight, a day left out, Ramadan, southern summers, years ago.
  const zones = [
    ...["Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Santiago", "Asia/Beirut"],
    ...["Africa/Cairo", "Africa/Casablanca", "Australia/Lord_Howe", "Antarctica/Troll"],
    ...["Pacific/Apia", "Pacific/Kwajalein", "Asia/Gaza", "America/Havana", "Asia/Kolkata", "UTC"],
  ];
  const minute = fc.integer({ min: 0, max: 24 * 12 - 1 }).map((step) => step * 5);
  const text = (m: number) =>
    `${String(Math.floor(m / 60)).padStart(2, "0")}:${String(m % 60).padStart(2, "0")}`;
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: Date.UTC(2009, 0, 1), max: Date.UTC(2030, 0, 1) }),
      fc.subarray([...WEEKDAYS], { minLength: 1 }),
      minute,
      minute,
      fc.integer({ min: -40, max: 40 }),
      (zone, someMs, days, from, to, hours) => {
        const change = Temporal.Instant.fromEpochMilliseconds(someMs).toZonedDateTimeISO(zone)
          .getTimeZoneTransition("next");
        const changeAtMs = change?.epochMilliseconds ?? someMs;
        const before = change?.subtract({ nanoseconds: 1 }) ?? null;
        const changeMs = change === null
          ? 0
          : Math.abs(change.offsetNanoseconds - before!.offsetNanoseconds) / 1e6;
        const usualMs = ((to - from + 24 * 60 - 1) % (24 * 60) + 1) * 60_000;
        const timing: Timing = { kind: "weekly", days, start: text(from), end: text(to) };
        const nowMs = changeAtMs + hours * HOUR_MS;
        const { fromMs, toMs } = spanAt(timing, nowMs, zone)!;
        assert.ok(nowMs < toMs && fromMs < toMs);
        assert.ok(toMs - fromMs <= usualMs + changeMs, `${(toMs - fromMs) / 60_000} min`);
        assert.equal(isOpen(timing, fromMs, zone), true);
        assert.equal(spanAt(timing, toMs, zone)!.fromMs >= toMs, true);
        for (const [ms, minutes] of [[fromMs, from], [toMs, to]]) {
          if (ms === changeAtMs) continue;
          const clock = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
          assert.equal(clock.toPlainTime().toString().slice(0, 5), text(minutes));
        }
      },
    ),
    { numRuns: 2000 },
  );
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
  const watch = createWindowWatch({ windows: () => windows, zone: () => ZONE });
  assert.equal(watch("hall/press", 5)?.id, "machine");
  assert.equal(watch("hall/press-2", 5), null);
  assert.equal(watch("hall/press-2", 25)?.id, "area");
  assert.equal(watch("hall/press", 35), null);
  assert.equal(watch("hall/press", 5)?.id, "machine", "the clock was set back");
  windows = [window("all", "", 30)];
  assert.equal(watch("other", 35)?.id, "all");
});

Deno.test("createWindowWatch: without windows nothing is worked out for any machine", () => {
  let asked = 0;
  const windowOf = createWindowWatch({ windows: () => [], zone: () => (asked++, "UTC") });
  const before = asked;
  for (let i = 0; i < 1000; i++) assert.equal(windowOf(`hall/m-${i}`, i), null);
  assert.equal(asked, before, "the zone is not asked for by each of them");
});
