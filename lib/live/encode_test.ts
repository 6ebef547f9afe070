import assert from "node:assert/strict";
import { directoryOf, groupOf } from "../../tests/support/directory.ts";
import { createReadingEncoder } from "./encode.ts";
import { TextBytes } from "./text_bytes.ts";

/** Numbers of all kinds, always the same ones. */
function* numbers(): Generator<number> {
  yield* [0, -0, 1, -1, 0.1, 0.3, 0.1 + 0.2, 1e-7, 5e-324, 1e21, 1.5e300, 2 ** 31, -(2 ** 31)];
  yield* [2 ** 31 - 1, 214748364.7, 214748364.8, 1e5, 123456.7891, 20.5, -0.05, 0.0001, 0.00001];
  yield* [NaN, Infinity, -Infinity, 4.35, 1.005, 2 ** 53, 99999999.995, 1e16, -100, 1e-6, 12e-5];
  let state = 7;
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  for (let i = 0; i < 20_000; i++) {
    const size = 10 ** Math.floor(random() * 12 - 3), x = (random() - 0.5) * size;
    yield x;
    yield Number(x.toFixed(Math.floor(random() * 6)));
  }
}

Deno.test("numbers are written as String writes them", () => {
  const all = Float64Array.from(numbers()), out = new TextBytes();
  out.begin();
  for (let i = 0; i < all.length; i++) {
    out.number(all, i);
    out.byte(10);
  }
  const written = new TextDecoder().decode(out.done()).split("\n");
  all.forEach((x, i) => assert.equal(written[i], String(x)));
});

Deno.test("times are written as String writes them, again and again and beyond their usual length", () => {
  const times = Float64Array.of(
    ...[1700000000000, 1700000000000, 1700000000001, 1, 1, 0, -1, 999999999999, 1e12],
    ...[9999999999999, 1e13, 8.64e15, 1700000999999, 1e12, 1e12, 1700000000000.5],
  );
  const out = new TextBytes();
  for (let twice = 0; twice < 2; twice++) {
    out.begin();
    for (let i = 0; i < times.length; i++) {
      out.time(times, i);
      out.byte(10);
    }
    const text = new TextDecoder().decode(out.done());
    assert.deepEqual(text.split("\n").slice(0, -1), Array.from(times, String));
  }
});

Deno.test("a group of any size is the JSON that it should be, with names as they are now", () => {
  const sensors = directoryOf([
    { name: 'ö/m1/"temp"' },
    { name: "a/m2/mode", kind: "text", states: ["läuft", "steht"] },
  ]);
  const readings = Array.from({ length: 3_000 }, (_, i) => ({
    sensor: i % 3 === 0 ? "a/m2/mode" : 'ö/m1/"temp"',
    tMs: 1_700_000_000_000 + Math.floor(i / 2),
    value: i % 3 === 0 ? i % 2 : i / 100,
  }));
  const group = groupOf(sensors, readings);
  const encode = createReadingEncoder(sensors);
  const shown = (only: (name: string) => boolean) =>
    readings.filter(({ sensor }) => only(sensor)).map(({ sensor, tMs, value }) => ({
      sensor: sensors.find(sensor)!.name,
      ts: tMs,
      value: sensor === "a/m2/mode" ? ["läuft", "steht"][value] : value,
    }));
  const text = (bytes: Uint8Array | null) =>
    bytes === null ? null : new TextDecoder().decode(bytes);
  const all = (only: (name: string) => boolean) =>
    `data: ${JSON.stringify({ readings: shown(only) })}\n\n`;
  assert.equal(text(encode(group, null, "data: ", "\n\n")), all(() => true));
  const modes = (_num: number, name: string) => name.startsWith("a/m2/");
  assert.equal(text(encode(group, modes, "data: ", "\n\n")), all((name) => name === "a/m2/mode"));
  assert.equal(encode(group, () => false, "data: ", "\n\n"), null);
  const renamed = sensors.find("a/m2/mode")!;
  renamed.name = "a/m3/mode";
  const [first] = JSON.parse(text(encode(group, null, "", ""))!).readings;
  assert.deepEqual(first, { sensor: "a/m3/mode", ts: 1_700_000_000_000, value: "läuft" });
});
