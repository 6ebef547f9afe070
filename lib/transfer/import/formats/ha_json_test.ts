import assert from "node:assert/strict";
import { readText, withFile } from "../../../../tests/support/import_reading.ts";
import { haHistoryJson } from "./ha_history_json.ts";
import { haStatisticsJson } from "./ha_statistics_json.ts";

const STATISTICS =
  '{"sensor.loft_temperature":[{"start":1769904000000,"end":1769907600000,"mean":20.4,"min":20.1,"max":20.9}]}';
const HISTORY =
  '[[{"entity_id":"sensor.loft_temperature","state":"20.3","last_changed":"2026-02-01T00:00:00+00:00","attributes":{"unit_of_measurement":"°C"}},{"state":"20.5","last_changed":"2026-02-01T00:12:40.002000+00:00"}]]';

Deno.test("statistics of the WebSocket become hours, with or without what is around them", async () => {
  const wrapped = `{"id":4,"type":"result","success":true,"result":${STATISTICS}}`;
  for (const content of [STATISTICS, wrapped]) {
    const file = await readText(haStatisticsJson, content);
    assert.deepEqual(file.hours, [
      "sensor.loft_temperature @ 2026-02-01T00:00:00Z = 20.1 20.4 20.9 °C",
    ]);
    assert.deepEqual([file.read, file.readings, file.rejected], [1, [], []]);
  }
});

Deno.test("what is no hour is named; a meter has its reading", async () => {
  const hour = (more: object) => ({ start: 1769904000000, end: 1769907600000, ...more });
  const file = await readText(
    haStatisticsJson,
    JSON.stringify({
      "sensor.energy_kwh": [hour({ state: 12.5, sum: 2 }), hour({ mean: null })],
      "sensor.old": [
        { start: "2026-02-01T00:00:00+00:00", end: "2026-02-01T01:00:00+00:00", mean: 1 },
        { start: 1769904000000, end: 1769904300000, mean: 1 },
        { start: 1769904060000, mean: 1 },
        { mean: 1 },
      ],
    }),
  );
  assert.deepEqual(file.hours, [
    "sensor.energy_kwh @ 2026-02-01T00:00:00Z = 12.5 12.5 12.5 kWh",
    "sensor.old @ 2026-02-01T00:00:00Z = 1 1 1",
  ]);
  assert.equal(file.empty, 1);
  assert.deepEqual(file.rejected.map((one) => one.slice(0, 30)), [
    "4: the element covers 5 minute",
    "5: 2026-02-01T00:01:00.000Z is",
    "6: there is no time",
  ]);
});

Deno.test("history of the REST interface: only the first state of a list names its entity", async () => {
  const file = await readText(haHistoryJson, HISTORY);
  assert.deepEqual(file.readings, [
    "sensor.loft_temperature @ 2026-02-01T00:00:00Z = 20.3 °C",
    "sensor.loft_temperature @ 2026-02-01T00:12:40.002Z = 20.5 °C",
  ]);
  const two = await readText(
    haHistoryJson,
    `[${HISTORY.slice(1, -1)},[{"state":"7","last_changed":"2026-02-01T00:00:00+00:00"}],[]]`,
  );
  assert.deepEqual(two.rejected, ["3: the list names no entity"]);
});

Deno.test("the compact form of the WebSocket", async () => {
  const wrapped = await readText(
    haHistoryJson,
    '{"id":3,"type":"result","success":true,"result":{"sensor.a_b":[{"s":"20.3","a":{},"lu":1769904000.25}]}}',
  );
  assert.deepEqual(wrapped.readings, ["sensor.a_b @ 2026-02-01T00:00:00.250Z = 20.3"]);
  const file = await readText(
    haHistoryJson,
    '{"sensor.loft_temperature":[{"s":"20.3","a":{"unit_of_measurement":"°F"},"lu":1769904000.25},' +
      '{"s":"unavailable","lu":1769904010.4},{"s":"20.4","lu":1769904020.5,"lc":1769904020.4},{"s":"1"}],' +
      '"binary_sensor.gate":[{"s":"on","a":{},"lu":1769904000}]}',
  );
  assert.deepEqual(file.readings, [
    "sensor.loft_temperature @ 2026-02-01T00:00:00.250Z = 20.3 °F",
    "sensor.loft_temperature @ 2026-02-01T00:00:20.400Z = 20.4 °F",
    "binary_sensor.gate @ 2026-02-01T00:00:00Z = 1",
  ]);
  assert.deepEqual([file.empty, file.rejected], [1, ["4: there is no time"]]);
});

Deno.test("a document that goes on after a cut knows the entity, and one that breaks off is named", async () => {
  const rows = Array.from(
    { length: 250 },
    (_, i) => `{"state":"${i}","last_changed":"2026-02-01T00:00:00+00:00"}`,
  );
  const whole = `${HISTORY.slice(0, -2)},${rows.join(",")}]]`;
  const file = await readText(haHistoryJson, whole, {}, 100);
  assert.equal(file.segments.length, 3);
  assert.match(file.readings.at(-1)!, /^sensor.loft_temperature @ .* = 249 °C/);
  const broken = withFile(HISTORY.slice(0, -20), async (source) => {
    const segments = haHistoryJson.read(source, {}, null, new AbortController().signal);
    // What stands before the damage is given first.
    assert.equal((await segments.next()).value.parts[0].value[0], 20.3);
    await segments.next();
  });
  await assert.rejects(broken, /after its element 1: the file breaks off/);
  await assert.rejects(
    readText(haHistoryJson, HISTORY.replace('20.5"', "20.5'")),
    /damaged after its element 1/,
  );
  const deep = "[[" + "[".repeat(300_000);
  await assert.rejects(readText(haHistoryJson, deep), /element 0: the next is larger than 256 kB/);
});
