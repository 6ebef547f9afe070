import assert from "node:assert/strict";
import { silentLog } from "../../lib/base/log.ts";
import { openStorage, type Storage } from "../../lib/app/storage.ts";
import { ROOT } from "../support/perch.ts";

async function withStorage(
  work: (open: () => Promise<Storage>, url: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "perch-storage-" });
  try {
    const url = `file:${dir}/perch.db`;
    await work(() => openStorage({ url, log: silentLog() }), url);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const newSensor = {
  sql: "insert into sensors(num, id, name, machine, sensor, kind, review, created_ms) " +
    "values (?,?,?,?,?,?,?,?)",
  args: [1, "abc", "hall/press/temp", "hall/press", "temp", "number", "new", 0],
};

function oneReading(tMs: number, value: number) {
  return {
    n: 1,
    sensor: Uint32Array.of(1),
    tMs: Float64Array.of(tMs),
    value: Float64Array.of(value),
    flags: Uint8Array.of(0),
    seq: null,
    packets: [],
  };
}

Deno.test("openStorage keeps readings and what was written with them over a restart", async () => {
  await withStorage(async (open) => {
    const tMs = Date.UTC(2026, 0, 1);
    let storage = await open();
    assert.deepEqual(storage.applied.slice(0, 1), ["0001_readings.sql"]);
    const { duplicate } = await storage.readings.append(oneReading(tMs, 21.5), [newSensor]);
    assert.equal(duplicate, null);
    await storage.close();

    storage = await open();
    assert.deepEqual(storage.applied, []);
    assert.deepEqual(await storage.readings.lastValues(), [{ sensor: 1, tMs, value: 21.5 }]);
    const again = await storage.readings.append(oneReading(tMs, 21.5), []);
    assert.deepEqual([...again.duplicate!], [1]);
    const { rows } = await storage.db.query({ sql: "select name from sensors where num = 1" });
    assert.equal(rows[0][0], "hall/press/temp");
    await storage.close();
  });
});

Deno.test("openStorage stores nothing of a group when a statement beside it fails", async () => {
  await withStorage(async (open) => {
    const storage = await open();
    const tMs = Date.UTC(2026, 0, 1);
    await storage.readings.append(oneReading(tMs, 1), [newSensor]);
    await assert.rejects(
      storage.readings.append(oneReading(tMs + 1, 2), [newSensor]),
      { code: "conflict" },
    );
    assert.equal((await storage.readings.stats()).readings, 1);
    await storage.readings.append(oneReading(tMs + 1, 2), []);
    assert.equal((await storage.readings.stats()).readings, 2);
    await storage.close();
  });
});

Deno.test("another program that opens the database and closes it takes nothing away, at the first start as later", async () => {
  await withStorage(async (open, url) => {
    // The last to close a database brings its log in and removes it: SQLite tells by locks who is the last.
    const visit = `
      import { createClient } from "@libsql/client/sqlite3";
      const client = createClient({ url: ${JSON.stringify(url)}, concurrency: 1 });
      await client.batch(["create table if not exists visits (at int)"], "write");
      client.close();`;
    for (const start of ["first", "second"]) {
      const storage = await open();
      await storage.readings.append(
        oneReading(Date.now(), 1),
        start === "first" ? [newSensor] : [],
      );
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--config", `${ROOT}deno.json`, visit],
        stdin: "null",
        stderr: "piped",
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      assert.ok(Deno.statSync(`${url.slice("file:".length)}-wal`).isFile, start);
      await storage.readings.append(oneReading(Date.now() + 1, 2), []);
      await storage.close();
    }
  });
});

Deno.test("openStorage refuses a database that a newer Perch wrote", async () => {
  await withStorage(async (open) => {
    const storage = await open();
    await storage.db.write([{
      sql: "insert into migrations(name, hash, applied_ms) values ('9999_future.sql', 'x', 0)",
    }]);
    await storage.close();
    await assert.rejects(open(), { code: "conflict", message: /newer Perch.*9999_future/ });
  });
});
