import assert from "node:assert/strict";
import { rangeAsOf, rangeWords, type ReportRange } from "./range.ts";

const BERLIN = "Europe/Berlin";
const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;

Deno.test("ranges of reports are whole days of the zone, also where clocks change", () => {
  const cases: [ReportRange, string, string, string, string][] = [
    // Monday, a minute after midnight: the week that just ended, with the day of 25 hours.
    [
      "last_week",
      "2026-10-25T23:01Z",
      "2026-10-18T22:00Z",
      "2026-10-25T23:00Z",
      "2026-10-19 to 2026-10-25",
    ],
    // Sunday, a minute before midnight: the week before.
    [
      "last_week",
      "2026-10-25T22:59Z",
      "2026-10-11T22:00Z",
      "2026-10-18T22:00Z",
      "2026-10-12 to 2026-10-18",
    ],
    ["yesterday", "2026-03-30T05:00Z", "2026-03-28T23:00Z", "2026-03-29T22:00Z", "2026-03-29"],
    ["last_month", "2026-11-01T05:00Z", "2026-09-30T22:00Z", "2026-10-31T23:00Z", "2026-10"],
    ["last_month", "2026-01-31T05:00Z", "2025-11-30T23:00Z", "2025-12-31T23:00Z", "2025-12"],
    ["last_year", "2026-01-01T00:00Z", "2024-12-31T23:00Z", "2025-12-31T23:00Z", "2025"],
  ];
  for (const [range, now, from, to, words] of cases) {
    const bounds = rangeAsOf(range, at(now), BERLIN);
    assert.deepEqual(bounds, { fromMs: at(from), toMs: at(to) }, `${range} at ${now}`);
    assert.equal(rangeWords(bounds.fromMs, bounds.toMs, BERLIN), words);
  }
  assert.equal(
    rangeWords(at("2026-11-01T05:30Z"), at("2026-11-02T00:00Z"), BERLIN),
    "2026-11-01 06:30 to 2026-11-02 01:00",
  );
  // Lebanon's clocks go ahead at midnight.
  const day = rangeAsOf("yesterday", at("2024-04-01T10:00Z"), "Asia/Beirut");
  assert.equal(rangeWords(day.fromMs, day.toMs, "Asia/Beirut"), "2024-03-31");
  assert.equal((day.toMs - day.fromMs) / 3_600_000, 23);
});
