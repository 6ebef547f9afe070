import assert from "node:assert/strict";
import { StateError, StateWriter } from "../bytes.ts";
import { heldOut } from "./held_out.ts";
import { randomFrom } from "./isolation.ts";
import { Lasting } from "./lasting.ts";
import { cholesky, covariance, solveLower } from "./linalg.ts";
import { type Judgement, loadMachine, MachineWatch, trainMachine } from "./machine.ts";

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

/** Two sensors that follow a load, and one by itself; `spoil` changes row `r`. */
function plant(rows: number, seed: number, spoil?: (r: number, row: number[]) => void) {
  const random = randomFrom(seed);
  const noise = () => random() + random() + random() + random() - 2;
  const data = new Float64Array(rows * 3);
  for (let r = 0, load = 0; r < rows; r++) {
    load = 0.9 * load + 0.4 * noise();
    const row = [60 + noise(), 5 + load + 0.2 * noise(), 12 + 2 * load + 0.4 * noise()];
    spoil?.(r, row);
    data.set(row, 3 * r);
  }
  return data;
}

const model = trainMachine(["temperature", "pressure", "current"], plant(1000, 1), 1000);

function follow(data: Float64Array, watch = new MachineWatch(model)): (Judgement | null)[] {
  return Array.from(
    { length: data.length / 3 },
    (_, r) => watch.take(data.subarray(3 * r, 3 * r + 3)),
  );
}

const alarms = (judged: (Judgement | null)[]) =>
  judged.map((j) => j !== null && j.score >= 0.5 ? 1 : 0) as number[];
const count = (list: number[]) => list.reduce((a, b) => a + b, 0);

Deno.test("the watch hears a sensor that became restless where it always was", () => {
  let side = 1;
  const judged = follow(plant(600, 2, (r, row) => {
    if (r >= 300) row[0] = 60 + 3 * (side = -side);
  }));
  assert.equal(count(alarms(judged.slice(0, 300))), 0);
  assert.equal(count(alarms(judged.slice(320))), 280);
  const late = judged[500]!;
  assert.ok(late.restless && late.shares[0] > 0.9, String(late.shares));
});

Deno.test("an alarm needs five rows, and neither flickers nor stays", () => {
  const lasting = new Lasting();
  const said = [3, 1, 1, 1, 0.9, 1, 1, 1.3, 1, 1, 0.8, 2, 0.76, 0.7, 1.2]
    .map((x) => lasting.take(x));
  assert.deepEqual(said.map((x) => x >= 1 ? 1 : 0), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0]);
});

Deno.test("a shift is one alarm from its beginning to its end", () => {
  const said = alarms(follow(plant(600, 4, (r, row) => {
    if (r >= 200 && r < 400) row[0] += 3;
  })));
  const changes = said.filter((x, r) => r > 0 && x !== said[r - 1]).length;
  assert.equal(changes, 2, "it begins once and ends once");
  assert.ok(count(said.slice(0, 200)) === 0 && count(said.slice(450)) === 0);
  assert.ok(count(said.slice(200, 400)) > 180);
});

Deno.test("one wild row raises nothing, however wild; what jumps and stays is an alarm", () => {
  const spoilt = (rows: number, by: number) =>
    count(alarms(follow(plant(600, 9, (r, row) => {
      if (r >= 200 && r < 200 + rows) row[1] += by;
    }))));
  for (const by of [12, 60, -1e6]) {
    assert.equal(spoilt(1, by), 0, `one row, ${by}`);
    assert.equal(spoilt(2, by), 0, `two rows, ${by}`);
    assert.ok(spoilt(200, by) > 180, `it stays, ${by}`);
  }
});

Deno.test("the usual place follows a slow drift, within bounds, and goes on after a restart", () => {
  const drift = (by: number) => (r: number, row: number[]) => void (row[0] += by * r);
  const data = plant(3000, 5, drift(1.2 / 3000));
  const watch = new MachineWatch(model);
  assert.equal(count(alarms(follow(data, watch))), 0);
  assert.ok(watch.shift[0] > 0.5, String(watch.shift));
  const again = new MachineWatch(model);
  again.startFrom(watch.shift);
  assert.equal(count(alarms(follow(plant(300, 6, (_, row) => void (row[0] += 1.2)), again))), 0);
  const far = new MachineWatch(model);
  assert.ok(count(alarms(follow(plant(3000, 7, drift(12 / 3000)), far))) > 500);
  assert.ok(far.shift.every((x) => Math.abs(x) <= 3));
});

Deno.test("heldOut judges each block by the others", () => {
  const rows = 240, data = plant(rows, 8).map((x, i) => x - [60, 5, 12][i % 3]);
  const widened = Float64Array.of(0.1, 0.2, 0.3);
  const [first] = heldOut(data, rows, 3, 0, () => widened);
  assert.deepEqual([first.from, first.to], [0, 60]);
  const others = data.subarray(180);
  const cov = covariance(others, 180, 3);
  widened.forEach((x, c) => cov[4 * c] += x);
  const factor = cholesky(cov, 3);
  const z = Float64Array.from({ length: 3 }, (_, c) => {
    let mean = 0;
    for (let r = 0; r < 180; r++) mean += others[3 * r + c] / 180;
    return data[3 * 7 + c] - mean;
  });
  solveLower(factor, 3, z);
  near(first.squaredOf(7), (z[0] ** 2 + z[1] ** 2 + z[2] ** 2) / 3);
});

Deno.test("loadMachine refuses models from before the monitor, so that they are trained again", () => {
  const before = new StateWriter("machine-model", 1).u32(3).u32(60).u32(1000).done();
  assert.throws(() => loadMachine(before), StateError);
});
