import assert from "node:assert/strict";
import { openTestDatabase } from "../../tests/support/database.ts";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import { DAY_MS, HOUR_MS } from "../words/times.ts";
import { createDayCounts } from "./day_counts_store.ts";
import { createReportLimits } from "./report_limits.ts";

const door = { kind: "key", id: "k1", name: "door" };
const lamp = { kind: "key", id: "k2", name: "lamp" };

Deno.test("createReportLimits: a quota of the site's day, each key its own, over restarts and clocks that are set", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-limits-" });
  const db = await openTestDatabase(folder);
  // Half an hour before midnight in Berlin.
  const clock = fakeClock(Date.UTC(2026, 0, 5, 22, 30));
  const zone = () => "Europe/Berlin";
  const open = () => {
    const counts = createDayCounts({ db, clock, zone });
    return createReportLimits({ clock, counts, perMinute: () => 600, perDay: () => 10 });
  };
  try {
    let limits = open();
    const report = async (by: typeof door, n: number) =>
      void await db.write([(await limits.reserve(by, n)).statement]);
    await report(door, 7);
    await report(lamp, 10);
    await assert.rejects(report(door, 4), {
      code: "rate_limited",
      retryAfterS: 1800,
      message: /"door" has reported 7 events today, and 4 more are over the 10/,
    });
    limits = open();
    await assert.rejects(report(door, 4), /has reported 7 events today/);
    const { giveBack } = await limits.reserve(door, 3);
    giveBack();
    await report(door, 3);
    await assert.rejects(report(door, 1), /10 events today/);
    // An hour back is the same day; the next day begins at midnight.
    clock.jump(-HOUR_MS);
    await assert.rejects(report(door, 1), /10 events today/);
    clock.jump(HOUR_MS);
    await clock.advance(1_799_000);
    await assert.rejects(report(lamp, 1), { retryAfterS: 1 });
    await clock.advance(1_000);
    await report(door, 10);
    await assert.rejects(report(door, 1), /10 events today/);
    // What an earlier run kept of another day counts for nothing.
    clock.jump(DAY_MS);
    limits = open();
    await report(door, 10);
    await assert.rejects(report(door, 1), /10 events today/);
  } finally {
    await db.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("createReportLimits: a rate for each key, which refills", async () => {
  const clock = fakeClock();
  const counts = createDayCounts({
    db: { query: () => Promise.reject() },
    clock,
    zone: () => "UTC",
  });
  const limits = createReportLimits({ clock, counts, perMinute: () => 120, perDay: () => 10 });
  for (let i = 0; i < 120; i++) limits.admit(door, 1);
  assert.throws(() => limits.admit(door, 1), { code: "rate_limited", retryAfterS: 0.5 });
  limits.admit(lamp, 100);
  await clock.advance(5_000);
  limits.admit(door, 10);
  assert.throws(() => limits.admit(door, 1), /"door" reports too often: 120 a minute/);
});
