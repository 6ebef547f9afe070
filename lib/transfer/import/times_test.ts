import assert from "node:assert/strict";
import { createTimeReader, dayFirstOf, guessPrecision, timeOfEpoch } from "./times.ts";

const utc = (text: string) => Date.parse(text);
const berlin = () => createTimeReader({ zone: "Europe/Berlin" });
const all = (texts: string[], reader = berlin()) =>
  texts.map((text) => {
    const time = reader.read(text, "");
    return typeof time === "number" ? new Date(time).toISOString().slice(5, 16) : time;
  });

Deno.test("times are read as files write them", () => {
  const cases: [string, string][] = [
    ["2026-02-01T00:00:00.123456789Z", "2026-02-01T00:00:00.123Z"],
    ["2026-02-01T00:12:40.002000+00:00", "2026-02-01T00:12:40.002Z"],
    ["2026-02-01T00:00:00.29+0100", "2026-01-31T23:00:00.290Z"],
    ["2026-02-01 00:00:00 UTC", "2026-02-01T00:00:00Z"],
    ["2026-02-01 00:00:00", "2026-01-31T23:00:00Z"],
    ["2026-02-01", "2026-01-31T23:00:00Z"],
    ["25.02.2026 14:00", "2026-02-25T13:00:00Z"],
    ["1.2.2026, 7:05:01,5", "2026-02-01T06:05:01.500Z"],
    ["2026/02/25 14:00", "2026-02-25T13:00:00Z"],
    ["25/02/2026 2:00 PM", "2026-02-25T13:00:00Z"],
    ["1769904000000", "2026-02-01T00:00:00Z"],
  ];
  for (const [text, expected] of cases) assert.equal(berlin().read(text, ""), utc(expected), text);
  const us = createTimeReader({ zone: "UTC", dayFirst: false });
  assert.equal(us.read("02/03/2026 12:30 AM", ""), utc("2026-02-03T00:30:00Z"));
  const excel = createTimeReader({ zone: "UTC", serials: true });
  assert.equal(excel.read("46054.5", ""), utc("2026-02-01T12:00:00Z"));
  assert.equal(excel.read("46054,000694444", ""), utc("2026-02-01T00:01:00Z"));
});

Deno.test("what is no time is named with what is allowed", () => {
  const cases: [string, RegExp][] = [
    ["2026-02-30T00:00:00Z", /no time; allowed are ISO/],
    ["yesterday", /no time; allowed/],
    ["25.02.26 14:00", /no time; allowed/],
    ["2026-02-01 25:00", /no time; allowed/],
    ["2026-03-29 02:30", /does not exist in Europe\/Berlin: the clocks go forward/],
    ["1970-01-01T00:00:10Z", /in the year 1970; times from 2000 to 2099/],
    ["2300-01-01T00:00:00Z", /in the year 2300/],
    ["1769904000", /in the year 1970 in milliseconds.*looks like seconds.*one precision/],
    ["02/03/2026", /may be two days: say whether/],
    ["", /no time/],
  ];
  for (const [text, reason] of cases) assert.match(String(berlin().read(text, "")), reason, text);
  assert.match(String(createTimeReader({}).read("2026-02-01 00:00", "")), /names no zone/);
  assert.match(String(timeOfEpoch("12", "s")), /year 1970; times from/);
});

Deno.test("precision is that of most of the first times; nanoseconds keep their millisecond", () => {
  assert.equal(guessPrecision(["1769904000", "1769904000.5"]), "s");
  assert.equal(guessPrecision(["12", "1769904000000", "1769904001000", "1769904000"]), "ms");
  assert.equal(guessPrecision(["1769904000123456"]), "us");
  assert.equal(guessPrecision(["1769904000123999999"]), "ns");
  assert.equal(guessPrecision(["12"]), null);
  assert.equal(timeOfEpoch("1769904000123999999", "ns"), 1769904000123);
  assert.equal(timeOfEpoch("1769904000.57", "s"), 1769904000570);
});

Deno.test("the hour that autumn has twice keeps the order of the file", () => {
  const hour = ["01:50", "02:10", "02:40", "02:10", "02:40", "03:00"];
  const texts = hour.map((time) => `2026-10-25 ${time}`);
  const moments = ["23:50", "00:10", "00:40", "01:10", "01:40", "02:00"].map((time, i) =>
    `10-2${i === 0 ? 4 : 5}T${time}`
  );
  assert.deepEqual(all(texts), moments);
  const back = createTimeReader({ zone: "Europe/Berlin", newestFirst: true });
  assert.deepEqual(all(texts.toReversed(), back), moments.toReversed());
  // Each series has its own order, and what was read before is handed on.
  const reader = berlin();
  const of = (time: string, series: string, from = reader) =>
    from.read(`2026-10-25 ${time}`, series);
  assert.deepEqual([of("02:10", "a"), of("02:10", "b")], Array(2).fill(utc("2026-10-25T00:10Z")));
  const next = createTimeReader({ zone: "Europe/Berlin" }, reader.twice());
  assert.equal(of("02:10", "a", next), utc("2026-10-25T01:10Z"));
});

Deno.test("day and month are told apart where they can be", () => {
  assert.deepEqual(
    ["25/02/2026", "02/25/2026 10:00", "02/03/2026", "25.02.2026", "2026-02-03"].map(dayFirstOf),
    [true, false, null, undefined, undefined],
  );
});
