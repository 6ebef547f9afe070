import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeItems, decodeOne } from "./http.ts";
import { decodeToColumns } from "./plain_items.ts";

const text = fc.constantFrom("a", "b/c", "d", "e.f", "hall 1/p", "", "/x/", "C++", "ü", "a//b");
const odd = fc.constantFrom(null, true, 7, 1.5, "", {}, ["a"]);
const value = fc.oneof(
  fc.constantFrom(1, -0, 2.5, 1e308, "3", "on", "open", true, null, Infinity),
  odd,
);
const time = fc.oneof(
  fc.constantFrom(1700000000, 1700000000.0015, 1700000000123, 0, -5, "2026-01-01", "soon"),
  odd,
);
const maybe = <T>(each: fc.Arbitrary<T>) => fc.option(each, { nil: undefined });
const item = fc.oneof(
  fc.record({
    machine: fc.constantFrom("a", "hall 1/p"),
    sensor: fc.constantFrom("d", "e.f"),
    value: fc.integer(),
  }),
  fc.record({
    machine: text,
    sensor: text,
    value: fc.integer(),
    ts: fc.constantFrom(1700000000, 1700000000.0015, 1700000000123),
    seq: fc.nat(3),
    unit: fc.constantFrom("°C", ""),
  }, {
    requiredKeys: ["sensor", "value"],
  }),
  fc.record({
    machine: maybe(fc.oneof(text, odd)),
    sensor: maybe(fc.oneof(text, odd)),
    tag: maybe(text),
    value: maybe(value),
    ts: maybe(time),
    timestamp: maybe(time),
    time: maybe(time),
    seq: maybe(fc.constantFrom(3, "4", -1, null)),
    unit: maybe(fc.constantFrom("°C", "", null)),
    other: maybe(odd),
  }),
  odd,
);

Deno.test("items as columns are what every item becomes", () => {
  let plain = 0;
  fc.assert(
    fc.property(fc.array(item, { maxLength: 20 }), (items) => {
      const { columns, drafts, ...got } = decodeToColumns(items, decodeOne);
      const { drafts: expected, ...rest } = decodeItems(items);
      assert.deepEqual(drafts, []);
      assert.deepEqual(columns.drafts(), expected);
      assert.deepEqual(got, rest);
      plain += columns.n - columns.others.length;
    }),
    { numRuns: 500 },
  );
  assert.ok(plain > 50, "many of them are plain");
});
