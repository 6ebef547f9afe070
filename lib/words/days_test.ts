import assert from "node:assert/strict";
import { dayOf } from "./days.ts";
import { HOUR_MS } from "./times.ts";

const at = (iso: string) => Date.parse(iso);

Deno.test("dayOf knows days of 23 and 25 hours, and days that begin at one", () => {
  const summer = dayOf(at("2026-03-29T10:00:00Z"), "Europe/Berlin");
  assert.deepEqual([summer.name, (summer.toMs - summer.fromMs) / HOUR_MS], ["2026-03-29", 23]);
  const winter = dayOf(at("2026-10-25T22:59:59Z"), "Europe/Berlin");
  assert.deepEqual([winter.name, (winter.toMs - winter.fromMs) / HOUR_MS], ["2026-10-25", 25]);
  assert.equal(dayOf(at("2026-10-25T23:00:00Z"), "Europe/Berlin").name, "2026-10-26");
  // Lebanon's clocks go ahead at midnight.
  const late = dayOf(at("2026-03-29T12:00:00Z"), "Asia/Beirut");
  assert.deepEqual([late.fromMs, late.toMs], [
    at("2026-03-28T22:00:00Z"),
    at("2026-03-29T21:00:00Z"),
  ]);
  assert.equal(dayOf(at("2026-01-01T00:00:00Z"), "America/New_York").name, "2025-12-31");
});
