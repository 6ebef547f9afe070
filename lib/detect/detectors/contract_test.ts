/** What every detector promises, run over each of them. */
import assert from "node:assert/strict";
import { z } from "zod";
import { StateError } from "../bytes.ts";
import {
  type Detector,
  type DetectorInput,
  type Finding,
  type ReadingInput,
  stepAll,
} from "../detector.ts";
import { headlineOf, type HeadlineSensor } from "../headline.ts";
import { DETECTORS } from "./mod.ts";

/** Options with which a detector has something to say about the streams below. */
const SPEAKING: Record<string, unknown> = {
  threshold: { warningHigh: 8, criticalHigh: 12, hysteresis: 0.5, forMs: 120_000 },
  rate: { maxPerMinute: 2, spanMs: 120_000 },
  stuck: { forMs: 600_000, minReadings: 5 },
  departure: { days: 1, sudden: true },
};

const START = Date.UTC(2026, 0, 5);

function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => (s = (Math.imul(s, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** A daily course with noise, spikes, a stuck stretch, a gap and a level shift; a tick now and then. */
function stream(n: number, seed: number, shiftBy = 6): DetectorInput[] {
  const rnd = random(seed);
  const inputs: DetectorInput[] = [];
  let t = START, held = 0;
  for (let i = 0; i < n; i++) {
    t += 60_000 + Math.floor(rnd() * 1000);
    if (i === Math.floor(n * 0.6)) {
      for (let k = 0; k < 60; k++) inputs.push({ kind: "tick", tMs: t += 60_000 });
    }
    const stuck = i % 700 > 670;
    if (!stuck) held = 5 + 3 * Math.sin(t / 86_400_000 * 2 * Math.PI) + rnd();
    const shift = i > n * 0.8 ? shiftBy : 0;
    const spike = i % 400 === 399 ? 30 : 0;
    inputs.push({ kind: "reading", tMs: t, value: held + shift + spike });
    if (i % 10 === 0) inputs.push({ kind: "tick", tMs: t + 500 });
  }
  return inputs;
}

function run(d: Detector, state: unknown, inputs: readonly DetectorInput[]): [Finding[], number[]] {
  const findings: Finding[] = [], scores: number[] = [];
  for (const input of inputs) {
    const found = d.step(state, input);
    assert.ok(found.length <= 1, "at most one finding per step");
    findings.push(...found);
    scores.push(d.score(state));
  }
  return [findings, scores];
}

/** Readings that go out of bounds, are late and are no numbers, among others. */
function oddRuns(seed: number): DetectorInput[] {
  const rnd = random(seed);
  return stream(2000, seed).map((input) => {
    const pick = rnd();
    if (input.kind === "tick" || pick > 0.1) return input;
    if (pick < 0.01) return { ...input, value: ODD[Math.floor(rnd() * ODD.length)] };
    if (pick < 0.02) return { ...input, tMs: ODD_TIMES[Math.floor(rnd() * ODD_TIMES.length)] };
    if (pick < 0.05) return { ...input, tMs: input.tMs - rnd() * 3_600_000 };
    return { ...input, value: 20 * rnd() };
  });
}

const NAMED: HeadlineSensor[] = ["vibration", "main drive gearbox oil temperature at the far end"]
  .flatMap((sensor) =>
    [null, "% RH"].map((unit) => ({ sensor, unit, settings: { display_name: null } }))
  );

const ODD = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1e308,
  -1e308,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  5e-324,
  1e16,
  -1e-300,
  2 ** 53,
];
const ODD_TIMES = [0, -1, 1e15, -8.64e15, 0.5, NaN, Infinity, -Infinity, START];

assert.equal(new Set(DETECTORS.map((d) => d.name)).size, DETECTORS.length, "names are unique");

for (const d of DETECTORS) {
  const options = d.options.parse(SPEAKING[d.name] ?? {});
  const test = (says: string, fn: () => void) => Deno.test(`${d.name} ${says}`, fn);
  const fresh = () => d.create(options);
  /** What compares days needs a week of them, and more than a sensor's usual course in the end. */
  const whole = (seed: number) =>
    d.name === "departure" ? stream(9000, seed, 60) : stream(4000, seed);

  test("has a title, a sentence and options with titles and defaults", () => {
    assert.ok(d.title.length > 2 && d.about.length > 20);
    d.options.parse({});
    const schema = z.toJSONSchema(d.options, { io: "input" }) as {
      properties: Record<string, { title?: string; default?: unknown }>;
      additionalProperties?: boolean;
    };
    for (const [name, field] of Object.entries(schema.properties)) {
      assert.ok(field.title, `${name} has a title`);
      assert.notEqual(field.default, undefined, `${name} has a default`);
    }
  });

  test("refuses unknown and out-of-range options", () => {
    assert.equal(d.options.safeParse({ nonsense: 1 }).success, false);
    const names = Object.keys(d.options.parse({}) as Record<string, unknown>);
    for (const name of names) {
      assert.equal(d.options.safeParse({ [name]: "x" }).success, false, name);
      assert.equal(d.options.safeParse({ [name]: NaN }).success, false, name);
    }
  });

  test("finds something in a stream that has everything", () => {
    const [findings, scores] = run(d, fresh(), whole(1));
    assert.ok(findings.length > 0);
    for (const f of findings) {
      assert.equal(f.detector, d.name);
      assert.ok(f.score >= 0 && f.score <= 1, String(f.score));
      assert.ok(f.reason.text.length > 10 && !f.reason.text.includes("NaN"), f.reason.text);
      assert.ok(!f.reason.text.includes("undefined"), f.reason.text);
    }
    for (const s of scores) assert.ok(s >= 0 && s <= 1, String(s));
  });

  test("gives headlines of at most 12 words, however long the names are", () => {
    const [findings] = run(d, fresh(), whole(1));
    for (const f of findings) {
      for (const sensor of NAMED) {
        const said = headlineOf(f, sensor);
        assert.ok(said.split(" ").length <= 12, said);
        assert.ok(!/NaN|undefined|null|\.$/.test(said), said);
        if (/\d/.test(said) && sensor.unit !== null && f.reason.value !== undefined) {
          assert.ok(said.includes(sensor.unit), `${said}: its unit`);
        }
      }
    }
  });

  test("raises before it clears, in turns", () => {
    const [findings] = run(d, fresh(), whole(2));
    let open = false;
    for (const f of findings) {
      if (f.phase === "raised") assert.equal(open, false);
      if (f.phase === "cleared" || f.phase === "changed") assert.equal(open, true);
      if (f.phase !== "point") open = f.phase !== "cleared";
    }
  });

  test("is deterministic", () => {
    const inputs = stream(3000, 3);
    assert.deepEqual(run(d, fresh(), inputs), run(d, fresh(), inputs));
  });

  test("gives a prefix the scores and findings it gives the whole", () => {
    const inputs = stream(3000, 4);
    const [, whole] = run(d, fresh(), inputs);
    const [, part] = run(d, fresh(), inputs.slice(0, 1234));
    assert.deepEqual(part, whole.slice(0, 1234));
  });

  test("continues after save and load as if nothing had happened", () => {
    const inputs = stream(3000, 5);
    const whole = run(d, fresh(), inputs);
    for (const cut of [0, 1, 7, 60, 1500, 1870]) {
      const first = fresh();
      const [f1, s1] = run(d, first, inputs.slice(0, cut));
      const bytes = d.save(first);
      const second = d.load(options, bytes);
      assert.deepEqual(d.save(second), bytes, "saving what was loaded gives the same bytes");
      const [f2, s2] = run(d, second, inputs.slice(cut));
      assert.deepEqual([[...f1, ...f2], [...s1, ...s2]], whole, `cut at ${cut}`);
    }
  });

  test("takes runs of readings as it takes them one by one", () => {
    for (const [seed, inputs] of [[12, whole(12)], [13, oddRuns(13)]] as const) {
      const rnd = random(seed), one = fresh(), all = fresh();
      const found: Finding[] = [], expected: Finding[] = [];
      for (let i = 0; i < inputs.length;) {
        const input = inputs[i];
        if (input.kind === "tick") {
          expected.push(...d.step(one, input));
          found.push(...d.step(all, input));
          i++;
          continue;
        }
        let to = i;
        const most = i + 1 + Math.floor(rnd() * 3);
        while (to < Math.min(most, inputs.length) && inputs[to].kind === "reading") to++;
        const readings = inputs.slice(i, to) as ReadingInput[];
        const arrivalMs = readings[readings.length - 1].tMs;
        for (const reading of readings) {
          expected.push(...d.step(one, { ...reading, arrivalMs, heardMs: 0 }));
        }
        const run = {
          ...{ from: 2, to: 2 + readings.length, arrivalMs, heardMs: 0 },
          tMs: Float64Array.of(7, 8, ...readings.map(({ tMs }) => tMs), 9),
          value: Float64Array.of(7, 8, ...readings.map(({ value }) => value), 9),
        };
        const take = (finding: Finding, place: number) => {
          found.push(finding);
          assert.ok(place >= run.from && place < run.to, "a place of the run");
        };
        if (d.steps === undefined) stepAll(d, all, run, take);
        else d.steps(all, run, take);
        i = to;
      }
      assert.deepEqual(found, expected);
      if (seed === 12) assert.ok(found.length > 0);
      assert.deepEqual(d.save(all), d.save(one));
    }
  });

  test("keeps its state within 16 kB", () => {
    const state = fresh();
    run(d, state, stream(500, 6));
    const early = d.save(state).length;
    run(d, state, stream(5000, 7));
    assert.ok(d.save(state).length <= 16_000);
    assert.ok(d.save(state).length <= early + 64, "and does not let it grow");
  });

  test("never throws on odd numbers and odd times, and finds its way back", () => {
    const state = fresh();
    run(d, state, stream(300, 8));
    const odd: DetectorInput[] = [];
    for (const value of ODD) {
      for (const tMs of ODD_TIMES) {
        odd.push({ kind: "reading", tMs, value }, { kind: "tick", tMs });
      }
    }
    const [, scores] = run(d, state, odd);
    for (const s of scores) assert.ok(s >= 0 && s <= 1, String(s));
    d.load(options, d.save(state));
    const [, after] = run(d, state, stream(3000, 9));
    for (const s of after) assert.ok(s >= 0 && s <= 1, String(s));
  });

  test("survives odd numbers as the very first ones", () => {
    for (const value of ODD) {
      for (const tMs of ODD_TIMES) {
        const state = fresh();
        d.step(state, { kind: "reading", tMs, value });
        const [, scores] = run(d, state, stream(200, 10));
        for (const s of scores) assert.ok(s >= 0 && s <= 1, `${value} at ${tMs}: ${s}`);
      }
    }
  });

  test("refuses a state of another detector or version, and damaged ones", () => {
    const state = fresh();
    run(d, state, stream(200, 11));
    const bytes = d.save(state);
    const refused = (b: Uint8Array) => assert.throws(() => d.load(options, b), StateError);
    refused(new Uint8Array());
    refused(bytes.slice(0, bytes.length - 1));
    refused(new Uint8Array([...bytes, 0]));
    const other = bytes.slice();
    other[4 + d.name.length] ^= 0xff;
    refused(other);
    const stranger = DETECTORS.find((x) => x.name !== d.name)!;
    refused(stranger.save(stranger.create(stranger.options.parse({}))));
  });

  test("can be loaded from a slice of a larger buffer", () => {
    const bytes = d.save(fresh());
    const larger = new Uint8Array(bytes.length + 10);
    larger.set(bytes, 3);
    d.load(options, larger.subarray(3, 3 + bytes.length));
  });
}
