import assert from "node:assert/strict";
import { type FileDriver, openFileDriver } from "./file_driver.ts";

async function withDriver(work: (driver: FileDriver) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "perch-driver-" });
  const path = `${folder}/perch.db`;
  const driver = await openFileDriver({ path, busyMs: 100, again: [] });
  try {
    driver.execute({ sql: "PRAGMA journal_mode=WAL" });
    driver.execute({ sql: "CREATE TABLE t (a INTEGER PRIMARY KEY, b)" });
    work(driver);
  } finally {
    driver.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const insert = (a: number | null, b: string | number | bigint | Uint8Array | null) => ({
  sql: "INSERT INTO t VALUES (?, ?)",
  args: [a, b],
});
const FROM = "SELECT a FROM t WHERE a >= ? ORDER BY a";

Deno.test("a statement gives the same answers however often, whatever it gave before", () =>
  withDriver((driver) => {
    const from = (a: number, one = false) =>
      driver.execute({ sql: FROM, args: [a], one }).rows.map(([value]) => value);
    driver.transaction([insert(1, "x"), insert(2, "y"), insert(3, "z")]);
    const asked = [9, 1, 9, 9, 2, 1, 9, 3, 3];
    for (const a of asked) assert.deepEqual(from(a), [1, 2, 3].filter((one) => one >= a));
    for (const a of asked) assert.deepEqual(from(a, true), a > 3 ? [] : [a]);
    for (const a of asked) assert.deepEqual(from(a), [1, 2, 3].filter((one) => one >= a));
  }));

Deno.test("a statement that failed can be run again", () =>
  withDriver((driver) => {
    const broken = /SQLITE_CONSTRAINT: UNIQUE constraint failed: t\.a$/;
    driver.transaction([insert(1, "x")]);
    for (let i = 2; i < 5; i++) {
      assert.throws(() => driver.transaction([insert(i, "y"), insert(1, "y")]), broken);
      driver.transaction([insert(i, "z")]);
    }
    const { rows } = driver.execute({ sql: "SELECT b FROM t ORDER BY a" });
    assert.deepEqual(rows, [["x"], ["z"], ["z"], ["z"]]);
    const sql = "SELECT CASE WHEN ? THEN abs(-9223372036854775808) ELSE 5 END";
    for (const one of [true, false]) {
      for (const fails of [0, 1, 0, 1, 1, 0]) {
        const run = () => driver.execute({ sql, args: [fails], one }).rows;
        if (fails === 0) assert.deepEqual(run(), [[5]]);
        else assert.throws(run, /SQLITE_ERROR: integer overflow/);
      }
    }
  }));

Deno.test("what writes and gives rows is run once, also after it gave none", () =>
  withDriver((driver) => {
    const sql = "INSERT INTO t SELECT ?, 'x' WHERE ? RETURNING a";
    for (const [a, does] of [[1, 0], [1, 1], [2, 1], [3, 0], [3, 1]]) {
      const { columns, rows } = driver.execute({ sql, args: [a, does] });
      assert.deepEqual(columns, ["a"]);
      assert.deepEqual(rows, does ? [[a]] : []);
    }
    assert.deepEqual(driver.execute({ sql: "SELECT count(*) FROM t" }).rows, [[3]]);
  }));

Deno.test("values come back as they were; what is no number or no safe one is refused", () =>
  withDriver((driver) => {
    const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    const values = [null, 1.5, "text", bytes, -(2 ** 53 - 1), 2 ** 53 - 1];
    for (const value of values) driver.execute(insert(null, value));
    const { rows } = driver.execute({ sql: "SELECT b FROM t ORDER BY a" });
    assert.deepEqual(rows.flat(), values);
    for (const value of [NaN, Infinity]) {
      assert.throws(() => driver.execute(insert(null, value)), /only finite numbers/);
    }
    driver.execute(insert(99, 2n ** 60n));
    const sql = "SELECT b FROM t WHERE a = 99";
    assert.throws(() => driver.execute({ sql }), /too large for a number/);
  }));

Deno.test("columns are known by their new names when a table was changed", () =>
  withDriver((driver) => {
    const columns = () => driver.execute({ sql: "SELECT * FROM t" }).columns;
    assert.deepEqual(columns(), ["a", "b"]);
    driver.execute({ sql: "ALTER TABLE t ADD COLUMN c" });
    assert.deepEqual(columns(), ["a", "b", "c"]);
    driver.execute({ sql: "ALTER TABLE t RENAME COLUMN c TO d" });
    assert.deepEqual(columns(), ["a", "b", "d"]);
  }));

Deno.test("a transaction that another program keeps out, or that fails, leaves nothing begun", async () => {
  const folder = await Deno.makeTempDir({ prefix: "perch-driver-" });
  const open = () => openFileDriver({ path: `${folder}/perch.db`, busyMs: 50, again: [] });
  const [driver, other] = [await open(), await open()];
  try {
    driver.execute({ sql: "PRAGMA journal_mode=WAL" });
    driver.execute({ sql: "CREATE TABLE t (a INTEGER PRIMARY KEY, b)" });
    other.execute({ sql: "BEGIN IMMEDIATE" });
    for (let i = 0; i < 3; i++) {
      assert.throws(() => driver.transaction([insert(1, "x")]), /SQLITE_BUSY: database is locked/);
    }
    other.execute({ sql: "COMMIT" });
    driver.transaction([insert(1, "x")]);
    assert.throws(() => driver.transaction([insert(2, "y"), { sql: "nonsense" }]), /syntax error/);
    other.transaction([insert(2, "y")]);
    // No read is left open that would be in the way of it.
    const { rows } = other.execute({ sql: "PRAGMA wal_checkpoint(TRUNCATE)" });
    assert.deepEqual(rows, [[0, 0, 0]]);
    assert.deepEqual(driver.execute({ sql: "SELECT count(*) FROM t" }).rows, [[2]]);
  } finally {
    driver.close();
    other.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("more statements than are kept give right answers", () =>
  withDriver((driver) => {
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 400; i++) {
        assert.deepEqual(driver.execute({ sql: `SELECT ${i} + ?`, args: [round] }).rows, [[
          i + round,
        ]]);
      }
    }
  }));
