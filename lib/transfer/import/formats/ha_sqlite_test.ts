import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { readAll } from "../../../../tests/support/import_reading.ts";
import { headOf } from "../bytes_source.ts";
import type { ImportSource } from "../format.ts";
import { haSqlite } from "./ha_sqlite.ts";

const TABLES = `
CREATE TABLE states_meta(metadata_id INTEGER PRIMARY KEY, entity_id TEXT);
CREATE TABLE state_attributes(attributes_id INTEGER PRIMARY KEY, shared_attrs TEXT);
CREATE TABLE states(state_id INTEGER PRIMARY KEY, entity_id TEXT, state TEXT, last_updated DATETIME, last_updated_ts REAL,
  last_changed_ts REAL, metadata_id INTEGER, attributes_id INTEGER, old_state_id INTEGER);
CREATE TABLE statistics_meta(id INTEGER PRIMARY KEY, statistic_id TEXT, source TEXT, unit_of_measurement TEXT,
  has_mean INTEGER, has_sum INTEGER, name TEXT, mean_type INTEGER);
CREATE TABLE statistics(id INTEGER PRIMARY KEY, metadata_id INTEGER, start_ts REAL, mean REAL, min REAL, max REAL,
  last_reset_ts REAL, state REAL, sum REAL);
CREATE TABLE schema_changes(change_id INTEGER PRIMARY KEY, schema_version INTEGER);
INSERT INTO schema_changes VALUES(1, 48);`;
const SAMPLE = `
INSERT INTO states_meta VALUES(1,'sensor.loft_temperature');
INSERT INTO states(state_id,state,last_updated_ts,last_changed_ts,metadata_id) VALUES(1,'20.3',1769904000.25,NULL,1),(2,'unavailable',1769904612.4,NULL,1);
INSERT INTO statistics_meta(id,statistic_id,source,unit_of_measurement,has_mean,has_sum) VALUES(1,'sensor.loft_temperature','recorder','°C',1,0);
INSERT INTO statistics(id,metadata_id,start_ts,mean,min,max) VALUES(1,1,1769904000.0,20.4,20.1,20.9);`;

