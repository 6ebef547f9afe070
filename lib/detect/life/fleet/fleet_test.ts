import assert from "node:assert/strict";
import { StateError } from "../../bytes.ts";
import { randomFrom } from "../../forest/isolation.ts";
import { boost, boosted } from "./boosting.ts";
import { conditionsOf, measuredIn } from "./conditions.ts";
import { type FleetModel, guessesAlong, guessLife, LIVES_LEAST, trainFleet } from "./fleet.ts";
import type { Run } from "./run_features.ts";
import { loadFleet, saveFleet } from "./saved_fleet.ts";

const COLUMNS = 3;
const random = randomFrom(3);
const noise = () => random() + random() + random() - 1.5;

/** A life whose wear sets in at its own time and grows until `rows`; the third sensor says nothing. */
function lifeOf(rows: number, { off = 0, sign = 1 } = {}): Run {
  const data = Float64Array.from({ length: rows * COLUMNS }, (_, i) => {
    const left = rows - 1 - Math.floor(i / COLUMNS), wear = Math.exp(-left / 30);
    return off + noise() * 0.3 + [50 + 8 * sign * wear, 10 - 5 * wear, 1][i % COLUMNS];
  });
  return { data, rows };
}

const cut = ({ data }: Run, rows: number): Run => ({ data: data.slice(0, rows * COLUMNS), rows });

let known: FleetModel | null = null;
/** Of 24 lives of 90 to 182 rows; trained once. */
function model(): FleetModel {
  const lives = Array.from({ length: 24 }, (_, i) => lifeOf(90 + 4 * i));
  return known ??= trainFleet(lives, COLUMNS);
}

Deno.test("trainFleet guesses what remains of lives that it did not see, within its interval", () => {
  let inside = 0, cases = 0;
  for (let i = 0; i < 20; i++) {
    const run = lifeOf(100 + 4 * i);
    for (const left of [5, 15, 30, 45]) {
      const guess = guessLife(model(), cut(run, run.rows - left));
      assert.ok(guess.known);
      assert.ok(guess.low <= guess.rows && guess.rows <= guess.high);
      if (left <= 15) {
        assert.ok(Math.abs(guess.rows - left) < 12, `${guess.rows}, not ${left}`);
        assert.ok(guess.high - guess.low < 30, "an interval that says something");
      }
      cases++;
      if (left >= guess.low - 1 && left <= guess.high + 1) inside++;
    }
  }
  assert.ok(inside / cases > 0.7, `${inside} of ${cases}`);
});

Deno.test("guessLife gives no upper end while a machine is as good as new", () => {
  const guess = guessLife(model(), cut(lifeOf(180), 30));
  assert.ok(guess.known && guess.high === Infinity && guess.low > 30, JSON.stringify(guess));
});

Deno.test("guessLife sees only what was: a guess does not change with what comes later", () => {
  const run = lifeOf(150);
  const all = guessesAlong(model(), run);
  for (const rows of [20, 70, 149]) {
    assert.equal(guessesAlong(model(), cut(run, rows))[rows - 1], all[rows - 1]);
    const guess = guessLife(model(), cut(run, rows));
    assert.ok(guess.known && guess.rows === all[rows - 1]);
  }
});

Deno.test("guessLife knows what it does not know", () => {
  const why = (run: Run) => {
    const guess = guessLife(model(), run);
    return guess.known ? "known" : guess.why;
  };
  assert.equal(why(cut(lifeOf(120), 5)), "too_short");
  assert.equal(why(lifeOf(400)), "too_old");
  assert.equal(why(cut(lifeOf(120, { off: 20 }), 60)), "unlike");
  assert.equal(why(lifeOf(120, { sign: -1 })), "unlike", "another way to fail");
});

Deno.test("conditionsOf finds settings that take the sensors with them, and measures rows within each", () => {
  const settings = [0, 20, 42];
  const life = (spread: number): Run => ({
    data: Float64Array.from({ length: 200 * COLUMNS }, (_, i) => {
      const r = Math.floor(i / COLUMNS), at = settings[(7 * r) % 3];
      return [at, 500 + spread * at + noise(), 3 - spread * at + 0.5 * noise()][i % COLUMNS];
    }),
    rows: 200,
  });
  const runs = [life(10), life(10), life(10)], conditions = conditionsOf(runs, COLUMNS);
  assert.equal(conditions?.usual.size, 3);
  const { data } = measuredIn(conditions, runs[0], COLUMNS);
  for (const c of [1, 2]) {
    const column = data.filter((_, i) => i % COLUMNS === c);
    assert.ok(column.every((x) => Math.abs(x) < 4), "the levels of the conditions are gone");
    assert.ok(column.some((x) => Math.abs(x) > 0.5), "what moves within one is left");
  }
  const strange = { data: Float64Array.of(10, 600, -97), rows: 1 };
  assert.ok(measuredIn(conditions, strange, COLUMNS).data.some(Number.isFinite), "the nearest one");
  assert.equal(conditionsOf([life(0), life(0)], COLUMNS), null, "a setting that changes nothing");
  assert.equal(conditionsOf([lifeOf(100), lifeOf(120)], COLUMNS), null);
});

Deno.test("trainFleet refuses too few lives", () => {
  const lives = Array.from({ length: LIVES_LEAST - 1 }, () => lifeOf(100));
  assert.throws(() => trainFleet(lives, COLUMNS), /9 lives that are long enough/);
});

Deno.test("a fleet's model is the same after it was saved; damaged bytes are refused", () => {
  const bytes = saveFleet(model());
  const run = cut(lifeOf(130), 100);
  assert.deepEqual(guessLife(loadFleet(bytes), run), guessLife(model(), run));
  assert.throws(() => loadFleet(bytes.slice(0, -3)), StateError);
  assert.throws(() => loadFleet(new Uint8Array(40)), StateError);
});

Deno.test("boost learns where a column steps, and leans early where that is asked for", () => {
  const rows = 400;
  const data = Float64Array.from({ length: rows * 2 }, (_, i) => i % 2 ? random() : i / 2);
  const target = Float64Array.from({ length: rows }, (_, r) => (r < 200 ? 10 : 50) + 8 * noise());
  const options = {
    trees: 60,
    depth: 2,
    rate: 0.2,
    rowShare: 1,
    featureShare: 1,
    leaf: 5,
    seed: 1,
  };
  const guess = (above: number, x: number) =>
    boosted(
      boost({ data, rows, columns: 2 }, target, { ...options, above }),
      new Float64Array([x, 0.5]),
    );
  assert.ok(Math.abs(guess(1, 50) - 10) < 4 && Math.abs(guess(1, 350) - 50) < 4);
  assert.ok(guess(5, 350) < guess(1, 350));
});
