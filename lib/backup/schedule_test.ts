import assert from "node:assert/strict";
import { DAY_MS, HOUR_MS } from "../words/times.ts";
import { isDue, nextMs, type Schedule } from "./schedule.ts";

const BERLIN: Schedule = { every: "daily", at: "03:00", zone: "Europe/Berlin" };
const utc = (text: string) => Date.parse(`${text}Z`);
const iso = (ms: number | null) => ms === null ? null : new Date(ms).toISOString().slice(0, 16);

Deno.test("nextMs: at the time of the site's zone, also where the clocks are changed", () => {
  assert.equal(iso(nextMs(BERLIN, utc("2026-01-10T12:00"))), "2026-01-11T02:00");
  assert.equal(iso(nextMs(BERLIN, utc("2026-07-10T12:00"))), "2026-07-11T01:00");
  // In the night of 29 March there is no 02:30 there.
  const gap = { ...BERLIN, at: "02:30" };
  const next = nextMs(gap, utc("2026-03-28T12:00"))!;
  assert.ok(next > utc("2026-03-29T00:00") && next < utc("2026-03-29T02:31"), iso(next)!);
  assert.equal(
    iso(nextMs({ ...BERLIN, every: "weekly" }, utc("2026-01-10T12:00"))),
    "2026-01-11T02:00",
  );
  const six = { every: "six-hourly", at: "21:15", zone: "UTC" } as const;
  assert.equal(iso(nextMs(six, utc("2026-01-10T21:15"))), "2026-01-11T03:15");
  assert.equal(nextMs({ ...BERLIN, every: "off" }, 0), null);
});

Deno.test("isDue: at its time, and once for what was missed", () => {
  const sinceMs = utc("2026-01-01T12:00");
  const due = (created: string | null, now: string, schedule = BERLIN) =>
    isDue(schedule, {
      newest: created === null ? null : { createdMs: utc(created) },
      sinceMs,
      nowMs: utc(now),
    });
  assert.equal(due(null, "2026-01-01T13:00"), false, "a new plant waits for its first night");
  assert.equal(due(null, "2026-01-02T02:00"), true);
  assert.equal(due("2026-01-10T02:00", "2026-01-11T01:59"), false);
  assert.equal(due("2026-01-10T02:00", "2026-01-11T02:00"), true);
  assert.equal(due("2026-01-10T02:00", "2026-01-20T09:00"), true, "missed");
  assert.equal(due("2026-01-20T09:05", "2026-01-20T09:06"), false, "made up for");
  assert.equal(due("2026-01-10T02:00", "2026-01-20T09:00", { ...BERLIN, every: "off" }), false);
});

Deno.test("isDue: a clock that was wrong does not stop the backups", () => {
  const nowMs = utc("2026-01-10T12:00");
  const newest = { createdMs: nowMs + 100 * DAY_MS };
  assert.equal(isDue(BERLIN, { newest, sinceMs: 0, nowMs }), true);
  const near = { createdMs: nowMs + HOUR_MS / 2 };
  assert.equal(isDue(BERLIN, { newest: near, sinceMs: 0, nowMs }), false);
  assert.equal(isDue(BERLIN, { newest: null, sinceMs: nowMs + 100 * DAY_MS, nowMs }), false);
});
