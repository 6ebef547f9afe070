import assert from "node:assert/strict";
import { afterCheckpoint, FLOWING, judgeLog, logMostBytes } from "./checkpoint.ts";

const MB = 1_000_000;
const left = { busy: false, pages: 900, done: 100 };

Deno.test("judgeLog says nothing of one try that met a reader, and speaks after two", () => {
  const once = afterCheckpoint(FLOWING, left);
  assert.deepEqual(judgeLog(once, 500 * MB, 64 * MB), { detail: null, refuse: false });
  const twice = afterCheckpoint(once, left);
  const judged = judgeLog(twice, 5 * MB, 64 * MB);
  assert.match(judged.detail!, /5\.0 MB.*800 of 900 pages wait.*At 64\.0 MB new readings/);
  assert.equal(judged.refuse, false);
});

Deno.test("judgeLog refuses at the bound with the reason, and is well again after one whole try", () => {
  const error = new Error("could not bring the log into the database: disk I/O error");
  const state = afterCheckpoint(afterCheckpoint(FLOWING, error), error);
  const judged = judgeLog(state, 64 * MB, 64 * MB);
  assert.match(judged.detail!, /disk I\/O error.*new readings are refused/);
  assert.equal(judged.refuse, true);
  const well = afterCheckpoint(state, { busy: false, pages: 900, done: 900 });
  assert.deepEqual(judgeLog(well, 64 * MB, 64 * MB), { detail: null, refuse: false });
});

Deno.test("afterCheckpoint counts a try that was kept from finishing", () => {
  assert.equal(afterCheckpoint(FLOWING, { busy: true, pages: 0, done: 0 }).stuck, 1);
  assert.equal(afterCheckpoint(FLOWING, { busy: false, pages: 0, done: 0 }).stuck, 0);
});

Deno.test("logMostBytes lets 500 readings/s go on beside a copy at 1 MB/s, however large the database is", () => {
  const writtenPerS = 100_000;
  for (const database of [10e6, 1e9, 20e9]) {
    const seconds = database / 1e6;
    assert.ok(logMostBytes(database, 64e6) >= seconds * writtenPerS);
  }
  assert.equal(logMostBytes(10e6, 64e6), 64e6);
});
