import assert from "node:assert/strict";
import { HOUR_MS } from "../../words/times.ts";
import { hostSample } from "../../../tests/support/host.ts";
import {
  countsOf,
  hasDoubled,
  NO_RATES,
  ratesBetween,
  trendOf,
  YEARS_MOST,
  yearsLeft,
} from "./writes.ts";

const disk = (writtenBytes: number) => [
  { name: "mmcblk0", writtenBytes, readBytes: 0, busy: null },
];
const process = (writtenBytes: number | null) => ({
  ...hostSample().process!,
  writtenBytes,
});

Deno.test("bytes between two samples are extrapolated to a day", () => {
  const before = countsOf(
    hostSample({ blocks: disk(1e9), process: process(5e6) }),
    { databaseBytes: 2e6, pictureBytes: 0 },
    0,
  );
  const after = countsOf(
    hostSample({ blocks: disk(1.01e9), process: process(6e6) }),
    { databaseBytes: 2.5e6, pictureBytes: 0.1e6 },
    HOUR_MS,
  );
  assert.deepEqual(ratesBetween(before, after), {
    disk: 240e6,
    perch: 24e6,
    database: 12e6,
    pictures: 2.4e6,
  });
});

Deno.test("the first sample, a counter that began again and one that is missing say nothing", () => {
  const first = countsOf(hostSample({ blocks: disk(9e9), process: process(9e6) }), {
    databaseBytes: 9e6,
    pictureBytes: 9e6,
  }, 0);
  assert.deepEqual(ratesBetween(null, first), NO_RATES);
  const rebooted = countsOf(
    hostSample({ blocks: disk(10e9), process: process(1e6), bootId: "another" }),
    { databaseBytes: null, pictureBytes: 5 },
    HOUR_MS,
  );
  assert.deepEqual(ratesBetween(first, rebooted), NO_RATES);
  const none = countsOf(hostSample({ blocks: [], process: null }), {
    databaseBytes: null,
    pictureBytes: null,
  }, HOUR_MS);
  assert.deepEqual(ratesBetween(first, none), NO_RATES);
});

Deno.test("the life of a card: rated bytes by what it writes inside", () => {
  const card = { ratedTb: 10, amplification: 10 };
  assert.equal(Math.round(yearsLeft(214e6, card)! * 10) / 10, 12.8);
  assert.equal(yearsLeft(1, card), YEARS_MOST);
  assert.equal(yearsLeft(0, card), null);
  assert.equal(yearsLeft(null, card), null);
});

Deno.test("writes have doubled only against days that were measured, and by a notable amount", () => {
  const days = (...megabytes: (number | null)[]) =>
    trendOf(
      megabytes.map((mega) =>
        mega === null
          ? { bytes: 9e9, readings: 60, hours: 1 }
          : { bytes: mega * 1e6, readings: 1440, hours: 24 }
      ),
    );
  const trend = days(500, 210, null, 190, 200);
  assert.deepEqual(trend, { day: 500e6, usual: 200e6, isWhole: true });
  assert.equal(hasDoubled(trend), true);
  assert.equal(days(500, 210, 190, 200, 100).usual, 195e6);
  assert.equal(hasDoubled(days(390, 210, 190, 200)), false);
  assert.equal(hasDoubled(days(500, 200, 200)), false, "two days are no habit");
  assert.equal(hasDoubled(days(30, 5, 5, 5)), false, "next to nothing");
  assert.equal(hasDoubled(days(null, 5, 5, 5)), false, "an hour is no day");
  assert.equal(days(null, 5, 5, 5).day, 9e9, "an hour is shown");
  assert.deepEqual(trendOf([]), { day: null, usual: null, isWhole: false });
});
