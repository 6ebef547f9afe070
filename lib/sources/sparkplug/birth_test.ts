import assert from "node:assert/strict";
import { entityOf } from "./birth.ts";
import type { Metric, Property } from "./payload.ts";

const DOUBLE = 10;

Deno.test("sparkplug births: a range is announced as far as the device says it", () => {
  const place = { group: "g", node: "n", device: "d" };
  const born = { name: "Level", type: DOUBLE, unit: "%", leaves: new Map() };
  const rangeFor = (said: Record<string, number>) => {
    const properties = new Map(
      Object.entries(said).map(([name, value]): [string, Property] => [
        name,
        { type: DOUBLE, value: { in: "double", value } },
      ]),
    );
    const metric: Metric = {
      ...{ name: "Level", type: DOUBLE, historical: false, transient: false, isNull: false },
      properties,
    };
    return entityOf(place, born, { suffix: "", type: DOUBLE, value: 1 } as never, metric).range;
  };
  assert.deepEqual(rangeFor({ engLow: 5, engHigh: 95 }), { low: 5, high: 95 });
  assert.deepEqual(rangeFor({ engLow: 0 }), { low: 0 });
  assert.equal(rangeFor({}), undefined);
});
