import assert from "node:assert/strict";
import { chooseRange, localText, localTime } from "./range.ts";

const now = Date.UTC(2026, 6, 5, 12);

Deno.test("chooseRange takes the ready ranges, one hour when unknown", () => {
  const day = chooseRange({ range: "24h" }, now, "UTC").range;
  assert.deepEqual([day.fromMs, day.toMs, day.lengthMs], [now - 86_400_000, now, 86_400_000]);
  assert.equal(chooseRange({ range: "2y" }, now, "UTC").range.key, "1h");
  assert.equal(chooseRange({}, now, "UTC").range.key, "1h");
});

Deno.test("chooseRange reads a custom range in the site's zone and says what is wrong with one", () => {
  const query = { from: "2026-07-05T12:00", to: "2026-07-05T13:30" };
  const { range, problem } = chooseRange(query, now, "Europe/Berlin");
  assert.equal(problem, null);
  assert.deepEqual([range.fromMs, range.toMs, range.lengthMs], [
    Date.UTC(2026, 6, 5, 10),
    Date.UTC(2026, 6, 5, 11, 30),
    null,
  ]);
  assert.match(chooseRange({ from: "x", to: query.to }, now, "UTC").problem!, /From/);
  assert.match(chooseRange({ from: query.to, to: query.from }, now, "UTC").problem!, /before/);
});

Deno.test("localTime knows both sides of a change of the clocks", () => {
  assert.equal(localTime("2026-03-29T01:30", "Europe/Berlin"), Date.UTC(2026, 2, 29, 0, 30));
  assert.equal(localTime("2026-03-29T03:30", "Europe/Berlin"), Date.UTC(2026, 2, 29, 1, 30));
  assert.equal(localTime("2026-13-29T03:30", "UTC"), null);
  assert.equal(localText(Date.UTC(2026, 0, 5, 23, 30), "Asia/Kolkata"), "2026-01-06T05:00");
});
