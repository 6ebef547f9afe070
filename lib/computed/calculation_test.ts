import assert from "node:assert/strict";
import fc from "fast-check";
import { countedBetween, createCalculation, FROM_NOTHING, type Plan } from "./calculation.ts";
import { parseExpression } from "./expression.ts";
import { type AskedSpec, specShape, wholeSpec } from "./spec.ts";
import { unitsOf } from "./result_unit.ts";

function planOf(asked: z, units: (string | null)[] = []): Plan & { unit: string | null } {
  const spec = wholeSpec(specShape.parse(asked), (sensor) => sensor);
  const all = spec.inputs.map((_, i) => units[i] ?? null);
  const { unit, per, ...rest } = unitsOf(spec, all);
  const names = spec.inputs.map(({ name }) => name);
  return {
    unit,
    ...rest,
    spec: { ...spec, per },
    evaluate: spec.expression === undefined
      ? null
      : parseExpression(spec.expression, names).evaluate,
  };
}
type z = Partial<AskedSpec> & { how: AskedSpec["how"] };

const inputs = (n: number) => Array.from({ length: n }, (_, i) => ({ sensor: `s${i}` }));

function run(plan: Plan, readings: readonly (readonly [number, ...(number | undefined)[]])[]) {
  const calculation = createCalculation(plan, FROM_NOTHING(plan.spec.inputs.length));
  return readings.map(([tMs, ...values]) => calculation.take(tMs, values));
}

Deno.test("computed: the last value of each input counts, as long as none is too old", () => {
  const plan = planOf({ how: "difference", inputs: inputs(2), stale_after_ms: 5_000 });
  const results = run(plan, [[0, 10, undefined], [1_000, undefined, 4], [5_000, undefined, 5], [
    6_000,
    undefined,
    6,
  ], [7_000, 8, undefined]]);
  assert.deepEqual(results, [null, 6, 5, null, 2]);
});

Deno.test("computed: sum, mean, smallest, largest; inputs in another unit are converted", () => {
  const of = (how: AskedSpec["how"]) =>
    run(planOf({ how, inputs: inputs(2) }, ["W", "kW"]), [[0, 500, 1.5]])[0];
  assert.deepEqual([of("sum"), of("mean"), of("min"), of("max")], [2000, 1000, 500, 1500]);
  assert.equal(planOf({ how: "sum", inputs: inputs(2) }, ["W", "kW"]).unit, "W");
  assert.equal(planOf({ how: "sum", inputs: inputs(2) }, ["W", "°C"]).unit, null);
  assert.equal(planOf({ how: "difference", inputs: inputs(2) }, ["°C", "°C"]).unit, "K");
});

Deno.test("computed: a division by zero is no result", () => {
  const plan = planOf({ how: "expression", inputs: inputs(2), expression: "a / b" });
  assert.deepEqual(run(plan, [[0, 1, 0], [1, 1, 2]]), [null, 0.5]);
});

Deno.test("computed: the unit of a rate and of a total follows from the input's", () => {
  const unit = (how: "rate" | "total" | "run_time", unit: string | null, per = "h" as const) =>
    planOf({ how, inputs: inputs(1), ...(how === "run_time" ? {} : { per }) }, [unit]).unit;
  assert.deepEqual(
    ["kWh", "Wh", "J", "L", "m³", "pulses", null].map((one) => unit("rate", one)),
    ["kW", "W", "W", "L/h", "m³/h", "pulses/h", null],
  );
  assert.deepEqual(
    ["W", "kW", "L/min", "m³/h", "A", "°C", null].map((one) => unit("total", one)),
    ["kWh", "kWh", "L", "m³", "Ah", "°C·h", null],
  );
  assert.equal(unit("run_time", "A"), "h");
});

Deno.test("computed: one hour of 1 500 W is 1.5 kWh, a longer gap adds nothing", () => {
  const plan = planOf({ how: "total", inputs: inputs(1), longest_gap_ms: 1_800_000 }, ["W"]);
  const HALF = 1_800_000;
  assert.deepEqual(run(plan, [[0, 1500], [HALF, 1500], [2 * HALF, 1500], [4 * HALF, 9999]]), [
    0,
    0.75,
    1.5,
    1.5,
  ]);
});

