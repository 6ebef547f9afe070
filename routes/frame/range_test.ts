import assert from "node:assert/strict";
import { chooseRange, localText, localTime, meantRange, pageTime } from "./range.ts";

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

Deno.test("chooseRange: from and to count where they are filled, and so long ago goes on with the clock", () => {
  const hours = (query: Parameters<typeof chooseRange>[0]) => {
    const { range, problem } = chooseRange(query, now, "Europe/Berlin");
    return problem ??
      [range.fromMs - now, range.toMs - now, range.lengthMs].map((ms) =>
        ms === null ? null : ms / 3_600_000
      );
  };
  assert.deepEqual(hours({ range: "7d", from: "-6h", to: "" }), [-6, 0, 6]);
  assert.deepEqual(hours({ from: "-6h", to: "-1h" }), [-6, -1, null]);
  assert.deepEqual(hours({ from: "2026-07-05", to: "now" }), [-14, 0, null]);
  assert.deepEqual(hours({ from: "2026-07-05T10:00Z", to: "2026-07-05 13:00" }), [-2, -1, null]);
  assert.deepEqual(hours({ range: "6h", from: "", to: "" }), [-6, 0, 6]);
  assert.match(String(hours({ from: "", to: "now" })), /missing/);
  assert.equal(pageTime("yesterday", now, "UTC"), null);
});

Deno.test("meantRange: what was changed counts, a range that is chosen anew too", () => {
  const drawn = {
    range: "24h",
    from: "-6h",
    to: "",
    was_range: "24h",
    was_from: "-6h",
    was_to: "",
  };
  assert.deepEqual(meantRange(drawn), { range: "24h", from: "-6h", to: "" });
  assert.deepEqual(meantRange({ ...drawn, range: "7d" }), { range: "7d" });
  assert.equal(meantRange({ ...drawn, range: "7d", from: "-2h" }).from, "-2h");
  const typed = { range: "24h", from: "-2h", was_range: "24h", was_from: "", was_to: "" };
  assert.equal(meantRange(typed).from, "-2h");
});
