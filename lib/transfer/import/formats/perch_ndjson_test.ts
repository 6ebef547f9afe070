import assert from "node:assert/strict";
import { readText, withFile } from "../../../../tests/support/import_reading.ts";
import { perchNdjson } from "./perch_ndjson.ts";

const T = 1_769_904_000_000;
const HEAD = { perch: { site: "x9", name: "Plant 1" }, layout: "long" };
const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row) + "\n").join("");

Deno.test("an export of Perch: readings, switches, texts and hours; what is none is named with its line", async () => {
  const file = await readText(
    perchNdjson,
    lines(
      HEAD,
      { sensor: "hall/press/temperature", unit: "°C", ts: T, value: 41.5 },
      {
        sensor: "hall/press/temperature",
        unit: "°C",
        ts: T,
        value: 41,
        min: 40,
        max: 42,
        n: 9,
        note: "mean_of_hour",
      },
      {
        sensor: "hall/press/temperature",
        unit: "°C",
        ts: T + 60_000,
        value: 41,
        min: 40,
        max: 42,
        n: 9,
        note: "mean_of_minute",
      },
      { sensor: "hall/gate", kind: "binary", ts: T, value: 1 },
      { sensor: "hall/state", ts: T, value: "running" },
      { sensor: "hall/state", ts: T, value: null },
      { sensor: "", ts: T, value: 1 },
      { sensor: "hall/state", ts: 0, value: 1 },
      { sensor: "hall/state", ts: T, value: [] },
    ) + "{\n",
  );
  assert.deepEqual(file.readings, [
    "hall/press/temperature @ 2026-02-01T00:00:00Z = 41.5 °C",
    "hall/press/temperature @ 2026-02-01T00:01:00Z = 41 °C",
    "hall/gate @ 2026-02-01T00:00:00Z = 1",
    'hall/state @ 2026-02-01T00:00:00Z = "running"',
  ]);
  assert.deepEqual(file.hours, ["hall/press/temperature @ 2026-02-01T00:00:00Z = 40 41 42 °C"]);
  assert.deepEqual([file.read, file.empty], [10, 1]);
  assert.deepEqual(file.rejected.map((one) => one.split(":")[0]), ["8", "9", "10", "11"]);
});

Deno.test("an export of Perch with steps of an hour has hours; a table and a document are refused with a hint", async () => {
  const row = { sensor: "hall/a", ts: T, value: 2, min: 1, max: 3, n: 4, note: "mean" };
  const hourly = await readText(perchNdjson, lines({ ...HEAD, step: "1h" }, row));
  assert.deepEqual([hourly.hours.length, hourly.readings.length], [1, 0]);
  const notes = await withFile(
    lines({ ...HEAD, step: "15m" }, row),
    async (source) => (await perchNdjson.inspect(source, {})).notes,
  );
  assert.match(notes.join(" "), /from "Plant 1".*means of 15m/);
  const site = JSON.stringify(HEAD.perch);
  for (const text of [lines({ ...HEAD, layout: "wide" }), `{"perch":${site},\n"series":[]}\n`]) {
    assert.equal(perchNdjson.detect(new TextEncoder().encode(text), {} as never), 1);
    await assert.rejects(
      withFile(text, (source) => perchNdjson.inspect(source, {})),
      /no list of readings: export it as NDJSON/,
    );
  }
});
