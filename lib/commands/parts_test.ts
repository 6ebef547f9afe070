import assert from "node:assert/strict";
import { DEFAULT_SETTINGS } from "../machines/sensor_settings.ts";
import type { Sensor } from "../machines/sensor.ts";
import { circleOf, holdsAfter } from "./circle.ts";
import { type Condition, holds } from "./condition.ts";
import { type Circumstances, whyNot } from "./interlock.ts";
import { createRate } from "./rate.ts";

const door = (value: number | null): Sensor => ({
  ...{
    num: 1,
    id: "d",
    name: "hall/press/door",
    machine: "hall/press",
    sensor: "door",
    unit: null,
  },
  ...{ kind: "binary", states: [], review: "confirmed", createdMs: 0, deletedMs: null },
  ...{ settings: { ...DEFAULT_SETTINGS }, deviceUnit: null, otherUnits: [] },
  last: value === null ? null : { tMs: 1, value },
});

Deno.test("holds: hysteresis keeps a level, a sensor of another kind never holds", () => {
  const above: Condition = { is: "above", sensor: "s", value: 80, hysteresis: 5 };
  const below: Condition = { is: "below", sensor: "s", value: 3, hysteresis: 1 };
  const number = { kind: "number" as const, states: [] };
  const text = { kind: "text" as const, states: ["auto", "fault"] };
  assert.deepEqual(
    [[80, false], [80.1, false], [76, true], [75, true], [76, false]].map(([value, before]) =>
      holds(above, number, value as number, before as boolean)
    ),
    [false, true, true, false, false],
  );
  assert.ok(holds(below, number, 3.9, true) && !holds(below, number, 3.9, false));
  assert.ok(holds({ is: "text", sensor: "s", text: "fault" }, text, 1, false));
  assert.ok(!holds({ is: "text", sensor: "s", text: "fault" }, text, 0, false));
  assert.ok(!holds(above, text, 100, false));
  assert.ok(!holds({ is: "on", sensor: "s" }, number, 1, false));
  assert.ok(!holds(above, number, NaN, true));
});

Deno.test("whyNot: each interlock says what is in the way, and not knowing is in the way", () => {
  const fine: Circumstances = {
    ...{ enabled: true, maintenance: null, machineThere: true, unavailable: false },
    ...{ onlyWhile: { is: "off", sensor: "d" }, other: door(0), otherSilent: false },
  };
  const cases: [Partial<Circumstances>, RegExp | null][] = [
    [{}, null],
    [{ onlyWhile: null, other: undefined }, null],
    [{ enabled: false }, /switched off/],
    [{ machineThere: false }, /deleted/],
    [{ maintenance: "New seals" }, /in maintenance: New seals/],
    [{ unavailable: true }, /cannot be reached/],
    [{ other: door(1) }, /only while hall\/press\/door is off; it is on/],
    [{ other: door(null) }, /nobody knows/],
    [{ other: undefined }, /nobody knows/],
    [{ other: { ...door(0), deletedMs: 1 } }, /nobody knows/],
    [{ otherSilent: true }, /offline/],
  ];
  for (const [given, expected] of cases) {
    const said = whyNot({ ...fine, ...given });
    if (expected === null) assert.equal(said, null);
    else assert.match(said ?? "", expected);
  }
});

Deno.test("circleOf: rules that start themselves again, by way of others too", () => {
  type Link = { name: string; from: number | null; to: number | null };
  const link = (name: string, from: number | null, to: number | null): Link => ({ name, from, to });
  const leads = (a: Link, b: Link) => a.to !== null && a.to === b.from;
  const of = (start: Link, all: Link[]) => circleOf(start, all, leads);
  const [a, b, c] = [link("a", 1, 2), link("b", 2, 3), link("c", 3, 1)];
  assert.deepEqual(of(a, [b, c]), ["a", "b", "c"]);
  assert.equal(of(a, [b]), null);
  assert.deepEqual(of(link("own", 1, 1), []), ["own"]);
  assert.equal(of(link("hours", null, 1), [a]), null);
  assert.equal(of(link("button", 1, null), [a]), null);
  // Others that go round among themselves end it, too.
  assert.equal(of(link("x", 9, 1), [a, link("back", 2, 1)]), null);
});

Deno.test("holdsAfter: an order starts what listens for its value alone", () => {
  const lamp = door(0);
  assert.ok(holdsAfter({ is: "on", sensor: "d" }, lamp, true));
  assert.ok(!holdsAfter({ is: "on", sensor: "d" }, lamp, false));
  const level: Sensor = { ...lamp, kind: "number", settings: { ...lamp.settings, scale: 10 } };
  assert.ok(holdsAfter({ is: "above", sensor: "d", value: 40, hysteresis: 0 }, level, 5));
  assert.ok(!holdsAfter({ is: "above", sensor: "d", value: 40, hysteresis: 0 }, level, 4));
  assert.ok(
    holdsAfter({ is: "text", sensor: "d", text: "auto" }, { ...lamp, kind: "text" }, "auto"),
  );
});

Deno.test("rate: by the time between two, by the hour, and over a restart", () => {
  let nowMs = 1e6;
  const rate = createRate(() => nowMs);
  const limits = { min_interval_s: 10, per_hour: 3 };
  assert.equal(rate.waitMs("a", limits), 0);
  rate.count("a", 4_000);
  assert.equal(rate.waitMs("a", limits), 6_000);
  assert.equal(rate.waitMs("b", limits), 0);
  nowMs += 6_000;
  assert.equal(rate.waitMs("a", limits), 0);
  rate.count("a");
  nowMs += 10_000;
  rate.count("a");
  nowMs += 10_000;
  assert.equal(rate.waitMs("a", limits), 3_600_000 - 30_000);
  nowMs += 3_570_000;
  assert.equal(rate.waitMs("a", limits), 0);
});
