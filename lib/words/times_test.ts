import assert from "node:assert/strict";
import { ago, clockTime, dateTime, duration, lasted, span } from "./times.ts";

Deno.test("duration and ago use the largest fitting unit", () => {
  assert.deepEqual([200, 12_000, 120_000, 7_200_000, 172_800_000].map(duration), [
    "200 ms",
    "12 s",
    "2 min",
    "2 h",
    "2 d",
  ]);
  assert.equal(ago(-500), "just now");
  assert.equal(ago(12_000), "12 s ago");
});

Deno.test("clockTime is in the site's zone and adds the date when it is not today", () => {
  const noon = Date.UTC(2026, 6, 5, 12, 0, 3);
  assert.equal(dateTime(noon, "Europe/Berlin"), "2026-07-05 14:00:03");
  assert.equal(clockTime(noon, noon + 1000, "UTC"), "12:00");
  assert.equal(clockTime(noon, noon + 86_400_000, "UTC"), "2026-07-05 12:00");
});

Deno.test("span has a digit more than duration", () => {
  assert.deepEqual([90_000, 150_000, 9_000_000, 259_200_000].map(span), [
    "90 s",
    "2.5 min",
    "2.5 h",
    "3 days",
  ]);
});

Deno.test("dateTime: zones in many spellings are not all kept", () => {
  const spelt = (n: number) =>
    [..."europe/berlin"].map((c, i) => n >> i & 1 ? c.toUpperCase() : c).join("");
  for (let n = 0; n < 200; n++) assert.equal(dateTime(0, spelt(n)), "1970-01-01 01:00:00");
  const { DateTimeFormat } = Intl;
  let made = 0;
  Intl.DateTimeFormat = new Proxy(DateTimeFormat, {
    construct: (target, args) => (made++, Reflect.construct(target, args)),
  });
  try {
    dateTime(0, spelt(199));
    assert.equal(made, 0, "one that was asked for a moment ago");
    dateTime(0, spelt(0));
    assert.equal(made, 1, "one of long ago");
  } finally {
    Intl.DateTimeFormat = DateTimeFormat;
  }
});

Deno.test("how long something has been so is a second at least, also where clocks differ", () => {
  assert.deepEqual([-3_000, 0, 812, 1_400, 90_000].map(lasted), [
    "1 s",
    "1 s",
    "1 s",
    "1 s",
    "2 min",
  ]);
});
