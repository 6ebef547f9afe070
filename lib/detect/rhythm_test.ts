import assert from "node:assert/strict";
import { StateReader, StateWriter } from "./bytes.ts";
import { Rhythm } from "./rhythm.ts";

const S = 1000, MINUTE = 60 * S, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 5);

/** A sensor that spoke with these gaps, each reading as it came. */
function after(gaps: readonly number[]): { rhythm: Rhythm; endMs: number } {
  const rhythm = new Rhythm();
  let tMs = START;
  rhythm.take(tMs, tMs, -Infinity);
  for (const gap of gaps) rhythm.take(tMs += gap, tMs, -Infinity);
  return { rhythm, endMs: tMs };
}
const times = (n: number, gap: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => gap(i));

Deno.test("Rhythm of a steady sensor is three of its longest gaps, known within minutes, sure after two days", () => {
  const young = after(times(30, () => 10 * S));
  assert.equal(young.rhythm.limitMs(), 30 * S);
  assert.equal(young.rhythm.sure(young.endMs), false);
  assert.equal(after(times(400, () => S)).rhythm.limitMs(), 15 * S, "hiccups are no silence");
  const old = after(times(3 * 1440, () => MINUTE));
  assert.equal(old.rhythm.limitMs(), 3 * MINUTE);
  assert.equal(old.rhythm.sure(old.endMs), true);
});

Deno.test("Rhythm is unknown after one reading, a few at once, or of what reports on change", () => {
  assert.equal(after([]).rhythm.limitMs(), null);
  assert.equal(after(times(9, () => 1200)).rhythm.limitMs(), null, "ten openings of a door");
  const noise = (i: number) => (Math.imul(i + 7, 2654435761) >>> 0) / 2 ** 32;
  const onChange = after(times(500, (i) => 2 * S * 10 ** (4 * noise(i))));
  assert.equal(onChange.rhythm.limitMs(), null);
});

Deno.test("Rhythm of a daily meter is three days, whether it came day by day or in one message", () => {
  assert.equal(after(times(8, () => DAY)).rhythm.limitMs(), 3 * DAY);
  const atOnce = new Rhythm();
  for (let day = 0; day < 9; day++) atOnce.take(START + day * DAY, START + 8 * DAY, -Infinity);
  assert.equal(atOnce.limitMs(), 3 * DAY);
  assert.equal(atOnce.sure(START + 8 * DAY), false, "nobody has listened to it for a day");
  assert.equal(atOnce.sure(START + 11 * DAY), true);
});

Deno.test("Rhythm of what sends in bundles follows the bundles", () => {
  const rhythm = new Rhythm();
  for (let hour = 1; hour <= 30; hour++) {
    for (let minute = 0; minute < 60; minute++) {
      rhythm.take(START + (hour - 1) * HOUR + minute * MINUTE, START + hour * HOUR, -Infinity);
    }
  }
  assert.equal(rhythm.limitMs(), 3 * HOUR);
});

Deno.test("Rhythm believes a night at once, and is sure of a sensor with pauses after a week", () => {
  const day = [...times(600, () => MINUTE), 14 * HOUR];
  const third = after([...day, ...day, ...day]);
  assert.equal(third.rhythm.limitMs(), 42 * HOUR);
  assert.equal(third.rhythm.sure(third.endMs), false, "the weekend is still to come");
  const second = after(Array(9).fill(day).flat());
  assert.equal(second.rhythm.sure(second.endMs), true);
});

Deno.test("Rhythm is not stretched by one bad afternoon, and follows a sensor that was set slower", () => {
  const calm = times(1440, () => MINUTE);
  const bad = after([...calm, ...calm, ...calm, 100 * MINUTE, ...calm, ...calm]);
  assert.equal(bad.rhythm.limitMs(), 3 * MINUTE);
  const slower = after([...calm, ...calm, ...calm, 5 * MINUTE, 5 * MINUTE]);
  assert.equal(slower.rhythm.limitMs(), 15 * MINUTE);
});

Deno.test("Rhythm of a sensor that reports on change but at least hourly is known after some days", () => {
  const noise = (i: number) => (Math.imul(i + 7, 2654435761) >>> 0) / 2 ** 32;
  const gaps = times(600, (i) => i % 3 === 0 ? HOUR : 10 * S + 20 * MINUTE * noise(i) ** 3);
  const { rhythm, endMs } = after(gaps);
  assert.ok(Math.abs(rhythm.limitMs()! - 3 * HOUR) < MINUTE, String(rhythm.limitMs()));
  assert.equal(rhythm.sure(endMs), true);
});

Deno.test("Rhythm learns nothing from a time in which nobody listened, nor from a clock that was set", () => {
  const { rhythm, endMs } = after(times(300, () => MINUTE));
  rhythm.take(endMs + HOUR, endMs + HOUR, endMs + HOUR);
  rhythm.take(endMs + 20_000 * DAY, endMs + HOUR + MINUTE, endMs + HOUR);
  rhythm.take(endMs + HOUR, endMs + HOUR + 2 * MINUTE, endMs + HOUR);
  assert.equal(rhythm.limitMs(), 3 * MINUTE);
});

Deno.test("Rhythm is the same after save and load, in less than a kilobyte", () => {
  const { rhythm } = after(times(3000, (i) => MINUTE * (1 + i % 3)));
  const writer = new StateWriter("test", 1);
  rhythm.save(writer);
  const bytes = writer.done();
  assert.ok(bytes.length < 1024, String(bytes.length));
  const again = new Rhythm();
  again.load(new StateReader(bytes, "test", 1));
  assert.equal(again.limitMs(), rhythm.limitMs());
});
