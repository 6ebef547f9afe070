import assert from "node:assert/strict";
import { Tail } from "./tail.ts";

const TUNING = { halfLife: 1e9 };
const EDGE = 0.3;

function filled(values: readonly number[]): Tail {
  const tail = new Tail(TUNING);
  for (const x of values) tail.add(x);
  return tail;
}

Deno.test("Tail counts how many past values were as large", () => {
  const tail = filled(Array.from({ length: 1000 }, (_, i) => i < 10 ? 100 : 1));
  assert.ok(Math.abs(tail.surprise(10, EDGE) - 2) < 0.05, String(tail.surprise(10, EDGE)));
  assert.ok(tail.surprise(0.01, EDGE) < 0.01);
  assert.ok(tail.surprise(1e6, EDGE) > 3.2);
});

Deno.test("Tail calls a record one only when it is clearly beaten", () => {
  const tail = filled(Array.from({ length: 1000 }, () => 10));
  assert.ok(tail.surprise(10.2, EDGE) < 0.5);
  assert.ok(tail.surprise(15, EDGE) > 3);
});

Deno.test("Tail grows more surprised with size, never less", () => {
  const tail = filled(Array.from({ length: 500 }, (_, i) => 1 + (i * 37 % 100)));
  let before = 0;
  for (let x = 0.1; x < 1e4; x *= 1.05) {
    const s = tail.surprise(x, EDGE);
    assert.ok(s >= before - 1e-9, `${x}: ${s} after ${before}`);
    before = s;
  }
});

Deno.test("Tail forgets by its half-life", () => {
  const tail = new Tail({ halfLife: 100 });
  for (let i = 0; i < 100; i++) tail.add(1000);
  for (let i = 0; i < 2000; i++) tail.add(1);
  assert.ok(tail.surprise(900, EDGE) > 2);
});

Deno.test("Tail survives nothing, absurd values and a changing scale", () => {
  const tail = new Tail(TUNING);
  assert.equal(tail.surprise(5, EDGE), 0);
  for (let i = 0; i < 100; i++) tail.add(0);
  assert.equal(tail.surprise(0, EDGE), 0);
  assert.ok(tail.surprise(1, EDGE) > 2);
  for (let i = 0; i < 100; i++) tail.add(1);
  for (const x of [1e300, 1e-300, 1e100]) tail.add(x);
  assert.ok(tail.surprise(100, EDGE) > 1.5, "one absurd value does not make everything usual");
  assert.ok(Number.isFinite(tail.surprise(1e308, EDGE)));
});

Deno.test("Tail.reach is the value that a share of the past exceeded", () => {
  const tail = filled(Array.from({ length: 1000 }, (_, i) => i + 1));
  const reach = tail.reach(1);
  assert.ok(reach > 850 && reach < 1000, String(reach));
  assert.ok(Number.isNaN(new Tail(TUNING).reach(1)));
});
