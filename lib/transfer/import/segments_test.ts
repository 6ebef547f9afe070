import assert from "node:assert/strict";
import { withFile } from "../../../tests/support/import_reading.ts";
import { haHistoryCsv } from "./formats/ha_history_csv.ts";

Deno.test("20 MB are read bit by bit: no segment holds more than its bound", async () => {
  const row = "sensor.hall_1_temperature,20.5,2026-02-01T00:00:00.000Z\n";
  const rows = Math.ceil(20e6 / row.length);
  const content = new TextEncoder().encode("entity_id,state,last_changed\n" + row.repeat(rows));
  await withFile(content, async (source) => {
    let read = 0, largest = 0;
    for await (const segment of haHistoryCsv.read(source, {}, null, new AbortController().signal)) {
      read += segment.read;
      largest = Math.max(largest, segment.read);
      assert.equal(segment.rejectedCount, 0);
    }
    assert.equal(read, rows);
    assert.ok(largest > 100_000 && largest < 210_000, `${largest} rows in one segment`);
  });
});
