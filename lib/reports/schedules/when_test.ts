import assert from "node:assert/strict";
import { cronFault, cronOf, dueMs, everyOf, nextMs, whenWords } from "./when.ts";

const BERLIN = "Europe/Berlin";
const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const iso = (ms: number | null) => ms === null ? null : new Date(ms).toISOString().slice(0, 16);

Deno.test("a schedule comes once a day where clocks change, also at the hour that is left out or twice", () => {
  const next = (cron: string, after: string) => iso(nextMs(cron, BERLIN, at(after)));
  assert.equal(next("30 2 * * *", "2026-03-28T12:00Z"), "2026-03-29T01:00");
  assert.equal(next("30 2 * * *", "2026-03-29T01:00Z"), "2026-03-30T00:30");
  assert.equal(next("30 2 * * *", "2026-10-24T12:00Z"), "2026-10-25T00:30");
  assert.equal(next("30 2 * * *", "2026-10-25T00:30Z"), "2026-10-26T01:30");
  assert.equal(next("0 6 1 * *", "2026-10-01T04:00Z"), "2026-11-01T05:00");
});

Deno.test("of what was missed the latest is due, once", () => {
  const due = (since: string, now: string) =>
    iso(dueMs("0 6 * * *", BERLIN, { sinceMs: at(since), nowMs: at(now) }));
  assert.equal(due("2026-10-20T04:00Z", "2026-10-30T12:00Z"), "2026-10-30T05:00");
  assert.equal(due("2026-10-30T05:00Z", "2026-10-30T12:00Z"), null);
  assert.equal(due("2026-10-29T12:00Z", "2026-10-30T04:59:59.999Z"), null);
  assert.equal(due("2026-10-29T12:00Z", "2026-10-30T05:00Z"), "2026-10-30T05:00");
  assert.equal(due("2026-10-30T12:00Z", "2026-10-29T12:00Z"), null);
});

Deno.test("what people choose is cron and back; what is none is refused by name", () => {
  for (
    const [when, cron, words] of [
      [{ every: "daily", time: "06:05" }, "5 6 * * *", "Every day at 06:05"],
      [{ every: "weekly", time: "18:00", weekday: 1 }, "0 18 * * 1", "Mondays at 18:00"],
      [
        { every: "monthly", time: "00:30", day: 28 },
        "30 0 28 * *",
        "On day 28 of each month at 00:30",
      ],
    ] as const
  ) {
    assert.equal(cronOf(when), cron);
    assert.deepEqual(everyOf(cron), when);
    assert.equal(whenWords(cron), words);
  }
  assert.equal(everyOf("0 6 1 1 *"), null);
  const fault = (cron: string) => cronFault(cron, BERLIN, at("2026-11-01T00:00Z"));
  assert.equal(fault("0 6,18 * * 1-5"), null);
  assert.equal(fault("0 * * * *"), null);
  assert.match(fault("*/30 * * * *")!, /once an hour/);
  assert.match(fault("* * * * * *")!, /not cron/);
  assert.match(fault("61 6 * * *")!, /not cron/);
  assert.match(fault("0 0 30 2 *")!, /never comes/);
});
