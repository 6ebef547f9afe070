import assert from "node:assert/strict";
import { epochMs, epochOfText } from "./epoch.ts";

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
  const said = (n: number) => epochMs.safeParse(n).error?.issues[0].message;
  assert.match(said(1_795_823_993)!, /looks like seconds/);
  assert.equal(said(0), undefined);
});
