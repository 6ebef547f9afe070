import assert from "node:assert/strict";
import { bodyMoment, epochMs, epochOfText, momentMs, momentOfText } from "./epoch.ts";

Deno.test("epochOfText: milliseconds, seconds and ISO 8601 are the same moment", () => {
  const at = Date.UTC(2026, 10, 27, 23, 59, 53);
  for (
    const text of [
      String(at),
      String(at / 1000),
      "2026-11-27T23:59:53Z",
      "2026-11-27T23:59:53",
      "2026-11-27 23:59:53.000Z",
      "2026-11-28T00:59:53+01:00",
      "2026-11-28T05:29:53+0530",
    ]
  ) assert.equal(epochOfText(text), at, text);
  assert.equal(epochOfText("2026-11-27"), Date.UTC(2026, 10, 27));
  assert.equal(epochOfText("0"), 0);
  assert.equal(epochOfText("4102444800000"), Date.UTC(2100, 0, 1));
});

Deno.test("epochOfText: what is no time is none", () => {
  for (
    const text of [
      "",
      "now?",
      "-5",
      "1.5",
      "1e12",
      "2026-13-01",
      "2026-02-30",
      "yesterday",
      // Micro- and nanoseconds.
      "1795827593000000",
      "1795827593000000000",
      "9999999999999",
    ]
  ) assert.equal(epochOfText(text), null, text);
});

Deno.test("epochMs: seconds are refused, and named", () => {
  assert.equal(epochMs.safeParse(1_795_823_993_000).success, true);
  const fault = (n: number) => epochMs.safeParse(n).error?.issues[0].message;
  assert.match(fault(1_795_823_993)!, /looks like seconds/);
  assert.equal(fault(0), undefined);
});

Deno.test("momentOfText: now, so long ago, and every fixed time", () => {
  const nowMs = Date.UTC(2026, 10, 27, 12);
  const at = (text: string) => momentOfText(text)?.(nowMs);
  assert.equal(at("now"), nowMs);
  assert.equal(at("-90s"), nowMs - 90_000);
  assert.equal(at("-30m"), nowMs - 1_800_000);
  assert.equal(at("-6h"), nowMs - 21_600_000);
  assert.equal(at("-7d"), nowMs - 604_800_000);
  assert.equal(at("-999999999d"), 0, "nothing is older than the beginning");
  assert.equal(at("2026-11-27T10:00Z"), Date.UTC(2026, 10, 27, 10));
  for (const text of ["-6", "6h", "+6h", "-6w", "-1.5h", "-h", "now-6h", "NOW"]) {
    assert.equal(at(text), undefined, text);
  }
});

Deno.test("bodyMoment: as people write times, also those to come", () => {
  const nowMs = Date.UTC(2026, 10, 27, 12);
  const at = (time: unknown) => momentMs(bodyMoment.parse(time), nowMs);
  assert.equal(at("+2h"), nowMs + 7_200_000);
  assert.equal(at("-1d"), nowMs - 86_400_000);
  assert.equal(at("2026-11-27T10:00Z"), nowMs - 7_200_000);
  assert.equal(at(nowMs), nowMs);
  assert.equal(at("+999999999d"), 8e15, "nothing is later than a date holds");
  for (const none of ["tomorrow", "+2", "", 1_795_823_993]) {
    assert.equal(bodyMoment.safeParse(none).success, false, String(none));
  }
});
