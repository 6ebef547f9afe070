import assert from "node:assert/strict";
import { natureFor } from "../departure/nature.ts";
import type { DetectorInput, Finding } from "../detector.ts";
import { departure, type DepartureOptions, type DepartureState } from "./departure.ts";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 5);

function noise(i: number): number {
  let t = Math.imul(i + 1, 0x9e3779b1);
  t = Math.imul(t ^ (t >>> 15), 0x85ebca6b);
  return ((t ^ (t >>> 13)) >>> 0) / 2 ** 32 - 0.5;
}

/** A reading each minute for so many days; null: nothing is reported. */
function run(
  days: number,
  value: (tMs: number, i: number) => number | null,
  options: Partial<DepartureOptions> = {},
  others: (tMs: number) => DepartureState[] = () => [],
): Finding[] {
  const state = departure.create(departure.options.parse(options));
  const found: Finding[] = [];
  for (let i = 0; i < days * 1440; i++) {
    const tMs = START + i * MINUTE;
    const x = value(tMs - START, i);
    const input: DetectorInput[] = x === null ? [] : [{ kind: "reading", tMs, value: x }];
    if (i % 60 === 1) {
      input.push({ kind: "tick", tMs, others: others(tMs).map(({ hours }) => hours) });
    }
    for (const one of input) found.push(...departure.step(state, one));
  }
  return found;
}
const shown = (found: Finding[]) =>
  found.map((f) => `${f.phase} ${f.reason.component ?? ""} ${((f.tMs - START) / DAY).toFixed(1)}`);

const freezer = (tMs: number, i: number) =>
  -18 + Math.sin(tMs / HOUR * 2) + 0.2 * noise(i) + (tMs % (12 * HOUR) < 20 * MINUTE ? 1.5 : 0);

Deno.test("departure raises a freezer that warms, once, and clears when it is cold again", () => {
  const found = run(14, (tMs, i) => {
    const warmS = tMs > 10 * DAY && tMs < 10.5 * DAY ? (tMs - 10 * DAY) / HOUR : 0;
    return freezer(tMs, i) + 6 * warmS;
  });
  assert.deepEqual(shown(found), ["raised above 10.1", "cleared  10.6"]);
  assert.equal(found[0].severity, "warning");
  assert.match(found[0].reason.text, /within \d+ days it was -19.* to -15/);
  assert.deepEqual(run(14, freezer), []);
});

Deno.test("departure leaves alone what is new and not wrong", () => {
  const washer = (tMs: number, i: number) =>
    tMs > 10 * DAY && tMs < 10 * DAY + 5 * HOUR ? 2000 + noise(i) : 2 + 0.2 * noise(i);
  assert.deepEqual(run(13, washer), [], "a first run is sudden, whatever the sensor is called");
  const counter = (tMs: number) => Math.floor(tMs / HOUR) * (tMs > 10 * DAY ? 9 : 1);
  assert.deepEqual(run(13, counter), [], "a counter that counts faster");
  const battery = (tMs: number) => Math.round(2 * (90 - tMs / DAY)) / 2;
  assert.deepEqual(run(13, battery, { nature: "charge" }), [], "a battery that falls");
  const wish = (tMs: number) => (tMs % DAY > 6 * HOUR ? 21 : 17) + (tMs > 10 * DAY ? 4 : 0);
  assert.deepEqual(run(13, wish), [], "a set point");
  const sun = (tMs: number) =>
    Math.max(0, Math.sin(2 * Math.PI * tMs / DAY)) * (tMs > 10 * DAY ? 4000 : 400);
  assert.deepEqual(run(13, sun, { nature: "use" }), [], "sunshine after ten dull days");
});

Deno.test("departure raises a sensor that says 0, and takes what stays for usual after three days", () => {
  const co2 = (tMs: number, i: number) =>
    tMs > 10 * DAY ? 0 : 700 + 250 * Math.sin(2 * Math.PI * tMs / DAY) + 20 * noise(i);
  assert.deepEqual(shown(run(14, co2)), ["raised below 10.0", "cleared  13.0"]);
});

Deno.test("departure raises water that runs at little more than nothing and does not rest", () => {
  const flow = (leak: number) => (tMs: number, i: number) =>
    (i % 240 < 12 ? 8 + noise(i) : 0) + (tMs > 10 * DAY && tMs < 10.5 * DAY ? leak : 0);
  const options = { nature: "flow" } as const;
  assert.deepEqual(shown(run(13, flow(0.8), options)), ["raised awake 10.1", "cleared  10.5"]);
  assert.deepEqual(run(13, flow(0), options), []);
  assert.deepEqual(run(13, flow(9), options), [], "a garden is watered");
});

Deno.test("departure raises a compressor that switches far more often, not one that is used more", () => {
  const cycles = (everyMin: number) => (tMs: number, i: number) =>
    i % (tMs > 10 * DAY ? everyMin : 40) < 2 ? 80 + noise(i) : 1 + 0.1 * noise(i);
  const options = { nature: "use" } as const;
  assert.deepEqual(shown(run(11, cycles(4), options)), ["raised switching 10.1"]);
  assert.deepEqual(run(11, cycles(25), options), []);
});

Deno.test("departure raises panels that stay at rest in hours in which they never did", () => {
  const sun = (tMs: number) => Math.max(0, Math.sin(2 * Math.PI * tMs / DAY));
  const panels = (tMs: number, i: number) =>
    tMs > 10 * DAY
      ? 0
      : sun(tMs) * (600 + 50 * noise(i)) * (0.2 + 0.8 * (Math.floor(tMs / DAY) % 2));
  assert.deepEqual(shown(run(11, panels, { nature: "use" })), ["raised asleep 10.2"]);
  const week = (tMs: number, i: number) =>
    Math.floor(tMs / DAY) % 7 < 5 && tMs % DAY > 8 * HOUR && tMs % DAY < 16 * HOUR
      ? 500 + noise(i)
      : 0;
  assert.deepEqual(run(14, week, { nature: "use" }), [], "a weekend");
});

Deno.test("departure raises what stands still while another of its machine works on, not what is alone", () => {
  const sibling = departure.create(departure.options.parse({}));
  let fed = 0;
  const moves = (tMs: number, i: number) => 4 + Math.sin(tMs / HOUR) + 0.1 * noise(i);
  const others = (tMs: number) => {
    for (; START + fed * MINUTE <= tMs; fed++) {
      departure.step(sibling, {
        kind: "reading",
        tMs: START + fed * MINUTE,
        value: moves(fed * MINUTE, fed + 7),
      });
    }
    return [sibling];
  };
  const stuck = (tMs: number, i: number) =>
    tMs > 10 * DAY && tMs < 10.6 * DAY ? 4.25 : moves(tMs, i);
  assert.deepEqual(shown(run(11, stuck, {}, others)), ["raised still 10.2", "cleared  10.6"]);
  assert.deepEqual(run(11, stuck), []);
});

Deno.test("natureFor knows what may rise by unit and name, and takes the rest for kept", () => {
  const natures = [
    ["power", "W"],
    ["flow", "l/min"],
    ["battery", "%"],
    ["latitude", null],
    ["setpoint", null],
    ["vibration", "mm/s"],
    ["temperature", "°C"],
    ["humidity", "%"],
    ["whatever", null],
  ] as const;
  assert.deepEqual(
    natures.map(([name, unit]) => natureFor(name, unit)),
    ["use", "flow", "charge", "free", "free", "level", "level", "level", "level"],
  );
});
