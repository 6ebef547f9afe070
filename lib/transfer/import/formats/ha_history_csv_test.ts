import assert from "node:assert/strict";
import { readText, withFile } from "../../../../tests/support/import_reading.ts";
import { haHistoryCsv } from "./ha_history_csv.ts";

const SAMPLE = `entity_id,state,last_changed
sensor.loft_temperature,20.3,2026-02-01T00:00:00.000Z
sensor.loft_temperature,unavailable,2026-02-01T00:10:12.431Z
sensor.loft_temperature,20.5,2026-02-01T00:12:40.002Z
binary_sensor.gate,on,2026-02-01T00:15:00.000Z
`;

Deno.test("the history page's CSV: changes of numbers and switches, gaps are counted", async () => {
  const file = await readText(haHistoryCsv, SAMPLE);
  assert.deepEqual(file.readings, [
    "sensor.loft_temperature @ 2026-02-01T00:00:00Z = 20.3 °C",
    "sensor.loft_temperature @ 2026-02-01T00:12:40.002Z = 20.5 °C",
    "binary_sensor.gate @ 2026-02-01T00:15:00Z = 1",
  ]);
  assert.deepEqual([file.read, file.empty, file.rejected], [4, 1, []]);
  assert.deepEqual(file.suggested, {
    "sensor.loft_temperature": "loft/temperature",
    "binary_sensor.gate": "home/gate",
  });
});

Deno.test("lines that are none are named; texts of a state are kept", async () => {
  const file = await readText(
    haHistoryCsv,
    "entity_id,state,last_changed\r\n" +
      'sensor.washer,"rinse, hold",2026-02-01T00:00:00.000Z\r\n' +
      "sensor.a_b,1\r\nloft,1,2026-02-01T00:00:00.000Z\r\nsensor.a_b,1,1970-01-01T00:00:00.000Z\r\n" +
      "sensor.a_b,7,2026-02-01T00:00:00.000Z",
  );
  assert.deepEqual(file.readings, [
    'sensor.washer @ 2026-02-01T00:00:00Z = "rinse, hold"',
    "sensor.a_b @ 2026-02-01T00:00:00Z = 7",
  ]);
  assert.deepEqual(file.rejected.map((line) => line.slice(0, 30)), [
    "3: the line has 2 cells, not 3",
    '4: "loft" is no entity, as sen',
    '5: the time "1970-01-01T00:00:',
  ]);
});

Deno.test("hourly means that Home Assistant kept instead of states are pointed out", async () => {
  const hours = [0, 1, 2].map((hour) => `sensor.a_b,20,2026-01-01T0${hour}:00:00.000Z\n`).join("");
  const { notes } = await withFile(
    `entity_id,state,last_changed\n${hours}`,
    (source) => haHistoryCsv.inspect(source, {}),
  );
  assert.match(notes.join(" "), /changes only.* 3 of the first 3 rows lie on full hours/);
});
