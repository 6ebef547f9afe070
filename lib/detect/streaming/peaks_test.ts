import assert from "node:assert/strict";
import { StateWriter } from "../bytes.ts";
import { Engine } from "./engine.ts";
import { within } from "./peaks.ts";
import { Tail } from "./tail.ts";
import { TUNING } from "./tuning.ts";

function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => (s = (Math.imul(s, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

function saved(engine: Engine): Uint8Array {
  const writer = new StateWriter("engine", 1, 16_000);
  engine.save(writer);
  return writer.done();
}

/** How often the peaks are worked out must not matter: saving asks for them. */
for (const [what, everyMs, count] of [["few", 60_000, 6_000], ["many", 1_000, 30_000]] as const) {
  Deno.test(`peaks are the same whenever they are asked for, with ${what} readings to a slot`, () => {
    const rnd = random(5), asked = new Engine(), not = new Engine();
    let x = 0, odd = 0;
    for (let i = 0; i < count; i++) {
      x = 0.9 * x + rnd() - 0.5;
      const far = rnd();
      const value = 20 + x + (far < 0.002 ? 10 ** (rnd() * 12) : far < 0.01 ? 5 * rnd() : 0);
      const reading = { tMs: 1_700_000_000_000 + i * everyMs, value };
      const may = [asked, not].map((engine) => engine.take(reading));
      assert.equal(may[0], may[1]);
      if (may[0]) {
        odd++;
        assert.equal(asked.result, not.result, `reading ${i}`);
      } else assert.ok(asked.result < TUNING.renew, `reading ${i} was called plainly usual`);
      saved(asked);
    }
    assert.ok(odd > 10, `${odd} of them may be odd`);
    assert.deepEqual(saved(not), saved(asked));
  });
}

Deno.test("a tail goes back by its newest entries and forth again, whatever they did to its bins", () => {
  const rnd = random(9), tail = new Tail({ ...TUNING, halfLife: 60 });
  const state = () => [tail.total, tail.weight, tail.top, tail.offset, [...tail.bins]];
  const states = [state()];
  let shifts = 0, rescales = 0;
  for (let i = 0; i < 3_000; i++) {
    const { offset, weight } = tail;
    tail.add(i % 300 === 299 ? 2 ** (i / 25) : 2 ** (i / 30) * rnd());
    if (offset < tail.offset) shifts++;
    if (weight > tail.weight) rescales++;
    states.push(state());
    if (states.length > 5) states.shift();
    if (i < 5) continue;
    for (let k = 0; k < 4; k++) {
      tail.swap(k);
      assert.deepEqual(state(), states[3 - k], `${k + 1} before entry ${i}`);
    }
    for (let k = 3; k >= 0; k--) tail.swap(k);
    assert.deepEqual(state(), states[4]);
  }
  assert.ok(shifts > 0 && rescales > 0, `${shifts} shifts, ${rescales} rescales`);
});

Deno.test("what is usual up to a share has at least that share, until a sixteenth more was added", () => {
  const rnd = random(11), tail = new Tail(TUNING);
  let tried = 0;
  for (let n = 0; n < 4_000;) {
    const share = 10 ** -(0.31 + 3 * rnd()), usual = tail.usualUpTo(1.1 * share);
    for (let more = 1 + Math.floor(tail.entries / 16); more > 0; more--, n++) {
      tail.add(2 ** (4 * rnd() + (n > 2_000 ? 3 : 0)) * (rnd() < 0.01 ? 100 : 1));
    }
    if (n < 50) continue;
    const odd = Float64Array.of(usual, usual * rnd(), usual / 2 ** (rnd() * 9)),
      shares = odd.slice();
    for (let i = 0; i < odd.length; i++) {
      tail.share(odd, i, Float64Array.of(TUNING.edge), shares);
      assert.ok(shares[i] >= share, `${shares[i]} of ${share} at ${odd[i]}`);
      tried++;
    }
    tail.share(Float64Array.of(1.4 * usual), 0, Float64Array.of(TUNING.edge), shares);
    assert.ok(shares[0] < 5 * share || share > 0.1, "and not much more");
  }
  assert.ok(tried > 100);
});

Deno.test("of the point and the recent mean one counts: the point where its time of day is known", () => {
  const bounds = new Float64Array(8).fill(1);
  const odd = (part: number) => Float64Array.from(bounds, (_, i) => i === part ? 1.5 : 0.5);
  for (const known of [false, true]) {
    const beyond = bounds.map((_, part) => within(odd(part), bounds, known) ? 0 : 1);
    assert.deepEqual([...beyond], known ? [1, 1, 1, 1, 0, 1, 1, 1] : [0, 1, 1, 1, 1, 1, 1, 1]);
  }
  assert.equal(within(odd(-1).fill(NaN, 7), bounds, true), false);
});