/** A database in a folder of its own, open while it is used. */
async function withDatabase<T>(
  sql: string,
  use: (source: ImportSource, db: DatabaseSync) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/home-assistant_v2.db`;
  const db = new DatabaseSync(path);
  try {
    db.exec(`PRAGMA synchronous = OFF; ${sql}`);
    return await use(
      { path, name: "home-assistant_v2.db", bytes: (await Deno.stat(path)).size },
      db,
    );
  } finally {
    db.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const read = (sql: string) => withDatabase(sql, (source) => readAll(haSqlite, source));

Deno.test("states become readings, hourly statistics hours", async () => {
  const file = await read(TABLES + SAMPLE);
  assert.deepEqual(file.readings, ["sensor.loft_temperature @ 2026-02-01T00:00:00.250Z = 20.3 °C"]);
  assert.deepEqual(file.hours, [
    "sensor.loft_temperature @ 2026-02-01T00:00:00Z = 20.1 20.4 20.9 °C",
  ]);
  assert.deepEqual([file.read, file.empty, file.rejected], [3, 1, []]);
});

Deno.test("units come from the attributes; a change of unit is two parts", async () => {
  const file = await read(`${TABLES}
    INSERT INTO states_meta VALUES(1,'sensor.loft_temperature'),(2,'switch.pump');
    INSERT INTO state_attributes VALUES(1,'{"unit_of_measurement":"°F"}'),(2,'{"unit_of_measurement":"°C"}'),(3,'{broken');
    INSERT INTO states(state_id,state,last_updated_ts,metadata_id,attributes_id) VALUES
      (1,'68',1769904000,1,1),(2,'20.5',1769904060.4,1,2),(3,'on',1769904060,2,3),(4,'x',12,2,NULL),(5,'9',1769904060,NULL,NULL);`);
  assert.deepEqual(file.readings, [
    "sensor.loft_temperature @ 2026-02-01T00:00:00Z = 68 °F",
    "sensor.loft_temperature @ 2026-02-01T00:01:00.400Z = 20.5 °C",
    "switch.pump @ 2026-02-01T00:01:00Z = 1",
  ]);
  assert.deepEqual(file.rejected, [
    "4: the time is in the year 1970; times from 2000 to 2099 are taken",
    "5: the row names no entity",
  ]);
});

Deno.test("a state whose attributes are gone has the unit of its statistics", async () => {
  const file = await read(`${TABLES}
    INSERT INTO states_meta VALUES(1,'sensor.boiler_x');
    INSERT INTO statistics_meta(id,statistic_id,unit_of_measurement) VALUES(1,'sensor.boiler_x','bar');
    INSERT INTO states(state_id,state,last_updated_ts,metadata_id) VALUES(1,'2',1769904000,1);`);
  assert.deepEqual(file.readings, ["sensor.boiler_x @ 2026-02-01T00:00:00Z = 2 bar"]);
});

Deno.test("a meter's hours are its readings, a direction has a mean alone", async () => {
  const file = await read(`${TABLES}
    INSERT INTO statistics_meta(id,statistic_id,source,unit_of_measurement,has_sum,mean_type) VALUES
      (1,'sensor.energy_total','recorder','kWh',1,0),(2,'sensor.wind_direction','recorder','°',0,2);
    INSERT INTO statistics(id,metadata_id,start_ts,mean,state,sum) VALUES
      (1,1,1769904000,NULL,1200.5,3),(2,2,1769904000,350,NULL,NULL),(3,1,1769907600,NULL,NULL,NULL),(4,1,1769904300,NULL,1,1);`);
  assert.deepEqual(file.hours, [
    "sensor.energy_total @ 2026-02-01T00:00:00Z = 1200.5 1200.5 1200.5 kWh",
    "sensor.wind_direction @ 2026-02-01T00:00:00Z = 350 350 350 °",
  ]);
  assert.deepEqual([file.empty, file.rejected.length], [1, 1]);
});

Deno.test("older schemas: names, times and attributes stand with the states", async () => {
  const file = await read(`
    CREATE TABLE recorder_runs(run_id INTEGER PRIMARY KEY);
    CREATE TABLE states(state_id INTEGER PRIMARY KEY, domain TEXT, entity_id TEXT, state TEXT, attributes TEXT,
      last_changed DATETIME, last_updated DATETIME);
    INSERT INTO states VALUES(7,'sensor','sensor.oven_heat','180.5','{"unit_of_measurement":"°C"}',
      '2026-02-01 00:00:00.250000','2026-02-01 00:00:00.250000');
    CREATE TABLE statistics_meta(id INTEGER PRIMARY KEY, statistic_id TEXT, unit_of_measurement TEXT);
    CREATE TABLE statistics(id INTEGER PRIMARY KEY, metadata_id INTEGER, start DATETIME, mean FLOAT, min FLOAT, max FLOAT);
    INSERT INTO statistics_meta VALUES(1,'sensor.oven_heat','°C');
    INSERT INTO statistics VALUES(1,1,'2026-01-01 05:00:00.000000',170,160,180);`);
  assert.deepEqual(file.readings, ["sensor.oven_heat @ 2026-02-01T00:00:00.250Z = 180.5 °C"]);
  assert.deepEqual(file.hours, ["sensor.oven_heat @ 2026-01-01T05:00:00Z = 160 170 180 °C"]);
});

Deno.test("a large database comes in segments that continue after their last row", async () => {
  const sql = `${TABLES}
    INSERT INTO states_meta VALUES(1,'sensor.a_b');
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)
    INSERT INTO states(state_id,state,last_updated_ts,metadata_id) SELECT i * 3, i, 1769904000 + i, 1 FROM n;
    INSERT INTO statistics_meta(id,statistic_id) VALUES(1,'sensor.a_b');
    INSERT INTO statistics(id,metadata_id,start_ts,mean) VALUES(1,1,1769904000,4);`;
  const file = await withDatabase(sql, (source) => readAll(haSqlite, source, {}, 100));
  assert.deepEqual(file.segments.map(({ read, next }) => [read, next]), [
    [100, "states:300"],
    [100, "states:600"],
    [50, "states:750"],
    [1, "statistics:1"],
  ]);
  assert.equal(file.segments.at(-1)!.share, 1);
});

Deno.test("a live database is refused with what to do, and not touched", async () => {
  await withDatabase(`PRAGMA journal_mode = WAL; ${TABLES}`, async (source, db) => {
    db.exec("PRAGMA wal_checkpoint(TRUNCATE); BEGIN EXCLUSIVE;" + SAMPLE);
    // Nothing is beside it yet but the lock: what is in the file is read.
    assert.match((await haSqlite.inspect(source, {})).notes.join(), /lags behind/);
    db.exec("COMMIT");
    const before = await Deno.readFile(source.path);
    await assert.rejects(
      readAll(haSqlite, source),
      /in use.*home-assistant_v2.db-wal.*\.backup copy\.db/,
    );
    assert.deepEqual(await Deno.readFile(source.path), before);
  });
});

Deno.test("what is not Home Assistant's, and what is damaged, is named", async () => {
  await withDatabase("CREATE TABLE invoices(id); CREATE TABLE states(id);", async (source) => {
    assert.equal(haSqlite.detect(await headOf(source), source), 0.6);
    await assert.rejects(
      haSqlite.inspect(source, {}),
      /not Home Assistant's: its tables are "invoices", "states"/,
    );
  });
  await withDatabase(TABLES + SAMPLE, async (source) => {
    assert.equal(haSqlite.detect(await headOf(source), source), 1);
    const bytes = await Deno.readFile(source.path);
    await Deno.writeFile(source.path, bytes.fill(7, 4096));
    await assert.rejects(readAll(haSqlite, source), /cannot be read.*malformed/);
    await Deno.writeTextFile(source.path, "entity_id,state");
    await assert.rejects(readAll(haSqlite, source), /no SQLite database/);
  });
});

Deno.test("the preview shows states and statistics", async () => {
  await withDatabase(TABLES + SAMPLE, async (source) => {
    const { rows, series, notes } = await haSqlite.inspect(source, {});
    assert.deepEqual(rows.map(({ suggested, value }) => [suggested, value]), [
      ["loft/temperature", 20.4],
      ["loft/temperature", 20.3],
    ]);
    assert.equal(series.length, 1);
    assert.match(notes.join(" "), /schema 48/);
  });
});

Deno.test("the preview lists every entity, by a late state of each", async () => {
  const sql = `${TABLES} CREATE INDEX i ON states(metadata_id, last_updated_ts);
    INSERT INTO states_meta VALUES(1,'sensor.a_b'),(2,'sensor.late_heat'),(3,'sensor.gone_x');
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
    INSERT INTO states(state,last_updated_ts,metadata_id) SELECT i, 1769904000 + i, 1 FROM n;
    INSERT INTO states(state,last_updated_ts,metadata_id) VALUES('7',1769990000,2),('unknown',1769990001,2),('unavailable',1769990001,3);`;
  await withDatabase(sql, async (source) => {
    const { series } = await haSqlite.inspect(source, {});
    assert.deepEqual(series.map(({ key, kind }) => `${key} ${kind}`), [
      "sensor.a_b number",
      "sensor.late_heat number",
    ]);
  });
});
