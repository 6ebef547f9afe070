import assert from "node:assert/strict";
import { AHEAD_MOST_MS, clockFault, noTimeFault } from "./device_time.ts";

const NOW = Date.UTC(2026, 10, 28, 3);
const DAY = 86_400_000;

Deno.test("clockFault believes what can be right, however late", () => {
  for (const tMs of [NOW, NOW - DAY, NOW - 400 * DAY, NOW + AHEAD_MOST_MS, Date.UTC(2016, 5, 1)]) {
    assert.equal(clockFault(tMs, NOW, true), null, new Date(tMs).toISOString());
  }
});

Deno.test("clockFault knows the dates of clocks that are not set", () => {
  const unset = [0, NaN, -1, Date.UTC(1999, 7, 22), Date.UTC(2000, 0, 1), Date.UTC(2000, 5, 1)];
  for (const tMs of unset) assert.equal(clockFault(tMs, NOW, false), "unset");
  // Firmware that begins in a later year, a GPS receiver 1 024 weeks behind; in a batch both may be history.
  for (const tMs of [Date.UTC(2016, 0, 1, 0, 3), Date.UTC(2019, 0, 1, 9), NOW - 7168 * DAY]) {
    assert.equal(clockFault(tMs, NOW, true), "unset");
    assert.equal(clockFault(tMs, NOW, false), null);
  }
  assert.equal(clockFault(Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1, 12), true), null);
});

Deno.test("clockFault: beyond the tolerance is ahead, unless the host's clock is in doubt", () => {
  assert.equal(clockFault(NOW + AHEAD_MOST_MS + 1, NOW, false), "ahead");
  assert.equal(clockFault(Date.UTC(2036, 1, 7), NOW, true), "ahead");
  assert.equal(clockFault(Date.UTC(2036, 1, 7), null, true), null);
  assert.equal(clockFault(Date.UTC(2106, 1, 7), null, true), "ahead");
});

Deno.test("noTimeFault distinguishes what was never set from what is no time", () => {
  for (const text of ["", "0", "152340", "-1", "null", "false", "1970-01-01T00:00:03"]) {
    assert.equal(noTimeFault(text), "unset", text);
  }
  for (const text of ["09:33", "N/A", "{}", "true", "soon"]) {
    assert.equal(noTimeFault(text), "unreadable", text);
  }
});