const counts = fc.array(
  fc.record({
    dt: fc.integer({ min: 1, max: 60_000 }),
    add: fc.integer({ min: 0, max: 20_000 }),
    reset: fc.integer({ min: 0, max: 9 }),
  }),
  { minLength: 2, maxLength: 60 },
);

Deno.test("computed: a counter's rates add up to what was counted, over roll-overs and resets", () => {
  fc.assert(fc.property(counts, fc.constantFrom(65_536, null), (steps, width) => {
    const plan = planOf({ how: "rate", inputs: inputs(1), per: "s", rolls_over_at: width });
    const readings: [number, number][] = [[0, 100]];
    let [t, value, counted] = [0, 100, 0];
    for (const { dt, add, reset } of steps) {
      t += dt;
      // A reset is told from a roll-over only where it falls far: the counter stood in its lower half.
      if (reset === 0 && (width === null || value < width / 2)) {
        [value, counted] = [add, counted + (add >= value ? add - value : add)];
      } else {
        counted += add;
        value += add;
        if (width !== null && value >= width) value -= width;
      }
      readings.push([t, value]);
    }
    const rates = run(plan, readings);
    const summed = rates.reduce<number>(
      (sum, rate, i) => sum + (rate ?? 0) * ((readings[i][0] - (readings[i - 1]?.[0] ?? 0)) / 1000),
      0,
    );
    assert.ok(Math.abs(summed - counted) < 1e-6 * Math.max(1, counted), `${summed} ${counted}`);
    assert.equal(rates[0], null);
    assert.ok(rates.every((rate) => rate === null || rate >= 0));
  }));
  assert.equal(countedBetween(65_530, 4, 65_536), 10);
  assert.equal(countedBetween(65_530, 4, null), 4);
});

const series = fc.array(
  fc.record({
    dt: fc.integer({ min: 1, max: 7_200_000 }),
    value: fc.double({ min: -1e4, max: 1e4, noNaN: true }),
  }),
  { minLength: 1, maxLength: 80 },
);

Deno.test("computed: totals are the sum of their pieces, and go on anywhere as if they had never stopped", () => {
  fc.assert(
    fc.property(
      series,
      fc.constantFrom("trapezoid" as const, "hold" as const),
      fc.nat(),
      (steps, method, cut) => {
        const plan = planOf({ how: "total", inputs: inputs(1), method, start: 7 }, ["kW"]);
        let t = 0;
        const readings = steps.map(({ dt, value }) => [t += dt, value] as [number, number]);
        const results = run(plan, readings);
        let expected = 7;
        readings.forEach(([tMs, value], i) => {
          if (i > 0 && tMs - readings[i - 1][0] <= 3_600_000) {
            const before = readings[i - 1][1];
            const mean = method === "hold" ? before : (before + value) / 2;
            expected += mean * (tMs - readings[i - 1][0]) / 3_600_000;
          }
          assert.ok(Math.abs(results[i]! - expected) <= 1e-9 * Math.max(1, Math.abs(expected)));
        });
        const at = cut % readings.length;
        const again = createCalculation(plan, {
          last: [{ tMs: readings[at][0], value: readings[at][1] }],
          total: results[at],
        });
        const rest = readings.slice(at + 1).map(([tMs, value]) => again.take(tMs, [value]));
        assert.deepEqual(rest, results.slice(at + 1));
      },
    ),
  );
});

Deno.test("computed: run hours of on/off, and above a value", () => {
  const H = 3_600_000;
  const onOff = planOf({ how: "run_time", inputs: inputs(1), longest_gap_ms: 24 * H });
  assert.deepEqual(run(onOff, [[0, 1], [2 * H, 0], [5 * H, 1], [6 * H, 1]]), [0, 2, 2, 3]);
  const above = planOf({ how: "run_time", inputs: inputs(1), above: 50 });
  assert.deepEqual(run(above, [[0, 60], [H, 50], [2 * H, 51]]), [0, 1, 1]);
});
