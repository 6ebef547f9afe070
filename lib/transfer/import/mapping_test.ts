import assert from "node:assert/strict";
import type { ImportSeries } from "./format.ts";
import { createPlanner, type ExistingSensor, type Mapping, type MappingChoice } from "./mapping.ts";

const series = (key: string, more: Partial<ImportSeries> = {}): ImportSeries => ({
  key,
  suggested: `site/${key}`,
  unit: null,
  kind: "number",
  ...more,
});
const none = () => undefined;
const has = (sensors: Record<string, ExistingSensor>) => (name: string) => sensors[name];
const mapping = (choices: MappingChoice[], others: Mapping["others"] = "import") => ({
  choices,
  others,
});
const NO_MAPPING = mapping([]);
const planOf = (all: ImportSeries[], ...how: Parameters<typeof createPlanner>) =>
  all.map(createPlanner(...how));

Deno.test("without a choice, every series becomes what was suggested", () => {
  const [plan] = planOf([series("a", { unit: "degC" })], NO_MAPPING, none);
  assert.deepEqual(plan, {
    key: "a",
    action: "import",
    name: "site/a",
    isNew: true,
    kind: "number",
    unit: "°C",
    convert: null,
  });
});

Deno.test("a choice renames, gives a unit, leaves out; others may be left out as a whole", () => {
  const plans = planOf(
    [series("a"), series("b"), series("c")],
    mapping([{ key: "a", name: "hall/press/temp", unit: "°F" }, { key: "b", skip: true }], "skip"),
    none,
  );
  assert.deepEqual(plans.map(({ action }) => action), ["import", "skip", "skip"]);
  assert.ok(plans[0].action === "import");
  assert.deepEqual([plans[0].name, plans[0].unit], ["hall/press/temp", "°F"]);
});

Deno.test("values come in the unit of a sensor that exists", () => {
  const [plan] = planOf(
    [series("a", { unit: "°F" })],
    NO_MAPPING,
    has({ "site/a": { unit: "°C", kind: "number" } }),
  );
  assert.ok(plan.action === "import" && plan.convert !== null);
  assert.deepEqual([plan.unit, plan.isNew], ["°C", false]);
  assert.ok(Math.abs(plan.convert.factor * 68 + plan.convert.offset - 20) < 1e-9);
});

Deno.test("what cannot be is named with its field", () => {
  const conflicts: [ImportSeries[], MappingChoice[], Record<string, ExistingSensor>, RegExp][] = [
    [[series("a"), series("b")], [{ key: "b", name: "site/a" }], {}, /"a" becomes site\/a already/],
    [[series("a")], [{ key: "a", name: "alone" }], {}, /2 to 12 levels/],
    [[series("a")], [{ key: "a", name: "x/#" }], {}, /control character, \+ or #/],
    [
      [series("a", { unit: "bar" })],
      [],
      { "site/a": { unit: "°C", kind: "number" } },
      /bar cannot/,
    ],
    [
      [series("a", { kind: "text" })],
      [],
      { "site/a": { unit: null, kind: "number" } },
      /has texts/,
    ],
    // Texts among numbers: the series became a sensor of numbers.
    [[series("a"), series("a", { kind: "text" })], [], {}, /site\/a has numbers/],
  ];
  for (const [all, choices, sensors, message] of conflicts) {
    const plan = planOf(all, mapping(choices), has(sensors)).at(-1)!;
    assert.ok(plan.action === "conflict", JSON.stringify(plan));
    assert.match(plan.message, message);
  }
});

Deno.test("on and off are stored in a sensor of numbers as well", () => {
  const sensors = has({ "site/a": { unit: null, kind: "number" } });
  const [plan] = planOf([series("a", { kind: "binary" })], NO_MAPPING, sensors);
  assert.equal(plan.action, "import");
});

Deno.test("gone on with: a series that comes first now takes no name that another had before", () => {
  const known = has({ "site/pump": { unit: null, kind: "number" } });
  const [plan] = planOf([series("B", { suggested: "site/pump" })], NO_MAPPING, known, [
    { key: "A", sensor: "site/pump" },
    { key: "gone", sensor: null },
  ]);
  assert.equal(plan.action, "conflict");
  const [same] = planOf([series("A", { suggested: "site/pump" })], NO_MAPPING, known, [
    { key: "A", sensor: "site/pump" },
  ]);
  assert.equal(same.action, "import");
});
