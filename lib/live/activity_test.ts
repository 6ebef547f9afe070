import assert from "node:assert/strict";
import { HOUR_MS, MINUTE_MS } from "../words/times.ts";
import { createActivity } from "./activity.ts";

Deno.test("createActivity counts by the minute, over an hour, whatever the clock does", () => {
  let nowMs = Date.UTC(2026, 0, 5, 12, 0, 30);
  const activity = createActivity({ now: () => nowMs });
  activity.add("readings", 3);
  nowMs += MINUTE_MS;
  activity.add("events", 1);
  activity.add("readings", 2);
  assert.deepEqual(activity.minutes(3).map(({ readings, events }) => [readings, events]), [
    [0, 0],
    [3, 0],
    [2, 1],
  ]);
  assert.equal(activity.minutes(3)[2].atMs, Date.UTC(2026, 0, 5, 12, 1));
  assert.deepEqual(activity.lastHour(), { readings: 5, events: 1, alarms: 0 });
  nowMs += HOUR_MS - MINUTE_MS;
  assert.deepEqual(activity.lastHour(), { readings: 2, events: 1, alarms: 0 });

  // A clock that was a day ahead and is set back leaves nothing in the future.
  nowMs += 24 * HOUR_MS;
  activity.add("alarms", 7);
  nowMs -= 24 * HOUR_MS;
  activity.add("events", 4);
  assert.deepEqual(activity.lastHour(), { readings: 0, events: 4, alarms: 0 });
  nowMs += 24 * HOUR_MS;
  assert.deepEqual(activity.lastHour(), { readings: 0, events: 0, alarms: 0 });
  for (let i = 0; i < 500; i++, nowMs += MINUTE_MS) activity.add("readings", 1);
  nowMs -= MINUTE_MS;
  assert.equal(activity.lastHour().readings, 60);
});
